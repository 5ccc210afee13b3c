"""The Redis account that the document names can do what the matcher does on a cluster, and nothing beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from server.domain.errors import SearchIncomplete
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_server import VectorServer
from tests.fakes.templates import DIMENSION, reference, references
from tests.integration.matching.vector_sets import Station, answered, found, ids, own_station

__all__ = ["own_station"]

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/search-scale-out.md"
PASSWORD = "a password for this test alone"


def rules() -> list[str]:
    """What follows the name in the document's line `ACL SETUSER oifr ...`."""
    line = re.search(r"^ACL SETUSER oifr (.*)$", DOCUMENT.read_text(), re.MULTILINE)
    assert line is not None
    return [f">{PASSWORD}" if word.startswith(">") else word for word in line[1].split()]


@pytest.fixture
def restricted(own_station: Station) -> str:
    """A URL by which nobody but the document's account gets in."""
    for node in own_station.servers.nodes:
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "oifr", *rules())
            client.execute_command("ACL", "SETUSER", "default", "off")
    return own_station.servers.url.replace("redis://", f"redis://oifr:{PASSWORD.replace(' ', '%20')}@")


def test_everything_works_with_the_account_of_the_document(own_station: Station, restricted: str) -> None:
    own_station.hold(references(30))
    with VectorSetGallery(own_station.layout, own_station.source, VectorServer(restricted, seconds=2)) as matcher:
        matcher.warm()
        assert found(matcher) == ids(*range(30))
        told = matcher.standing().matchers
        assert sum(one.rows for one in told) == 30
        assert all((one.nbytes or 0) > DIMENSION * one.rows for one in told if one.rows)
        own_station.enrol(matcher, reference(40))
        own_station.erase(matcher, 3)
        matcher.ping()
        assert found(matcher) == ids(*range(30), 40) - ids(3)
        own_station.source.enrol(reference(50))  # told by nobody, so it is filled in
        assert answered(lambda: found(matcher)) == ids(*range(30), 40, 50) - ids(3)
        matcher.dropped(99)
        assert answered(lambda: found(matcher)) == ids(*range(30), 40, 50) - ids(3)


def test_the_account_can_neither_read_vectors_back_nor_touch_other_keys(own_station: Station, restricted: str) -> None:
    own_station.hold(references(3))
    with VectorSetGallery(own_station.layout, own_station.source, VectorServer(restricted, seconds=2)) as matcher:
        matcher.warm()
    with Redis.from_url(restricted, protocol=2) as client:
        key = f"{own_station.layout.prefixes()[0]}:vectors"
        for words in (
            ("VEMB", key, reference(0).reference_id),
            ("GET", "other"),
            ("FLUSHALL",),
            ("CONFIG", "GET", "*"),
        ):
            with pytest.raises(NoPermissionError):
                client.execute_command(*words)


def test_a_wrong_password_is_an_incomplete_search(own_station: Station, restricted: str) -> None:
    own_station.hold(references(3))
    wrong = restricted.replace("password", "guess")
    with (
        VectorSetGallery(own_station.layout, own_station.source, VectorServer(wrong, seconds=2)) as matcher,
        pytest.raises(SearchIncomplete),
    ):
        found(matcher)
