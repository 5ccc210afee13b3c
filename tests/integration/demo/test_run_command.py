"""`oifr demo` as a visitor types it, in processes of its own that leave nothing behind."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from server.demo.script import Script

pytestmark = pytest.mark.timeout(600)
PATIENCE = 400


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the demo makes its temporary home."""
    place = tmp_path / "tmp"
    place.mkdir()
    return place


def _environment(place: Path) -> dict[str, str]:
    """An installed server's settings, which the demo must not touch."""
    elsewhere = {"OIFR_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "OIFR_REDIS_URL": "redis://127.0.0.1:1"}
    return {**os.environ, **elsewhere, "OIFR_THRESHOLD": "1", "TMPDIR": str(place)}


def _run(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", "demo", *options]
    return subprocess.run(
        command, env=_environment(place), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def _started(place: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "server", "demo", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=_environment(place), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _still_running(place: Path) -> list[str]:
    """Commands of this machine that name the place."""
    commands = (entry / "cmdline" for entry in Path("/proc").iterdir() if entry.name.isdigit())
    found = []
    for command in commands:
        try:
            text = command.read_bytes().decode(errors="replace")
        except OSError:  # it ended while we looked
            continue
        if str(place) in text:
            found.append(text)
    return found


def _assert_nothing_is_left(place: Path) -> None:
    assert [*place.glob("oifr-*")] == []
    assert _still_running(place) == []


def test_the_whole_demo_prints_one_object_and_leaves_nothing(place: Path, script: Script) -> None:
    done = _run(place, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["enrolment"]["people"] > len(script.sitters)
    assert [len(scene["records"]) for scene in document["scenes"]] == [1, 1, 0]
    assert "Everything was as it must be." in done.stderr
    assert all("password" not in account for account in document["accounts"])
    _assert_nothing_is_left(place)


def test_visitors_bring_photographs_and_ctrl_c_ends_it(place: Path, tmp_path: Path, script: Script) -> None:
    scene, gallery = script.scenes[0], tmp_path / "people"
    assert scene.right is not None
    gallery.mkdir()
    sitters = [sitter for sitter in script.sitters if scene.right & {sitter.record_number}] + [*script.sitters[:3]]
    for sitter in sitters:
        (gallery / f"{sitter.record_number}.jpg").write_bytes(sitter.photographs[0].read_bytes())
    (gallery / "torn.jpg").write_bytes(b"this is no photograph")
    with _started(place, "--gallery", str(gallery), "--photo", str(scene.photograph), "--serve", "--json") as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        assert httpx.get(f"{document['api'].removesuffix('/v1')}/healthz", trust_env=False).status_code == 200
        assert _sign_in(document).status_code == 201
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    opened = {record["record_number"] for record in document["scenes"][0]["records"].values()}
    assert scene.right <= opened
    assert document["enrolment"]["people"] == len(sitters)
    assert [setback["photograph"] for setback in document["enrolment"]["setbacks"]] == ["torn.jpg"]
    _assert_nothing_is_left(place)


def _sign_in(document: dict[str, object]) -> httpx.Response:
    accounts = document["accounts"]
    assert isinstance(accounts, list)
    credentials = {name: accounts[0][name] for name in ("name", "password")}
    return httpx.post(f"{document['api']}/sessions", json=credentials, trust_env=False)


@pytest.mark.parametrize("ending", [signal.SIGTERM])
def test_whoever_ends_it_early_leaves_nothing(place: Path, script: Script, ending: signal.Signals) -> None:
    """In the midst of the enrolment: once the first reference can be counted, forty take half a minute."""
    with _started(place) as process:
        _await_first_enrolment(place, process)
        process.send_signal(ending)
        process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    _assert_nothing_is_left(place)


def _await_first_enrolment(place: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        for file in place.glob("oifr-demo-*/oifr.sqlite"):
            if _references(file):
                return
        time.sleep(0.1)
    pytest.fail("The demo ended by itself before anybody was enrolled.")


def _references(file: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM refs").fetchone()[0])
    except sqlite3.OperationalError:  # the tables are still being made
        return 0


def test_a_gallery_without_a_photograph_is_a_wrong_option(place: Path) -> None:
    done = _run(place, "--gallery", str(place))
    assert done.returncode == 2
    assert "together" in done.stderr


def test_a_folder_that_is_not_there_is_said_in_one_sentence(place: Path) -> None:
    done = _run(place, "--gallery", str(place / "nowhere"), "--photo", str(place / "nobody.jpg"))
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
