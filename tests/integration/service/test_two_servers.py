"""Two `oifr serve` on one database and one Redis stay in step, and an erasure at one reaches the other."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zipfile import ZipFile

import httpx
from PIL import Image
from redis import Redis

from server.matching.changes import STREAM
from server.matching.embedded import EmbeddedRedis
from server.matching.roster import LIFE_SECONDS, SINCE
from tests.integration.service.caller import Caller
from tests.integration.service.installation import Installation, eventually, free_port
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import ADA, BEA, MANAGER, OFFICER, SUPERVISOR, enrol_pair, hire
from tests.integration.service.traces import assert_trail_intact, opened_database

Install = Callable[..., Installation]

PATIENCE = 3.0 * LIFE_SECONDS


def test_an_erasure_reaches_the_other_process_and_is_proven(install: Install, own_redis: EmbeddedRedis) -> None:
    one = install(redis_url=own_redis.url)
    other = replace(one, port=free_port())
    hire(one)
    with one.serving():
        people = {person: reference for reference, person in enrol_pair(one).items()}
        with (
            other.serving() as second,
            Caller(other.url, OFFICER) as officer,
            Caller(one.url, SUPERVISOR) as supervisor,
            Caller(one.url, MANAGER) as manager,
        ):
            subjects = _subjects(supervisor)
            assert _found(officer, supervisor) == set(people.values())
            receipt = manager.erase(subjects[people[ADA]], people[ADA])
            assert _found(officer, supervisor) == {people[BEA]}
            done = eventually(lambda: _completed(manager, receipt), PATIENCE, "both have dropped it")
            assert [matcher["dropped"] for matcher in done["matchers"]] == [True, True]
            status = json.loads(other.oifr("gallery", "status", "--json").stdout)
            assert [matcher["version"] for matcher in status["matchers"]] == [status["database"]["version"]] * 2
            second.kill()
            receipt = manager.erase(subjects[people[BEA]], people[BEA])
            done = eventually(lambda: _completed(manager, receipt), PATIENCE, "who is left has dropped it")
            assert len(done["matchers"]) == 1
            assert set(done["cache"].values()) == {done["version"]}
        with opened_database(one) as database:
            assert_trail_intact(one, database)


def test_nobody_who_serves_is_missing_in_the_receipt_of_an_erasure(install: Install, own_redis: EmbeddedRedis) -> None:
    """Neither lies in Redis nor a process that stands still make it say more than is true."""
    one = install(redis_url=own_redis.url)
    other = replace(one, port=free_port())
    hire(one)
    with one.serving(), own_redis.client() as redis:
        people = {person: reference for reference, person in enrol_pair(one).items()}
        with (
            other.serving() as second,
            Caller(other.url, OFFICER) as officer,
            Caller(one.url, SUPERVISOR) as supervisor,
            Caller(one.url, MANAGER) as manager,
        ):
            subjects = _subjects(supervisor)
            tell_lies(redis)
            receipt = manager.erase(subjects[people[ADA]], people[ADA])
            assert manager.get(f"/v1/erasures/{receipt['index']}").status_code == 200
            done = eventually(lambda: _completed(manager, receipt), PATIENCE, "both have dropped it")
            assert [matcher["dropped"] for matcher in done["matchers"]] == [True, True]
            assert [httpx.get(f"{server.url}/readyz").status_code for server in (one, other)] == [200, 200]
            assert other.oifr("gallery", "status").returncode == 0
            os.kill(second.process_id, signal.SIGSTOP)
            receipt = manager.erase(subjects[people[BEA]], people[BEA])
            done = eventually(lambda: _completed(manager, receipt), PATIENCE, "who could answer has dropped it")
            assert len(done["matchers"]) == 1
            os.kill(second.process_id, signal.SIGCONT)
            assert _found(officer, supervisor) == set()
            back = eventually(lambda: _listed(manager, receipt, 2), PATIENCE, "who was away is listed again")
            assert [matcher["dropped"] for matcher in back["matchers"]] == [True, True]


def tell_lies(redis: Redis) -> None:
    for name in (b"gallery:{\xff}:version", b"gallery:{*}:version", b"gallery:matcher:\xff\xfe", SINCE.encode()):
        redis.set(name, b"x")
    redis.delete(STREAM)
    redis.lpush(STREAM, "x")


def _listed(caller: Caller, receipt: Any, count: int) -> Any:
    erasure = _completed(caller, receipt)
    return erasure if erasure and len(erasure["matchers"]) == count else None


def test_a_reference_held_back_at_one_is_gone_at_the_other_and_comes_back(
    install: Install, own_redis: EmbeddedRedis
) -> None:
    one = install(redis_url=own_redis.url)
    other = replace(one, port=free_port())
    hire(one)
    with one.serving():
        people = {person: reference for reference, person in enrol_pair(one).items()}
        with (
            other.serving(),
            Caller(other.url, OFFICER) as officer,
            Caller(one.url, SUPERVISOR) as supervisor,
            Caller(one.url, MANAGER) as manager,
        ):
            subject = _subjects(supervisor)[people[ADA]]
            receipt = manager.put(subject, people[ADA], "quarantined")
            assert _found(officer, supervisor) == {people[BEA]}
            eventually(lambda: _completed(manager, receipt), PATIENCE, "both have dropped it")
            manager.put(subject, people[ADA], "active")
            assert _found(officer, supervisor) == set(people.values())
            photograph = manager.get(f"/v1/subjects/{subject}/references/{people[ADA]}/image", size=128)
            assert max(Image.open(io.BytesIO(photograph.content), formats=("JPEG",)).size) == 128
        file = one.home / "person.zip"
        handover = ("--recipient", "The person", "--reason", "Request 7")
        one.oifr("gallery", "export-subject", ADA.record_number, "--to", str(file), *handover)
        told = json.loads(ZipFile(file).read("data.json"))
        assert [reference["status"] for reference in told["references"]] == ["active"]
        assert len(told["searches"]) == 1
        listed = one.oifr("gallery", "list", "--json", "--record-prefix", ADA.record_number).stdout
        assert json.loads(listed)["references"][0]["reference"] == people[ADA]
        with opened_database(one) as database:
            assert_trail_intact(one, database)


def _subjects(supervisor: Caller) -> dict[str, str]:
    """The subject of each reference, as the trail tells."""
    enrolled = [json.loads(entry["leaf"]) for entry in supervisor.entries() if entry["act"] == "reference-enrolled"]
    return {leaf["details"]["reference"]: leaf["details"]["subject"] for leaf in enrolled}


def _found(officer: Caller, supervisor: Caller) -> set[str]:
    view = officer.answered(field_photograph())
    officer.settle(view)
    return supervisor.references_found(view["id"])


def _completed(caller: Caller, receipt: Any) -> Any:
    answer = caller.get(f"/v1/erasures/{receipt['index']}")
    assert answer.status_code == 200, answer.text
    erasure = answer.json()
    return erasure if erasure["complete"] else None
