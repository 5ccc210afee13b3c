"""Multipart forms read wholly in memory: a photograph must never be spooled to a temporary file.

Starlette's own form parser writes parts above a megabyte to disk, so the parts are collected here from
python-multipart's events. The body's size is bounded before it comes here (server/web/security.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.domain.errors import RequestInvalid
from server.domain.image_errors import ImageTooLarge

MAXIMUM_PARTS = 16
MAXIMUM_PART = 20 * 1024 * 1024


@dataclass
class Part:
    """One part of a form: the name in its Content-Disposition, and its bytes."""

    name: str = ""
    body: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Form:
    parts: Sequence[Part]

    def text(self, name: str) -> str | None:
        """The only part called `name` as UTF-8, or None; raises RequestInvalid when there are two."""
        found = self.files(name)
        if len(found) > 1:
            raise RequestInvalid
        try:
            return found[0].decode() if found else None
        except UnicodeDecodeError as broken:
            raise RequestInvalid from broken

    def files(self, name: str) -> list[bytes]:
        return [bytes(part.body) for part in self.parts if part.name == name]


class _Collector:
    """Receives python-multipart's events and fills a list of parts."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())

    def on_part_begin(self) -> None:
        if len(self.parts) == MAXIMUM_PARTS:
            raise RequestInvalid
        self.parts.append(Part())

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        body = self.parts[-1].body
        if len(body) + end - start > MAXIMUM_PART:
            raise ImageTooLarge
        body += data[start:end]

    def on_header_begin(self) -> None:
        self._header = (bytearray(), bytearray())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def on_header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(value))
            self.parts[-1].name = options.get(b"name", b"").decode(errors="replace")

    def on_end(self) -> None:
        self.ended = True


def parse(content_type: str, body: bytes) -> Form:
    """Raises RequestInvalid unless `body` is a whole multipart/form-data document, ImageTooLarge for a huge part."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise RequestInvalid
    collector = _Collector()
    events = {name: getattr(collector, name) for name in dir(collector) if name.startswith("on_")}
    try:
        parser = MultipartParser(boundary, events)  # type: ignore[arg-type]  # a TypedDict of the same names
        parser.write(body)
        parser.finalize()
    except FormParserError as broken:
        raise RequestInvalid from broken
    if not collector.ended:
        raise RequestInvalid
    return Form(collector.parts)


async def form_of(request: Request) -> Form:
    return parse(request.headers.get("content-type", ""), await request.body())


InMemoryForm = Annotated[Form, Depends(form_of)]
