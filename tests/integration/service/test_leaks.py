"""Nothing personal or biometric in clear: not in the log, the database, Redis' file, nor in a temporary file."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from server.domain.face import Vector
from tests.integration.service.caller import NECESSITY, Caller, Person
from tests.integration.service.installation import PASSWORD, Installation, RunningServer
from tests.integration.service.photographs import large_photograph, middle_of, portrait, truncated
from tests.integration.service.staff import ADA, BEA, OFFICER
from tests.integration.service.traces import files_holding, opened_database

RUN = 8  # components of a template that are looked for together
WATCH_EVERY = 0.005


@pytest.fixture
def secrets(
    installation: Installation, gallery: dict[str, Person], officer: Caller, callers: Mapping[str, Caller]
) -> Mapping[str, bytes]:
    """What went through the service in this run, in the form in which it could leak."""
    view = officer.answered(portrait())
    shown = officer.get(f"/v1/searches/{view['id']}/candidates/A/image").content
    officer.judge(view["id"], "B", "different")
    named = officer.judge(view["id"], "A", "same").json()["candidates"][0]["record"]["given_name"]
    decided = officer.decide(
        view["id"], outcome="candidate", label="A", corroboration=["document"], evidence_against="Zweifelhaftes Kinn"
    )
    assert (named in {ADA.given_name, BEA.given_name}, decided.status_code) == (True, 201)
    officer.search(truncated())
    texts = {"necessity": NECESSITY, "evidence against": "Zweifelhaftes Kinn", "password": PASSWORD}
    texts |= {
        f"{field} of {person.record_number}": text for person in (ADA, BEA) for field, text in vars(person).items()
    }
    texts |= {f"token of {name}": caller.token for name, caller in callers.items()}
    pixels = {"probe": middle_of(portrait()), "refused probe": middle_of(truncated()), "portrait": middle_of(shown)}
    return {name: text.encode() for name, text in texts.items()} | pixels | _templates(installation)


def test_no_file_of_the_server_holds_a_secret(secrets: Mapping[str, bytes], installation: Installation) -> None:
    _assert_refused_sign_in_is_quiet(installation)
    leaks = {name: files for name, secret in secrets.items() if (files := files_holding(secret, installation))}
    assert leaks == {}


def test_the_search_for_leaks_would_find_one(secrets: Mapping[str, bytes], installation: Installation) -> None:
    """What may be in clear is found where it is, so the files that were searched are those that are written."""
    assert any("aof" in name for name in files_holding(b"gallery:changes", installation))
    assert any("sqlite" in name for name in files_holding(b"decision-recorded", installation))
    assert "server.log" in files_holding(b"/v1/searches/{search_id}/decision", installation)


def test_photographs_of_megabytes_touch_no_temporary_file(
    installation: Installation, server: RunningServer, gallery: dict[str, Person], officer: Caller
) -> None:
    before = installation.temporary.stat().st_mtime_ns
    photograph = large_photograph()
    with _watched_files(server.process_id) as seen:
        officer.answered(photograph, photograph)
    assert any(name.startswith(str(installation.home)) for name in seen), "the watch saw no file at all"
    assert {name for name in seen if name.startswith(("/tmp", "/var/tmp", "/dev/shm"))} <= _allowed(installation, seen)  # noqa: S108
    assert installation.temporary.stat().st_mtime_ns == before
    assert list(installation.temporary.iterdir()) == []


def _allowed(installation: Installation, seen: set[str]) -> set[str]:
    """The installation's own folder may lie in a temporary one here; its folder TMPDIR is not allowed."""
    own = str(installation.folder)
    return {name for name in seen if name.startswith(own) and not name.startswith(str(installation.temporary))}


def _templates(installation: Installation) -> dict[str, bytes]:
    """Runs of the enrolled templates' components; the probe's template is one of them, being the same photograph."""
    with opened_database(installation) as database:
        _, references = database.gallery.references("dlib-resnet/2")
    assert references
    runs = [reference.template.vector[:RUN] for reference in references]
    return {
        f"template {number} as {kind}": run.astype(kind).tobytes()
        for number, run in enumerate(runs)
        for kind in ("<f4", "<f8", ">f4")
    } | {f"template {number} as text": _in_words(run) for number, run in enumerate(runs)}


def _in_words(run: Vector) -> bytes:
    return f"{float(run[0]):.6f}".encode()


def _assert_refused_sign_in_is_quiet(installation: Installation) -> None:
    wrong = {"name": OFFICER, "password": f"{PASSWORD}?"}
    assert httpx.post(f"{installation.url}/v1/sessions", json=wrong).status_code == 401


@contextmanager
def _watched_files(process_id: int) -> Iterator[set[str]]:
    """The names behind every file descriptor the process has during the block, files without a name included."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_EVERY):
            seen.update(_open_files(process_id))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def _open_files(process_id: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            yield str(descriptor.readlink())
        except FileNotFoundError:  # closed while we looked
            continue
