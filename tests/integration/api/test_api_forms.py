"""Forms of photographs: broken ones are refused as one problem, and none ever touches the disk."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import pytest

from server.domain.events import Act
from server.web.api.multipart import MAXIMUM_PART
from server.web.security import MAXIMUM_FORM
from tests.fakes.face_engine import photo
from tests.integration.api.caller import Caller, probe
from tests.world import World

PATH = "/v1/searches"
KIND = "multipart/form-data; boundary=frontier"
HEAD = b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'
MEGABYTE = bytes(1024 * 1024)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

Opened = list[tuple[object, ...]]
_watching: list[Opened] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Keeps every file that is opened for writing, or made as a temporary one, while somebody watches."""
    if not _watching:
        return
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        _watching[-1].append(arguments)
    if event.startswith("tempfile."):
        _watching[-1].append((event, *arguments))


sys.addaudithook(_watch)


@contextmanager
def watched_files() -> Iterator[Opened]:
    opened: Opened = []
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.pop()


def test_the_watch_sees_a_spooled_form() -> None:
    with watched_files() as opened, tempfile.SpooledTemporaryFile(max_size=1) as spooled:
        spooled.write(b"two")
    assert opened


def test_five_large_photographs_touch_no_disk(api: Caller, world: World) -> None:
    api.search(world.officer("4471"), photo("stranger"))  # what is loaded at the first request may be compiled to disk
    large = [photo("berg-1", "x" * 3 * len(MEGABYTE))] * 5
    with watched_files() as opened:
        search = api.search(world.officer("3982"), *large)
    assert len(search.candidates) == 2
    assert opened == []


def test_a_refused_photograph_touches_no_disk(api: Caller, world: World) -> None:
    api.search(world.officer("4471"), photo("stranger"))
    colleague = world.officer("3982")
    api.headers(colleague)
    with watched_files() as opened:
        api.call(colleague, "POST", PATH, files=probe(bytes(MAXIMUM_PART + 1)))
        api.call(None, "POST", PATH, files=probe(MEGABYTE * 3))
    assert opened == []


WHOLE = HEAD % b"purpose" + b"{}\r\n--frontier--\r\n"
BROKEN = {
    "empty": (KIND, b""),
    "no end": (KIND, HEAD % b"purpose" + b"{}\r\n"),
    "cut off": (KIND, WHOLE[:-10]),
    "other boundary": (KIND, WHOLE.replace(b"frontier", b"another")),
    "header cut off": (KIND, b"--frontier\r\nContent-Disposition"),
    "header of NUL": (KIND, b"--frontier\r\n\x00: \x00\r\n\r\n--frontier--\r\n"),
    "no boundary": ("multipart/form-data", WHOLE),
    "mixed": ("multipart/mixed; boundary=frontier", WHOLE),
    "JSON": ("application/json", b"{}"),
    "urlencoded": ("application/x-www-form-urlencoded", b"purpose={}"),
    "nothing said": ("", WHOLE),
}


@pytest.mark.parametrize(("kind", "body"), BROKEN.values(), ids=BROKEN)
def test_a_broken_form_is_refused_and_recorded(api: Caller, world: World, kind: str, body: bytes) -> None:
    officer = world.officer()
    answer = api.call(officer, "POST", PATH, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")
    assert world.database.state.searches == {}
    assert (world.acts()[-1], world.entries()[-1].actor_id) == (Act.REFUSED, officer.id)


def test_a_huge_part_is_an_image_too_large(api: Caller, world: World) -> None:
    answer = api.call(world.officer(), "POST", PATH, files=probe(bytes(MAXIMUM_PART + 1)))
    assert (answer.status_code, answer.json()["type"]) == (413, "image-too-large")
    assert world.database.state.searches == {}
    assert world.acts()[-1] == Act.REFUSED


def test_a_form_announced_too_large_is_refused_unread(api: Caller, world: World) -> None:
    def never_sent() -> Iterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"Content-Type": KIND, "Content-Length": str(MAXIMUM_FORM + 1)}
    answer = api.call(world.officer(), "POST", PATH, content=never_sent(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "body-too-large")
    assert world.acts()[-1] == Act.REFUSED


async def test_a_form_that_grows_too_large_is_not_read_to_its_end(world: World) -> None:
    sent = 0

    async def much_more() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(4 * MAXIMUM_FORM // len(MEGABYTE)):
            sent += len(MEGABYTE)
            yield MEGABYTE

    headers = {"Content-Type": KIND, "Authorization": f"Bearer {world.token(world.officer())}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app()), base_url="http://test") as client:
        answer = await client.post(PATH, content=much_more(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "body-too-large")
    assert sent == MAXIMUM_FORM + len(MEGABYTE)
    assert world.acts()[-1] == Act.REFUSED


def test_a_stranger_s_form_is_not_read(api: Caller) -> None:
    def never_sent() -> Iterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    answer = api.call(None, "POST", PATH, content=never_sent(), headers={"Content-Type": KIND})
    assert answer.status_code == 401
