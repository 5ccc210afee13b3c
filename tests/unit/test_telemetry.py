"""Log lines carry kinds and counts; whatever else is handed to a logger is dropped."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from itertools import count

import httpx
import pytest
from fastapi import FastAPI, Response

from server.telemetry import FIELDS, JsonLines, RequestLog

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log lines written so far."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def test_fields_on_the_list_stay_and_others_are_dropped(lines: Lines) -> None:
    fields = dict.fromkeys(FIELDS, 7)
    logging.getLogger("oifr.test").info("done", extra={**fields, "necessity": "his words", "score": 0.81})
    (line,) = lines()
    assert set(line) == {"at", "level", "logger", "event", *FIELDS}
    assert (line["level"], line["logger"], line["event"]) == ("info", "oifr.test", "done")


def test_arguments_are_never_formatted(lines: Lines) -> None:
    logging.getLogger("oifr.test").warning("somebody %s", "Quetzalowicz")
    assert lines()[0]["event"] == "somebody %s"


def test_of_an_exception_only_its_kind_is_told(lines: Lines) -> None:
    try:
        int("Quetzalowicz")
    except ValueError:
        logging.getLogger("oifr.test").exception("fault")
    (line,) = lines()
    assert line["fault"] == "ValueError"
    assert "Quetzalowicz" not in json.dumps(line)


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error", "oifrant", ""])
def test_the_messages_of_others_are_withheld(lines: Lines, name: str) -> None:
    logging.getLogger(name).warning("Quetzalowicz")
    logging.getLogger(name).warning(LookupError("Quetzalowicz"))
    assert [line["event"] for line in lines()] == ["withheld", "withheld"]


def logged_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(RequestLog, new_id="request-1".__str__, timer=count(0.0, 0.25).__next__)

    @app.get("/searches/{search_id}")
    def ask(search_id: str) -> Response:
        logging.getLogger("oifr.test").info("asked")
        if search_id == "broken":
            raise LookupError(search_id)
        return Response(status_code=204)

    return app


async def ask(path: str) -> httpx.Response:
    transport = httpx.ASGITransport(logged_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


def of(lines: Lines, logger: str) -> list[dict[str, object]]:
    return [line for line in lines() if line["logger"] == logger]


async def test_a_request_is_logged_by_its_route_and_never_by_its_path(lines: Lines) -> None:
    answer = await ask("/searches/5f2c?name=Quetzalowicz")
    assert answer.headers["X-Request-Id"] == "request-1"
    (line,) = of(lines, "oifr.http")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/searches/{search_id}", 204)
    assert (line["milliseconds"], line["request"]) == (250, "request-1")
    assert of(lines, "oifr.test")[0]["request"] == "request-1"
    assert "5f2c" not in json.dumps([*of(lines, "oifr.http"), *of(lines, "oifr.test")])


async def test_an_unknown_route_is_logged_as_unknown(lines: Lines) -> None:
    await ask("/Quetzalowicz")
    (line,) = of(lines, "oifr.http")
    assert (line["route"], line["status"]) == ("unknown", 404)


async def test_a_fault_is_logged_as_500(lines: Lines) -> None:
    await ask("/searches/broken")
    (line,) = of(lines, "oifr.http")
    assert (line["route"], line["status"]) == ("/searches/{search_id}", 500)
