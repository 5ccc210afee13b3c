"""A change of models on a real installation: served, killed in the midst, gone on with, and cleared up afterwards."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pytest

from server.config import MODELS
from server.domain.events import Act, Event
from server.domain.face import Template
from server.domain.gallery import Reference, Source, Subject
from tests.integration.service.caller import Caller
from tests.integration.service.installation import OIFR, ROOT, Installation, eventually
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import MANAGER, OFFICER, enrol_pair, hire
from tests.integration.service.traces import assert_trail_intact, entries_of, opened_database

Install = Callable[..., Installation]

OLD, NEW = "dlib-resnet/2", "dlib-resnet/3"
DRAWN = ROOT / "server" / "demo" / "gallery"
PEOPLE = 9
BLANK = b"\xff\xd8 no photograph at all"
LIMIT = 120.0


def with_next_pipeline(folder: Path) -> Path:
    """Manifests whose dlib model aligns in a new way, as far as its id says."""
    models = Path(shutil.copytree(MODELS, folder / "models"))
    manifest = models / "dlib-resnet.toml"
    text = manifest.read_text("utf-8")
    assert "pipeline = 2\n" in text
    # The calibration record names the pipeline it was measured on.
    manifest.write_text(text.replace("pipeline = 2\n", "pipeline = 3\n").replace(OLD, NEW), "utf-8")
    return models


def enrol_drawn(installation: Installation) -> None:
    """Drawn people as an older version left them: a template of the old model, and one image that nobody can read."""
    photographs = sorted(DRAWN.iterdir())[: PEOPLE - 1]
    assert len(photographs) == PEOPLE - 1, "no drawn people are committed: run make golden"
    with opened_database(installation) as database, database.write() as unit:
        for number, image in enumerate([*(path.read_bytes() for path in photographs), BLANK]):
            identity = f"{number:032x}"
            unit.subjects.add(Subject(identity, f"D-{number}", "Drawn", "Person"))
            reference = Reference(identity, identity, Source.CUSTODY, "Custody record", date(2024, 1, 1))
            unit.subjects.enrol(reference, _old_template(number), image)
        unit.commit(Event(Act.SUBJECT_ADDED, None))


def _old_template(number: int) -> Template:
    vector = np.random.default_rng(number).standard_normal(128)
    return Template(OLD, (vector / np.linalg.norm(vector)).astype(np.float32))


def made(installation: Installation) -> Counter[str]:
    """How often each reference was given a template or a rejection of the new model, says the trail."""
    with opened_database(installation) as database:
        entries = [entry for entry in entries_of(database) if entry.kind == "templates-made"]
    return Counter(name for entry in entries for name in (*entry.details["references"], *entry.details["rejections"]))


@pytest.mark.timeout(600)
def test_killed_in_the_midst_it_loses_nothing_and_repeats_nothing(install: Install, tmp_path: Path) -> None:
    installation = install(models=str(with_next_pipeline(tmp_path)))
    enrol_drawn(installation)
    command = [*OIFR, "gallery", "re-embed", "--batch", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=installation.environment(), stderr=subprocess.DEVNULL) as process:
        eventually(lambda: len(made(installation)) >= 2, LIMIT, "a batch is committed")
        process.send_signal(signal.SIGKILL)
    before = made(installation)
    assert process.returncode == -signal.SIGKILL
    assert 2 <= len(before) < PEOPLE

    ended = installation.oifr("gallery", "re-embed", "--batch", "2")
    assert ended.returncode == 0, ended.stderr
    assert made(installation) == Counter(f"{number:032x}" for number in range(PEOPLE))
    assert f"{NEW}: {PEOPLE - 1} templates, 1 images refused, 0 missing" in ended.stdout
    assert f"{PEOPLE - len(before)} of {PEOPLE - len(before)} references" in ended.stderr
    report = (installation.home / "rejections-dlib-resnet-3.csv").read_text()
    assert report.splitlines() == ["reference,problem", f"{PEOPLE - 1:032x},image-unreadable"]
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        assert database.gallery.census().missing(NEW) == 0

    again = installation.oifr("gallery", "re-embed")
    assert (again.returncode, again.stdout) == (0, ended.stdout)


@pytest.mark.timeout(600)
def test_a_server_of_a_new_model_waits_until_the_gallery_is_re_embedded(install: Install, tmp_path: Path) -> None:
    first = install()
    hire(first)
    with first.serving():
        enrol_pair(first)
    changed = Installation(
        first.folder, first.port, {**first.variables, "OIFR_MODELS": str(with_next_pipeline(tmp_path))}
    )
    with _alive(changed):
        ready = httpx.get(f"{changed.url}/readyz")
        assert (ready.status_code, ready.json()["parts"]["gallery"]) == (503, "gallery-incomplete")
        with Caller(changed.url, OFFICER) as officer, Caller(changed.url, MANAGER) as manager:
            refused = officer.search(field_photograph())
            assert (refused.status_code, refused.json()["type"]) == (503, "gallery-incomplete")
            assert manager.get("/v1/audit/checkpoint").status_code == 200
            worked = changed.oifr("gallery", "re-embed")
            assert worked.returncode == 0, worked.stderr
            assert httpx.get(f"{changed.url}/readyz").json()["ready"]
            view = officer.answered(field_photograph())
            assert len(view["candidates"]) == 2
            officer.settle(view)
    _drop_and_see(changed)


def _drop_and_see(installation: Installation) -> None:
    """The old templates go, and the trail says so."""
    dropped = installation.oifr("gallery", "drop-templates", "--model", OLD, "--yes")
    assert (dropped.returncode, dropped.stdout) == (0, f"Dropped 2 templates of {OLD}.\n")
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        assert dict(database.gallery.census().templates) == {NEW: 2}
        assert entries_of(database)[-1].kind == "templates-dropped"


@contextmanager
def _alive(installation: Installation) -> Iterator[None]:
    """`oifr serve` until all is open: it is not ready all the same."""
    command = [*OIFR, "serve", "--port", str(installation.port)]
    with installation.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=installation.environment())
    try:
        eventually(lambda: _answers(installation), LIMIT, "all parts are open")
        yield
    finally:
        process.terminate()
        process.wait(LIMIT)


def _answers(installation: Installation) -> bool:
    try:
        return bool(httpx.get(f"{installation.url}/readyz", timeout=10).json()["parts"])
    except httpx.TransportError:
        return False
