"""`oifr gallery`: what it counts, what it refuses, and how it tells of its pace; real runs are in ../service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from server.gallery_commands import write_report
from server.matching.embedded import EmbeddedRedis
from server.matching.roster import SINCE
from server.progress import Pace
from server.stores import opened_index
from tests.integration.commands.desk import Desk
from tests.real_redis import need_redis_server

OLD, ACTIVE = "dlib-resnet/1", "dlib-resnet/2"
LIMIT = 20.0


@pytest.fixture
def redis_beside(desk: Desk) -> Iterator[Redis]:
    """The Redis that a server of this home would run."""
    need_redis_server()
    with EmbeddedRedis(desk.home / "redis") as redis, redis.client() as client:
        yield client


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_status_counts_what_each_model_knows(desk: Desk) -> None:
    desk.enrol(5, OLD)
    desk.supplement(ACTIVE, templates=2, rejections=1)
    assert desk.oifr("gallery", "status").output.splitlines() == [
        f"5 active references; the active model is {ACTIVE}.",
        f"{OLD}: 5 templates, 0 images refused, 0 missing",
        f"{ACTIVE}: 2 templates, 1 images refused, 2 missing",
        "database: at gallery change 6",
        "cache: does not answer; no server runs here, or Redis is down",
    ]
    told = json.loads(desk.oifr("gallery", "status", "--json").output)
    assert told["models"][ACTIVE] == {"templates": 2, "refused": 1, "missing": 2}
    assert (told["database"], told["cache"], told["matchers"]) == ({"version": 6, "references": 5}, None, None)


def test_status_and_erasure_tell_where_cache_and_matchers_stand(desk: Desk, redis_beside: Redis) -> None:
    desk.enrol(3, ACTIVE)
    with desk.database() as database, opened_index(desk.settings, database, ACTIVE) as matcher, matcher.following():
        eventually(lambda: matcher.standing().stored == {ACTIVE: 3})
        told = json.loads(desk.oifr("gallery", "status", "--json").output)
        assert told["cache"] == {ACTIVE: 3}
        assert [(one["model"], one["version"], one["references"]) for one in told["matchers"]] == [(ACTIVE, 3, 3)]
        lines = desk.oifr("gallery", "status").output.splitlines()
        assert lines[-2] == f"cache: {ACTIVE} at gallery change 3"
        assert lines[-1].startswith("matcher ")
        each = told["matchers"][0]["bytes"] // 3
        assert told["matchers"][0]["bytes_a_reference"] == each > 128 * 5
        assert f": {ACTIVE} at gallery change 3, 3 references of {each:,} bytes, told " in lines[-1]
        index = desk.erase(0)
        early = desk.oifr("gallery", "erasure", str(index))
        assert (early.exit_code, early.output.splitlines()[0]) == (3, "erased from the database as gallery change 4")
        redis_beside.set(SINCE, "0")  # as if the list had been kept for long
        eventually(lambda: desk.oifr("gallery", "erasure", str(index)).exit_code == 0)
        done = json.loads(desk.oifr("gallery", "erasure", str(index), "--json").output)
        assert (done["complete"], done["version"], done["cache"]) == (True, 4, {ACTIVE: 4})
        assert [one["version"] for one in done["matchers"]] == [4]
    assert desk.refusal("gallery", "erasure", "0").startswith("EntryUnknown")
    assert desk.oifr("gallery", "status").output.splitlines()[-1] == "no matcher is alive"


def test_a_dry_run_says_what_is_missing_and_changes_nothing(desk: Desk) -> None:
    desk.enrol(3, OLD)
    for _ in range(2):
        assert desk.oifr("gallery", "re-embed", "--dry-run").output == f"3 references lack a template of {ACTIVE}.\n"
    assert desk.oifr("gallery", "re-embed", "--dry-run", "--model", "dlib-resnet").exit_code == 0


def test_a_run_that_was_ended_before_its_report_writes_it_at_the_next(desk: Desk) -> None:
    desk.enrol(3, OLD)
    desk.supplement(ACTIVE, templates=2, rejections=1)
    run = desk.oifr("gallery", "re-embed")
    assert f"{ACTIVE}: 2 templates, 1 images refused, 0 missing" in run.output
    report = (desk.home / "rejections-dlib-resnet-2.csv").read_text()
    assert report.splitlines() == ["reference,problem", f"{2:032x},no-face"]
    elsewhere = desk.home / "elsewhere.csv"
    desk.oifr("gallery", "re-embed", "--report", str(elsewhere))
    assert elsewhere.read_text() == report


def test_re_embedding_is_refused_for_a_model_without_calibration_and_for_one_that_is_not(desk: Desk) -> None:
    refused = desk.refusal("gallery", "re-embed", "--model", "ArcFace")
    assert refused.startswith("ModelUncalibrated")
    assert "oifr evaluate --calibrate" in refused
    assert desk.refusal("gallery", "re-embed", "--model", "absent").startswith("ModelUnknown")


def test_old_templates_go_only_with_a_word(desk: Desk) -> None:
    desk.enrol(3, OLD)
    desk.supplement(ACTIVE, templates=2, rejections=1)
    assert desk.oifr("gallery", "drop-templates", "--model", OLD).exit_code == 2
    assert desk.oifr("gallery", "drop-templates", "--model", OLD, "--dry-run", "--yes").exit_code == 2
    told = desk.oifr("gallery", "drop-templates", "--model", OLD, "--dry-run").output
    assert told == f"3 active references would lose their template of {OLD}.\n"
    assert OLD in desk.oifr("gallery", "status").output
    assert desk.oifr("gallery", "drop-templates", "--model", OLD, "--yes").output == f"Dropped 3 templates of {OLD}.\n"
    assert OLD not in desk.oifr("gallery", "status").output


@pytest.mark.parametrize(
    ("model", "templates", "kind"),
    [(ACTIVE, 3, "ModelInUse"), (OLD, 2, "GalleryIncomplete"), ("dlib-resnet", 3, "ModelUnknown")],
)
def test_templates_that_are_needed_or_unknown_are_not_dropped(
    desk: Desk, model: str, templates: int, kind: str
) -> None:
    desk.enrol(3, OLD)
    desk.supplement(ACTIVE, templates=templates, rejections=0)
    before = desk.oifr("gallery", "status").output
    assert desk.refusal("gallery", "drop-templates", "--model", model, "--yes").startswith(kind)
    assert desk.oifr("gallery", "status").output == before


def test_the_report_of_refused_images_is_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    write_report(file, {"a1": "no-face", "b2": "several-faces"})
    assert file.read_text().splitlines() == ["reference,problem", "a1,no-face", "b2,several-faces"]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("pace", "sentence"),
    [
        (Pace(30, 90, 10.0), "30 of 90 references, 3.0 a second, 20 s left"),
        (Pace(600, 60_000, 60.0), "600 of 60,000 references, 10.0 a second, 1 h 39 min left"),
        (Pace(10, 1_510, 1.0), "10 of 1,510 references, 10.0 a second, 2 min 30 s left"),
        (Pace(600, 1_000, 10.0, passed=500), "600 of 1,000 references, 10.0 a second, 40 s left"),
        (Pace(0, 5, 0.0), "0 of 5 references, 0.0 a second, 0 s left"),
    ],
)
def test_the_pace_is_told_in_words(pace: Pace, sentence: str) -> None:
    assert pace.sentence() == sentence
