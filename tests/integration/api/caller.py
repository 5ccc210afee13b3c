"""A caller of the API that inspects whatever comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi.testclient import TestClient

from server.domain.actors import Actor
from server.domain.search import Search
from server.web.security import HEADERS
from tests.fakes.samples import PURPOSE
from tests.world import EVIDENCE_AGAINST, PASSWORD, World

FORM = asdict(PURPOSE) | {"alternatives": sorted(PURPOSE.alternatives)}
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
PRIVATE = (
    PURPOSE.necessity,
    PURPOSE.power,
    PURPOSE.incident,
    EVIDENCE_AGAINST,
    PASSWORD,
    "Quetzalowicz",
    "RN-berg",
    "PHOTO",
    "PORTRAIT",
    "Traceback",
    "/tests/",
    "/server/",
)

Part = tuple[str, tuple[str | None, bytes]]


def probe(*images: bytes, purpose: Mapping[str, Any] | str | None = None) -> list[Part]:
    """The parts of a search: the documented purpose unless another is given, and the images."""
    text = purpose if isinstance(purpose, str) else json.dumps(FORM if purpose is None else purpose)
    return [("purpose", (None, text.encode())), *images_of(*images)]


def images_of(*images: bytes) -> list[Part]:
    return [("images", ("photo.jpg", image)) for image in images]


class Caller:
    def __init__(self, world: World) -> None:
        self.world = world
        self._client = TestClient(world.app(), raise_server_exceptions=False)
        self._client.event_hooks = {"response": [self._inspect]}
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *failure: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.__exit__()

    def call(self, actor: Actor | None, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request as `actor`, or as nobody."""
        headers = {**self.headers(actor), **request.pop("headers", {})}
        answer: httpx.Response = self._client.request(method, path, headers=headers, follow_redirects=False, **request)
        return answer

    def headers(self, actor: Actor | None) -> dict[str, str]:
        if actor is None:
            return {}
        if actor.id not in self._tokens:
            self._tokens[actor.id] = self.world.token(actor)
        return {"Authorization": f"Bearer {self._tokens[actor.id]}"}

    def search(self, actor: Actor, *images: bytes) -> Search:
        """A search answered over HTTP, as it is stored."""
        answer = self.call(actor, "POST", "/v1/searches", files=probe(*images))
        assert answer.status_code == 201, answer.text
        return self.world.database.state.searches[answer.json()["id"]]

    def assert_nothing_private(self, text: str) -> None:
        for private in (*PRIVATE, *self._tokens.values()):
            assert private not in text
        for search in self.world.database.state.searches.values():
            for candidate in search.candidates:
                score = f"{candidate.score:.4f}"[:-1]
                # A digit before it makes it the seconds of a time of day.
                assert not re.search(rf"(?<!\d){re.escape(score)}", text)

    def _inspect(self, response: httpx.Response) -> None:
        response.read()
        for name, content in HEADERS.items():
            assert response.headers[name] == content
        if not response.request.url.path.startswith("/console/static/"):
            assert response.headers["Cache-Control"] == "no-store"
        if response.status_code >= 400 and response.request.url.path != "/readyz":
            self._inspect_problem(response)

    def _inspect_problem(self, response: httpx.Response) -> None:
        assert response.headers["Content-Type"] == "application/problem+json"
        document = response.json()
        assert SLUG.fullmatch(document["type"])
        assert document["status"] == response.status_code
        assert document["title"].endswith(".")
        assert ("Retry-After" in response.headers) == (response.status_code == 503)
        assert ("WWW-Authenticate" in response.headers) == (response.status_code == 401)
        self.assert_nothing_private(response.text)
