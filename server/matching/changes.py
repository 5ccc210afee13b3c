"""Gallery changes on their way to every matcher: a Redis stream of sealed entries, each with its version number.

One stream serves all models, because versions count the changes of the whole gallery. Entries may arrive out of
order; whoever reads puts them in order by version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from redis import Redis

from server.domain.errors import SealBroken
from server.domain.gallery import IndexedReference
from server.matching.connection import redis_errors_translated
from server.matching.matrix import Matrix
from server.matching.rows import Rows
from server.workflow.ports import Cipher

STREAM = "gallery:changes"
FIELD = b"change"
CONTEXT = STREAM.encode()
VERSION_BYTES = 8
BEGINNING = "0-0"
PAGE = 256

Fields = Mapping[bytes, bytes]


class Change(Protocol):
    """One step of the gallery from a version to the next."""

    def packed(self) -> bytes: ...

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:
        """`matrix`, which holds the references of `model`, one version later."""


@dataclass(frozen=True)
class Added:
    model: str
    rows: Rows

    @classmethod
    def of(cls, model: str, references: Sequence[IndexedReference]) -> Added:
        return cls(model, Rows.of(references))

    def packed(self) -> bytes:
        head = {"model": self.model, "dimension": self.rows.dimension}
        return json.dumps(head).encode() + b"\n" + self.rows.pack()

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:
        version = matrix.version + 1
        if self.model != model or len(self.rows) == 0:
            return matrix.at(version)
        return matrix.appended(self.rows, version)


@dataclass(frozen=True)
class Removed:
    reference_id: str

    def packed(self) -> bytes:
        return json.dumps({"removed": self.reference_id}).encode() + b"\n"

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:  # noqa: ARG002 - an id is of one model only
        return matrix.without(self.reference_id, matrix.version + 1)


@dataclass(frozen=True)
class Dropped:
    """Every template of `model` left the gallery."""

    model: str

    def packed(self) -> bytes:
        return json.dumps({"dropped": self.model}).encode() + b"\n"

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:
        version = matrix.version + 1
        return matrix.emptied(version) if self.model == model else matrix.at(version)


@dataclass(frozen=True)
class Entry:
    """What the stream holds at `position`: a version and its change, or None for what we did not seal."""

    position: str
    step: tuple[int, Change] | None


class ChangeStream:
    """Every method raises CacheUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, cipher: Cipher) -> None:
        self._client = client
        self._cipher = cipher

    def publish(self, change: Change, version: int) -> None:
        sealed = self._cipher.seal(version.to_bytes(VERSION_BYTES) + change.packed(), CONTEXT)
        with redis_errors_translated():
            self._client.xadd(STREAM, {FIELD: sealed})

    def end(self) -> str:
        """The position of the newest entry."""
        with redis_errors_translated():
            newest = cast("list[tuple[bytes, Fields]]", self._client.xrevrange(STREAM, count=1))
        return newest[0][0].decode() if newest else BEGINNING

    def after(self, position: str) -> Sequence[Entry]:
        """All entries later than `position`, oldest first."""
        entries: list[Entry] = []
        while page := self._page(entries[-1].position if entries else position):
            entries.extend(self._entry(*raw) for raw in page)
        return entries

    def wait_after(self, position: str, milliseconds: int) -> None:
        """Return as soon as there is an entry later than `position`, or when the time has passed."""
        with redis_errors_translated():
            self._client.xread({STREAM: position}, count=1, block=milliseconds)

    def trim(self, position: str) -> None:
        """Drop the entries up to `position`, that one too."""
        milliseconds, _, number = position.partition("-")
        with redis_errors_translated():
            self._client.xtrim(STREAM, minid=f"{milliseconds}-{int(number) + 1}", approximate=False)

    def drop(self, position: str) -> None:
        """Drop the entry at `position`, if it is still there."""
        with redis_errors_translated():
            self._client.xdel(STREAM, position)

    def _page(self, position: str) -> list[tuple[bytes, Fields]]:
        with redis_errors_translated():
            page = self._client.xrange(STREAM, min=f"({position}", count=PAGE)
        return cast("list[tuple[bytes, Fields]]", page)

    def _entry(self, position: bytes, fields: Fields) -> Entry:
        try:
            plain = self._cipher.open(fields.get(FIELD, b""), CONTEXT)
        except SealBroken:
            return Entry(position.decode(), None)
        version, packed = int.from_bytes(plain[:VERSION_BYTES]), plain[VERSION_BYTES:]
        return Entry(position.decode(), (version, unpacked(packed)))


def unpacked(data: bytes) -> Change:
    """The change behind `packed`."""
    head_line, _, body = data.partition(b"\n")
    head = json.loads(head_line)
    if "removed" in head:
        return Removed(head["removed"])
    if "dropped" in head:
        return Dropped(head["dropped"])
    return Added(head["model"], Rows.unpack(body, head["dimension"]))
