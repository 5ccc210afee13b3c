"""A browser without a window: follows forms and cookies through the ASGI interface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import httpx
from fastapi import FastAPI

from tests.console.world import PASSWORD, SUPERVISOR

HTTPS = "https://console.example"
_FORM_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_TAG = re.compile(r"<[^>]*>")


class Visitor:
    def __init__(self, app: FastAPI, origin: str = HTTPS) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin)
        self.form_token = ""

    async def get(self, path: str) -> httpx.Response:
        """Load a page and remember the token of its forms."""
        response = await self.client.get(f"/console{path}")
        found = _FORM_TOKEN.search(response.text)
        self.form_token = found[1] if found else self.form_token
        return response

    async def post(self, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a form of the page that was loaded last."""
        return await self.client.post(f"/console{path}", data={"csrf": self.form_token, **(fields or {})})

    async def sign_in(self, name: str = SUPERVISOR, password: str = PASSWORD) -> httpx.Response:
        await self.get("/sign-in")
        response = await self.post("/sign-in", {"name": name, "password": password})
        if response.has_redirect_location:
            await self.get("/trail")
        return response


def text_of(response: httpx.Response) -> str:
    """What a person reads: the page without its tags, white space folded."""
    return " ".join(unescape(_TAG.sub(" ", response.text)).split())
