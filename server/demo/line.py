"""The HTTP line to the server under demonstration. Every request is timed under the name of its act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from server.domain.errors import OifrError, Unavailable

PROBLEM_JSON = "application/problem+json"
PATIENCE = httpx.Timeout(60.0)
"""Seconds; a search on a busy small machine takes a few."""


class Refused(OifrError):
    """The server answered with a problem; `problem` is its slug and the message its sentence."""

    slug = "refused"

    def __init__(self, problem: str, title: str) -> None:
        super().__init__(title)
        self.problem = problem


class Line:
    """One client for every actor of the demo. `seconds` holds the duration of each request by act."""

    def __init__(self, http: httpx.Client, timer: Callable[[], float]) -> None:
        self._http = http
        self._timer = timer
        self.seconds: dict[str, list[float]] = {}

    def send(self, act: str, method: str, path: str, token: str | None = None, **content: Any) -> httpx.Response:
        """Send one request; raises Refused for every problem document, Unavailable when nothing answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        began = self._timer()
        try:
            response = self._http.request(method, path, headers=headers, **content)
        except httpx.HTTPError as broken:
            raise Unavailable("The server under demonstration does not answer.") from broken
        self.seconds.setdefault(act, []).append(self._timer() - began)
        if response.is_error:
            raise _refusal(response)
        return response


def _refusal(response: httpx.Response) -> OifrError:
    if response.headers.get("content-type") != PROBLEM_JSON:  # not written by our server's error table
        return Unavailable(f"The server under demonstration failed with status {response.status_code}.")
    problem = response.json()
    return Refused(problem["type"], problem["title"])


def open_http(base_url: str) -> httpx.Client:
    """A client that asks no proxy: the server is on this machine."""
    return httpx.Client(base_url=base_url, timeout=PATIENCE, trust_env=False)
