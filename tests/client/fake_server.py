"""A small honest server of the wire: same states, same refusals, a real Merkle tree; no faces are understood.

What it answers depends on the bytes it is sent: the photographs in `photographs` have fixed answers, any other
photograph gets the answer named by `usual`. Tests that run against the real application bring another `Station`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from hashlib import sha256
from typing import Any, Protocol

import httpx

from tests.client.drawn import portrait
from tests.client.merkle import receipt_of

Answer = tuple[int, Any]

TIME_TO_DECIDE = timedelta(minutes=30)


class Station(Protocol):
    """What a story needs of a server, the small one or the real application."""

    name: str
    password: str
    photographs: Mapping[
        str, bytes
    ]  # "enrolled", "dark", "stranger", "dark-stranger" and the refused ones of PORTRAITS

    @property
    def transport(self) -> httpx.AsyncBaseTransport: ...

    def now(self) -> datetime: ...

    def pass_time(self, span: timedelta) -> None: ...


PORTRAITS = (
    "enrolled",
    "dark",
    "stranger",
    "dark-stranger",
    "no-face",
    "several-faces",
    "several-other-faces",
    "several-faces-blurred",
    "blurred",
)
BOXES = ((40, 30, 200, 240), (400, 90, 80, 96))
"""Boxes of a photograph with several faces; the first is the person it is named for, no face stands in the other."""
DARK = "The face is dark: turn it to the light, or use the lamp."
BLURRED = "The face is blurred: hold still, tap on the face to focus, and take it again."
ADVICE = {"dark": DARK, "blurred": BLURRED}


class Refused(Exception):
    def __init__(self, status: int, slug: str, sentence: str, **extensions: object) -> None:
        super().__init__(sentence)
        self.status = status
        self.document = {"type": slug, "title": sentence, "status": status, **extensions}


RECORDS = (
    {"record_number": "C-1004", "given_name": "Adam", "family_name": "Testsson", "born_on": "1991-04-17"},
    {"record_number": "C-1019", "given_name": "Bertil", "family_name": "Provsson", "born_on": "1988-11-02"},
    {"record_number": "C-1033", "given_name": "Cesar", "family_name": "Exempel", "born_on": None},
)


@dataclass
class FakeSearch:
    id: str
    officer: str
    ground: str
    answered_at: datetime
    labels: str
    faults: tuple[str, ...] = ()
    named: tuple[int, ...] | None = None
    judgements: dict[str, str] = field(default_factory=dict)
    decision: dict[str, Any] | None = None
    expired: bool = False

    @property
    def state(self) -> str:
        return "expired" if self.expired else "decided" if self.decision else "answered"


class FakeServer:
    """Implements Station; `busy` counts the requests still to be answered 503, `withdrawn` the letters erased."""

    name = "41827"
    password = "correct horse battery"

    def __init__(
        self, faces: Sequence[bytes] = (), started: datetime = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)
    ) -> None:
        self.photographs: Mapping[str, bytes] = {name: portrait(name) for name in PORTRAITS}
        self.usual = "enrolled"
        self.crowd: Sequence[tuple[int, ...]] = BOXES
        self.faces = list(faces) or [portrait(label) for label in "ABC"]
        self.leaves: list[bytes] = [f"earlier entry {number}".encode() for number in range(482)]
        self.searches: dict[str, FakeSearch] = {}
        self.sessions: dict[str, datetime] = {}
        self.withdrawn: set[str] = set()
        self.viewed: list[str] = []
        self.busy = 0
        self.forge_receipts = False
        self._now = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.MockTransport(self._answer)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, span: timedelta) -> None:
        self._now += span

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        try:
            self._check_busy()
            status, content = self._route(request, body)
        except Refused as refused:
            headers = {"content-type": "application/problem+json", "retry-after": "1"}
            return httpx.Response(refused.status, headers=headers, content=json.dumps(refused.document))
        if isinstance(content, bytes):
            return httpx.Response(status, content=content, headers={"content-type": "image/jpeg"})
        return httpx.Response(status) if content is None else httpx.Response(status, json=content)

    def _check_busy(self) -> None:
        if self.busy:
            self.busy -= 1
            raise Refused(503, "busy", "All search places are taken. Try again in a few seconds.")

    def _route(self, request: httpx.Request, body: bytes) -> Answer:  # noqa: PLR0911  # one line for each route
        parts = request.url.path.strip("/").split("/")[1:]
        if (request.method, parts) == ("POST", ["sessions"]):
            return self._sign_in(json.loads(body))
        self._check_session(request)
        match request.method, parts:
            case "DELETE", ["sessions", "current"]:
                self.sessions.clear()
                return 204, None
            case "POST", ["searches"]:
                return 201, self._view(self._search(request, body))
            case "GET", ["searches", "current"]:
                return 200, self._view(self._current())
            case "GET", ["searches", search]:
                return 200, self._view(self._find(search))
            case "GET", ["searches", search, "candidates", label, "image"]:
                return 200, self._face(self._find(search), label)
            case "POST", ["searches", search, "judgements"]:
                return 200, self._judge(self._find(search), json.loads(body))
            case "POST", ["searches", search, "decision"]:
                return 201, self._decide(self._find(search), json.loads(body))
        raise Refused(404, "request-invalid", "The request is not of the documented form.")

    def _sign_in(self, fields: dict[str, str]) -> Answer:
        if fields != {"name": self.name, "password": self.password}:
            raise Refused(401, "sign-in-refused", "The name or the password is wrong.")
        token = f"token-{len(self.sessions)}"
        self.sessions[token] = self._now + timedelta(hours=8)
        actor = {"id": "a" * 32, "name": self.name, "roles": ["officer"]}
        return 201, {"token": token, "expires_at": _time(self.sessions[token]), "actor": actor}

    def _check_session(self, request: httpx.Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.sessions:
            raise Refused(401, "not-signed-in", "Sign in first: the request carries no valid token.")
        if self._now >= self.sessions[token]:
            raise Refused(401, "session-expired", "Your session has ended. Sign in again.")

    def _search(self, request: httpx.Request, body: bytes) -> FakeSearch:
        purpose, image, named = _multipart(request.headers["content-type"], body)
        if undecided := next((s for s in self._all() if s.state == "answered"), None):
            sentence = "You have a search without a decision. Decide it before you start another."
            raise Refused(409, "unresolved-search", sentence, search=undecided.id)
        assert len(purpose["necessity"]) >= 20
        if purpose.get("life_at_risk") and purpose["ground"] not in {"unable-to-identify", "missing-or-at-risk"}:
            raise Refused(422, "life-at-risk-unfounded", "Life at risk is for a person who cannot say who they are.")
        shown = self._shown(image, named)
        self._check_quality(shown, purpose)
        labels = "" if "stranger" in shown else "ABC"
        faults = tuple(fault for fault in ADVICE if fault in shown)
        identifier = sha256(f"search {len(self.searches)}".encode()).hexdigest()[:32]
        search = FakeSearch(identifier, self.name, purpose["ground"], self._now, labels, faults, named)
        self.searches[search.id] = search
        return search

    def _shown(self, image: bytes, named: tuple[int, ...] | None) -> str:
        known = next((name for name, jpeg in self.photographs.items() if jpeg == image), self.usual)
        if known == "no-face":
            raise Refused(422, "no-face", "No face was found. Come nearer, hold still, and let light fall on the face.")
        if named is not None and named != tuple(self.crowd[0]):
            raise Refused(422, "face-not-there", "No face stands where you pointed. Choose one of the faces shown.")
        if named is None and "several" in known:
            sentence = "Several faces are in the picture. Choose the person who is meant."
            raise Refused(422, "several-faces", sentence, image=0, boxes=[[*box] for box in self.crowd])
        return known

    def _check_quality(self, shown: str, purpose: Any) -> None:
        if "blurred" in shown and not purpose.get("life_at_risk"):
            sentence = "The photograph is too poor to search with. Take it again, or state that a life is at risk."
            raise Refused(422, "poor-image", sentence, advice=[BLURRED])

    def _all(self) -> list[FakeSearch]:
        for search in self.searches.values():
            if search.state == "answered" and self._now >= search.answered_at + TIME_TO_DECIDE:
                search.expired = True
        return list(self.searches.values())

    def _current(self) -> FakeSearch:
        found = next((search for search in self._all() if search.state == "answered"), None)
        if found is None:
            raise Refused(404, "search-unknown", "There is no such search, or it is not yours.")
        return found

    def _find(self, identifier: str) -> FakeSearch:
        self._all()
        if identifier not in self.searches:
            raise Refused(404, "search-unknown", "There is no such search, or it is not yours.")
        return self.searches[identifier]

    def _face(self, search: FakeSearch, label: str) -> bytes:
        if label in self.withdrawn:
            raise Refused(410, "candidate-withdrawn", "The record behind this letter was withdrawn after the search.")
        self.viewed.append(label)
        return self.faces[search.labels.index(label) % len(self.faces)]

    def _judge(self, search: FakeSearch, fields: dict[str, str]) -> Any:
        self._check_open(search)
        if search.judgements.setdefault(fields["label"], fields["judgement"]) != fields["judgement"]:
            raise Refused(409, "already-judged", "You have judged this face already; a judgement is made once.")
        return self._view(search)

    def _decide(self, search: FakeSearch, fields: dict[str, Any]) -> Any:
        self._check_open(search)
        if set(search.labels) - set(search.judgements):
            raise Refused(409, "judgements-missing", "Judge every face before you decide.")
        if fields["outcome"] == "candidate":
            if search.judgements.get(fields.get("label", "")) != "same":
                raise Refused(422, "decision-invalid", "Name a candidate you judged as the same person.")
            if not fields.get("corroboration"):
                raise Refused(422, "corroboration-missing", "Naming a candidate needs an independent corroboration.")
        empty: dict[str, Any] = {"label": None, "corroboration": [], "evidence_against": ""}
        search.decision = {**empty, **fields}
        return {"search": self._view(search), "receipt": self._receipt(search)}

    def _check_open(self, search: FakeSearch) -> None:
        if search.expired:
            sentence = "The time to decide has run out. The search is closed and flagged for your supervisor."
            raise Refused(409, "search-expired", sentence)
        if search.decision:
            raise Refused(409, "already-decided", "This search has its decision already.")

    def _receipt(self, search: FakeSearch) -> Any:
        index = len(self.leaves)
        leaf = {"v": 1, "index": index, "at": _time(self._now), "kind": "decision-recorded", "actor": "a" * 32}
        leaf |= {"search": "0" * 32 if self.forge_receipts else search.id, "details": {}, "commitment": None}
        self.leaves.append(json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode())
        self.leaves.append(b"a later entry")
        return receipt_of(self.leaves, index)

    def _view(self, search: FakeSearch) -> Any:
        return {
            "id": search.id,
            "state": search.state,
            "ground": search.ground,
            "answered_at": _time(search.answered_at),
            "expires_at": _time(search.answered_at + TIME_TO_DECIDE),
            "capture": _capture(search),
            "candidates": [_candidate(search, place, label) for place, label in enumerate(search.labels)],
            "decision": search.decision,
        }


def _capture(search: FakeSearch) -> Any:
    nothing = {"recapture": False, "agreement": None, "overridden": False}
    return {"faults": [*search.faults], "advice": [ADVICE[fault] for fault in search.faults], **nothing}


def _candidate(search: FakeSearch, place: int, label: str) -> Any:
    judgement, opened = search.judgements.get(label), not set(search.labels) - set(search.judgements)
    details = {"source": "custody", "captured_on": "2022-08-30", "lawful_basis": "PACE s.64A"}
    return {
        "label": label,
        "judgement": judgement,
        "record": {**RECORDS[place], **details} if opened and judgement == "same" else None,
    }


def _multipart(content_type: str, body: bytes) -> tuple[Any, bytes, tuple[int, ...] | None]:
    """The purpose, the photograph, and the box of the face that is meant on it."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in message.walk()
    }
    purpose, image, face = parts["purpose"], parts["images"], parts.get("face", b"null")
    assert isinstance(purpose, bytes)
    assert isinstance(image, bytes)
    assert isinstance(face, bytes)
    named = json.loads(face)
    if named is None:
        return json.loads(purpose), image, None
    assert named["image"] == 0
    return json.loads(purpose), image, tuple(named["box"])


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
