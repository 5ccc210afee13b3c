"""The line to the server: what was refused, what is down, and how long everything took."""

from collections.abc import Callable
from itertools import count

import httpx
import pytest

from server.demo.line import PROBLEM_JSON, Line, Refused
from server.domain.errors import Unavailable

Handler = Callable[[httpx.Request], httpx.Response]


def _line(handler: Handler) -> Line:
    http = httpx.Client(transport=httpx.MockTransport(handler), base_url="http://station.example")
    return Line(http, iter(map(float, count())).__next__)


def test_each_request_is_timed_under_its_act_and_carries_its_token() -> None:
    line = _line(lambda request: httpx.Response(200, text=request.headers.get("authorization", "none")))
    assert line.send("look", "GET", "/", "secret").text == "Bearer secret"
    assert line.send("look", "GET", "/").text == "none"
    assert line.seconds == {"look": [1.0, 1.0]}


def test_a_problem_becomes_a_refusal_with_its_sentence() -> None:
    problem = {"type": "no-face", "title": "No face was found.", "status": 422}
    line = _line(lambda _: httpx.Response(422, json=problem, headers={"content-type": PROBLEM_JSON}))
    with pytest.raises(Refused, match="No face was found") as refused:
        line.send("search", "POST", "/")
    assert refused.value.problem == "no-face"


def test_any_other_failure_is_said_without_its_body() -> None:
    line = _line(lambda _: httpx.Response(500, text="a trace of secrets"))
    with pytest.raises(Unavailable, match=r"failed with status 500\.$"):
        line.send("search", "POST", "/")


def test_a_server_that_is_gone_is_unavailable() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("cut", request=request)

    with pytest.raises(Unavailable):
        _line(cut).send("search", "POST", "/")
