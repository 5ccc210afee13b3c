"""A served installation whose gallery lies in a real Redis 8 cluster, through the loss of a node and an erasure."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from tests.integration.service.caller import Caller
from tests.integration.service.conftest import Install
from tests.integration.service.installation import Installation, eventually
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import ADA, MANAGER, OFFICER, SUPERVISOR, enrol_pair, hire
from tests.integration.service.traces import opened_database
from tests.real_cluster import Servers, own_cluster

__all__ = ["own_cluster"]

RECOVERY = 30.0


@pytest.mark.timeout(600)
def test_it_finds_refuses_without_a_node_recovers_and_erases(own_cluster: Servers, install: Install) -> None:
    installation = install(matcher="vector-set", vector_set_url=own_cluster.url, vector_set_partitions="6")
    hire(installation)
    with installation.serving():
        gallery = enrol_pair(installation)
        with (
            Caller(installation.url, OFFICER) as officer,
            Caller(installation.url, SUPERVISOR) as supervisor,
            Caller(installation.url, MANAGER) as manager,
        ):
            _found(officer, supervisor, set(gallery))
            _refused_without_a_node(installation, own_cluster, officer, supervisor)
            eventually(lambda: officer.search(field_photograph()).status_code == 201, RECOVERY, "searching works again")
            officer.settle(officer.current().json())
            erased = next(name for name, person in gallery.items() if person == ADA)
            assert _stored(own_cluster) == set(gallery)
            manager.erase(_subject_of(installation, erased), erased)
            assert _stored(own_cluster) == set(gallery) - {erased}
            _found(officer, supervisor, set(gallery) - {erased})
    _an_effort_is_another_policy(installation)


def _an_effort_is_another_policy(installation: Installation) -> None:
    """The sets are as they were left; what a search was made under stands in its entry."""
    approximate = replace(installation, variables={**installation.variables, "OIFR_VECTOR_SET_EFFORT": "500"})
    with (
        approximate.serving(),
        Caller(approximate.url, OFFICER) as officer,
        Caller(approximate.url, SUPERVISOR) as supervisor,
    ):
        assert len(officer.answered(field_photograph())["candidates"]) == 1
        policies = [
            json.loads(entry["leaf"])["details"]["policy"]
            for entry in supervisor.entries()
            if entry["act"] == "search-answered"
        ]
        assert len(policies) > 2
        assert policies[0] not in policies[1:]
        assert len(set(policies[1:])) == 1


def _found(officer: Caller, supervisor: Caller, expected: set[str]) -> None:
    view = officer.answered(field_photograph())
    assert supervisor.references_found(view["id"]) == expected
    officer.settle(view)


def _refused_without_a_node(installation: Installation, cluster: Servers, officer: Caller, supervisor: Caller) -> None:
    cluster.nodes[1].kill()
    refused = officer.search(field_photograph())
    assert (refused.status_code, refused.json()["type"]) == (503, "search-incomplete")
    assert int(refused.headers["Retry-After"]) > 0
    assert "candidates" not in refused.json()
    assert httpx.get(f"{installation.url}/readyz", timeout=30).json()["parts"]["cache"] == "search-incomplete"
    newest = supervisor.entries()[0]
    assert (newest["act"], newest["actor"]) == ("refused", officer.id)
    assert json.loads(newest["leaf"])["details"]["problem"] == "search-incomplete"
    cluster.nodes[1].start()


def _subject_of(installation: Installation, reference: str) -> str:
    with opened_database(installation) as database, database.read() as view:
        return view.subjects.record(reference).subject.id


def _stored(cluster: Servers) -> set[str]:
    found: set[str] = set()
    for node in cluster.nodes:
        with node.client() as client:
            for key in client.scan_iter(match="gallery:*:vectors"):
                found |= {name.decode() for name in client.execute_command("VRANDMEMBER", key, 100)}
    return found
