"""Each way an exchange can fail has one kind; the address must be safe; the photograph is one buffer."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from mobile_client.core.faces import SeveralFaces, faces_to_choose
from mobile_client.core.failures import AnswerUnclear, Offline, Problem, ServerBusy, ServerFailure
from mobile_client.core.server import AddressRefused, Server, open_client
from mobile_client.core.session import Photograph

PROBLEM = {"content-type": "application/problem+json"}


def server_that(answers: Callable[[httpx.Request], httpx.Response]) -> Server:
    return Server(httpx.AsyncClient(transport=httpx.MockTransport(answers), base_url="https://station.example"))


def problem(status: int, **fields: object) -> httpx.Response:
    return httpx.Response(status, headers=PROBLEM, content=json.dumps({"status": status, **fields}))


async def sign_in(answer: httpx.Response) -> None:
    await server_that(lambda _request: answer).sign_in("41827", "password")


async def test_a_refusal_keeps_its_slug_sentence_and_extensions() -> None:
    boxes = [[1, 2, 3, 4], [5, 6, 7, 8.0], ["x", 0, 0, 0], [1]]
    with pytest.raises(Problem, match=r"Several faces\.") as caught:
        await sign_in(problem(422, type="several-faces", title="Several faces.", boxes=boxes, search="f3"))
    assert caught.value.slug == "several-faces"
    assert caught.value.status == 422
    assert caught.value.boxes == ((1, 2, 3, 4), (5, 6, 7, 8))
    assert caught.value.search == "f3"


@pytest.mark.parametrize(
    "box", [[1, 2, 0, 4], [1, 2, 3, -4], [float("nan"), 2, 3, 4], [1, 2, float("inf"), 4], [1, 10**400, 3, 4], "abcd"]
)
async def test_a_box_that_cannot_be_drawn_is_left_out(box: object) -> None:
    with pytest.raises(Problem) as caught:
        await sign_in(problem(422, type="several-faces", title="Several faces.", image=0, boxes=[box, [1, 2, 3, 4]]))
    assert caught.value.boxes == ((1, 2, 3, 4),)


@pytest.mark.parametrize("image", [1, -1, "0", None])
async def test_faces_of_a_photograph_that_was_not_sent_cannot_be_chosen(image: object) -> None:
    with pytest.raises(Problem) as caught:
        await sign_in(problem(422, type="several-faces", title="Several faces.", image=image, boxes=[[1, 2, 3, 4]]))
    assert faces_to_choose(caught.value, None) is None


def test_letters_go_from_left_to_right_and_the_smallest_faces_have_none() -> None:
    boxes = tuple((1000 - 10 * number, 0, 100 - number, 50) for number in range(30))
    lettered = SeveralFaces.of(boxes).boxes
    assert "".join(lettered) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert (lettered["A"], lettered["Z"]) == (boxes[25], boxes[0])
    assert SeveralFaces.of(boxes).named("Z").document() == {"image": 0, "box": [1000, 0, 100, 50]}


@pytest.mark.parametrize(("advice", "read"), [(["Hold still."], ("Hold still.",)), (["Hold", 7], ()), ("Hold", ())])
async def test_the_advice_of_a_refusal_is_read_where_it_is_well_formed(advice: object, read: tuple[str, ...]) -> None:
    with pytest.raises(Problem) as caught:
        await sign_in(problem(422, type="poor-image", title="Too poor.", advice=advice))
    assert caught.value.advice == read


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(503, type="busy", title="All places are taken."), ServerBusy),
        (httpx.Response(503, text="<html>upstream</html>"), ServerBusy),
        (httpx.Response(500, text="boom"), AnswerUnclear),
        (problem(422, title="no type"), AnswerUnclear),
        (httpx.Response(422, headers=PROBLEM, content=b"{"), AnswerUnclear),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), AnswerUnclear),
        (httpx.Response(201, json={"token": 7}), AnswerUnclear),
        (httpx.Response(201, text="welcome"), AnswerUnclear),
    ],
)
async def test_every_other_answer_has_its_kind(answer: httpx.Response, kind: type[ServerFailure]) -> None:
    with pytest.raises(kind):
        await sign_in(answer)


@pytest.mark.parametrize("retry_after", ["7", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
async def test_a_busy_server_says_how_long(retry_after: str) -> None:
    answer = httpx.Response(503, headers={"retry-after": retry_after})
    with pytest.raises(ServerBusy) as caught:
        await sign_in(answer)
    assert caught.value.retry_after == (7 if retry_after == "7" else 2)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError])
async def test_no_network_is_offline(error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no route", request=request)

    with pytest.raises(Offline):
        await server_that(fail).sign_in("41827", "password")


@pytest.mark.parametrize("address", ["http://station.example", "ftp://station.example", "station.example", ""])
def test_an_address_in_the_clear_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        open_client(address)


@pytest.mark.parametrize("address", ["https://station.example", "http://127.0.0.1:8000", "http://localhost:8000"])
async def test_the_environments_proxies_are_ignored(address: str) -> None:
    async with open_client(address) as client:
        assert client.trust_env is False
        assert client.base_url.host in address


def test_a_photograph_is_read_in_place_and_overwritten() -> None:
    jpeg = bytearray(range(1, 256)) * 1000
    photograph = Photograph(jpeg)
    reader = photograph.reader()
    assert reader.seek(0, 2) == len(jpeg)
    assert reader.seek(0) == 0
    assert reader.read() == bytes(jpeg)
    photograph.wipe()
    assert photograph.wiped
    assert not any(jpeg)
