"""The server as the handheld sees it: one method for each act, and four kinds of failure."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from mobile_client.core.faces import NamedFace
from mobile_client.core.failures import AnswerUnclear, Box, Offline, Problem, ServerBusy
from mobile_client.core.reading import WireInvalid, fields_of, texts, whole
from mobile_client.core.session import Photograph, Session
from mobile_client.core.wire import Decision, Judgement, Purpose, Receipt, SearchView

Value = TypeVar("Value")

_TIMEOUT = httpx.Timeout(10, read=60)
"""Seconds. A search waits for the face engine, which may stand in a queue: hence the longer read."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class AddressRefused(Exception):
    """The server's address would send faces in the clear."""


@dataclass(frozen=True)
class Decided:
    """The closed search and the receipt of its decision."""

    search: SearchView
    receipt: Receipt


def open_client(address: str, authority: Path | None = None) -> httpx.AsyncClient:
    """A client that trusts `authority` alone (the agency's CA, PEM) or, without one, the system's authorities.

    Proxy settings of the environment are ignored. Raises AddressRefused for http beyond this machine, and OSError
    or ssl.SSLError when the authority cannot be read.
    """
    url = httpx.URL(address)
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK):
        raise AddressRefused("Give an https address; plain http is for a server on this machine alone.")
    trust = ssl.create_default_context(cafile=None if authority is None else str(authority))
    return httpx.AsyncClient(base_url=url, verify=trust, timeout=_TIMEOUT, trust_env=False)


class Server:
    """Every method raises Offline, ServerBusy, Problem or AnswerUnclear, and nothing else."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sign_in(self, name: str, password: str) -> Session:
        answer = await self._exchange("POST", "/v1/sessions", json={"name": name, "password": password})
        return _read(Session.parse, answer)

    async def sign_out(self, session: Session) -> None:
        await self._exchange("DELETE", "/v1/sessions/current", session)

    async def search(
        self, session: Session, purpose: Purpose, photograph: Photograph, named: NamedFace | None = None
    ) -> SearchView:
        """Send one photograph, with the face that is meant where it shows several; the answer's list may be empty."""
        parts = {"purpose": json.dumps(purpose.document())}
        if named is not None:
            parts["face"] = json.dumps(named.document())
        answer = await self._exchange(
            "POST",
            "/v1/searches",
            session,
            data=parts,
            files=[("images", ("face.jpg", photograph.reader(), "image/jpeg"))],
        )
        return _read(SearchView.parse, answer)

    async def view(self, session: Session, search: str) -> SearchView:
        return _read(SearchView.parse, await self._exchange("GET", f"/v1/searches/{search}", session))

    async def undecided(self, session: Session) -> SearchView | None:
        """The officer's search that waits for its decision, if there is one."""
        try:
            answer = await self._exchange("GET", "/v1/searches/current", session)
        except Problem as problem:
            if problem.slug == "search-unknown":
                return None
            raise
        return _read(SearchView.parse, answer)

    async def face(self, session: Session, search: str, label: str) -> Photograph:
        """The reference behind a letter; raises Problem `candidate-withdrawn` when its record has been erased."""
        path = f"/v1/searches/{search}/candidates/{quote(label, safe='')}/image"
        return Photograph(bytearray((await self._exchange("GET", path, session)).content))

    async def judge(self, session: Session, search: str, label: str, judgement: Judgement) -> SearchView:
        body = {"label": label, "judgement": judgement}
        return _read(
            SearchView.parse, await self._exchange("POST", f"/v1/searches/{search}/judgements", session, json=body)
        )

    async def decide(self, session: Session, search: str, decision: Decision) -> Decided:
        answer = await self._exchange("POST", f"/v1/searches/{search}/decision", session, json=decision.document())
        return _read(_decided, answer)

    async def _exchange(
        self, method: str, path: str, session: Session | None = None, **content: object
    ) -> httpx.Response:
        headers = {} if session is None else session.authorization()
        try:
            answer = await self._client.request(method, path, headers=headers, **content)  # type: ignore[arg-type]  # httpx names each kind of content
        except httpx.TransportError:
            raise Offline from None
        except httpx.HTTPError:
            raise AnswerUnclear from None
        if not answer.is_success:
            raise _failure(answer)
        return answer


def _read(parse: Callable[[object], Value], answer: httpx.Response) -> Value:
    try:
        return parse(answer.json())
    except (ValueError, WireInvalid):
        raise AnswerUnclear from None


def _decided(value: object) -> Decided:
    fields = fields_of(value, "answer")
    return Decided(SearchView.parse(fields.get("search")), Receipt.parse(fields.get("receipt")))


def _failure(answer: httpx.Response) -> Problem | ServerBusy | AnswerUnclear:
    fields = _problem_fields(answer)
    slug, sentence = fields.get("type"), fields.get("title")
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return ServerBusy(sentence if isinstance(sentence, str) else _BUSY, _seconds(answer.headers))
    if not isinstance(slug, str) or not isinstance(sentence, str):
        return AnswerUnclear()
    search = fields.get("search")
    return Problem(
        slug,
        sentence,
        answer.status_code,
        image=_image(fields),
        boxes=_boxes(fields),
        search=search if isinstance(search, str) else None,
        advice=_advice(fields),
    )


_BUSY = "The server is busy. Nothing was stored; try again shortly."


def _problem_fields(answer: httpx.Response) -> Mapping[str, object]:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        return fields_of(answer.json(), "problem")
    except (ValueError, WireInvalid):
        return {}


def _image(fields: Mapping[str, object]) -> int | None:
    """The number of the photograph that is meant, or None where none is told."""
    try:
        return whole(fields, "image")
    except WireInvalid:
        return None


_FARTHEST = 100_000
"""Pixels from the photograph's corner beyond which no face stands; NaN is no nearer."""


def _boxes(fields: Mapping[str, object]) -> tuple[Box, ...]:
    """Four numbers a face; anything else is left out: a face that cannot be drawn cannot be chosen."""
    boxes = fields.get("boxes")
    if not isinstance(boxes, list):
        return ()
    return tuple((int(box[0]), int(box[1]), int(box[2]), int(box[3])) for box in boxes if _is_box(box))


def _advice(fields: Mapping[str, object]) -> tuple[str, ...]:
    """The sentences, or none where they are not of the documented form: the refusal itself still counts."""
    try:
        return texts(fields, "advice")
    except WireInvalid:
        return ()


def _is_box(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 4:
        return False
    bounded = all(isinstance(number, int | float) and abs(number) <= _FARTHEST for number in value)
    return bounded and value[2] >= 1 and value[3] >= 1


def _seconds(headers: httpx.Headers) -> int:
    wait = headers.get("retry-after", "")
    return int(wait) if wait.isdecimal() else 2
