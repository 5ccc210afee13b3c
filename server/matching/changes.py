"""Gallery changes on their way to every matcher: a Redis stream of sealed entries, each with its version number.

One stream serves all models, because versions count the changes of the whole gallery. Entries may arrive out of
order; whoever reads puts them in order by version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from redis import Redis

from server.domain.errors import CacheAltered, SealBroken
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
GREATEST = 2**64 - 1
END = f"{GREATEST}-{GREATEST}"  # nothing can come later
PAGE = 256

Fields = Mapping[bytes, bytes]
Answer = TypeVar("Answer")


class Change(Protocol):
    """One step of the gallery from a version to the next."""

    def packed(self) -> bytes: ...

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:
        """`matrix`, which holds the references of `model`, one version later."""

    def overwrite(self) -> None:
        """Overwrite the templates that it carries; it is of no use any more."""


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

    def overwrite(self) -> None:
        self.rows.overwrite()


@dataclass(frozen=True)
class Removed:
    reference_id: str

    def packed(self) -> bytes:
        return json.dumps({"removed": self.reference_id}).encode() + b"\n"

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:  # noqa: ARG002 - an id is of one model only
        return matrix.without(self.reference_id, matrix.version + 1)

    def overwrite(self) -> None:
        """It carries none."""


@dataclass(frozen=True)
class Dropped:
    """Every template of `model` left the gallery."""

    model: str

    def packed(self) -> bytes:
        return json.dumps({"dropped": self.model}).encode() + b"\n"

    def applied_to(self, matrix: Matrix, model: str) -> Matrix:
        version = matrix.version + 1
        return matrix.emptied(version) if self.model == model else matrix.at(version)

    def overwrite(self) -> None:
        """It carries none."""


@dataclass(frozen=True)
class Entry:
    """What the stream holds at `position`: the change to `version`."""

    position: str
    version: int
    change: Change


class ChangeStream:
    """Every method raises CacheUnavailable when Redis does not answer.

    What stands in the stream's place, or lets nothing be added to it, is deleted: then nothing was told. So is an
    entry that we did not seal.
    """

    def __init__(self, client: Redis, cipher: Cipher) -> None:
        self._client = client
        self._cipher = cipher

    def publish(self, change: Change, version: int) -> None:
        sealed = self._cipher.seal(version.to_bytes(VERSION_BYTES) + change.packed(), CONTEXT)
        self._asked(lambda: self._client.xadd(STREAM, {FIELD: sealed}))

    def end(self) -> str:
        """The position of the newest entry."""
        newest = self._asked(lambda: cast("list[tuple[bytes, Fields]]", self._client.xrevrange(STREAM, count=1)))
        return newest[0][0].decode() if newest else BEGINNING

    def after(self, position: str) -> Sequence[Entry]:
        """All entries later than `position`, oldest first."""
        entries: list[Entry] = []
        while page := self._page(position):
            position = page[-1][0].decode()
            opened = [(name.decode(), self._entry(name.decode(), fields)) for name, fields in page]
            self.drop(*(name for name, entry in opened if entry is None))
            entries.extend(entry for _, entry in opened if entry is not None)
        return entries

    def wait_after(self, position: str, milliseconds: int) -> None:
        """Return as soon as there is an entry later than `position`, or when the time has passed."""
        self._asked(lambda: self._client.xread({STREAM: position}, count=1, block=milliseconds))

    def trim(self, position: str) -> None:
        """Drop the entries up to `position`, that one too."""
        self._asked(lambda: self._client.xtrim(STREAM, minid=position, approximate=False))
        self.drop(position)

    def drop(self, *positions: str) -> None:
        """Drop the entries at `positions` that are still there."""
        if positions:
            self._asked(lambda: self._client.xdel(STREAM, *positions))

    def _page(self, position: str) -> Sequence[tuple[bytes, Fields]]:
        if position == END:
            return ()
        page = self._asked(lambda: self._client.xrange(STREAM, min=f"({position}", count=PAGE))
        return cast("list[tuple[bytes, Fields]]", page)

    def _entry(self, position: str, fields: Fields) -> Entry | None:
        try:
            plain = self._cipher.open_own(fields.get(FIELD, b""), CONTEXT)
            return Entry(position, int.from_bytes(plain[:VERSION_BYTES]), unpacked(plain, VERSION_BYTES))
        except (SealBroken, ValueError, KeyError):  # the latter two of what another version of this service sealed
            return None

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        try:
            with redis_errors_translated():
                return ask()
        except CacheAltered:
            with redis_errors_translated():
                self._client.delete(STREAM)
                return ask()


def unpacked(data: bytearray, start: int) -> Change:
    """The change behind `packed`, from `start` on; its rows are views of `data`."""
    end = data.index(b"\n", start)
    head = json.loads(data[start:end])
    if "removed" in head:
        return Removed(head["removed"])
    if "dropped" in head:
        return Dropped(head["dropped"])
    return Added(head["model"], Rows.unpack(memoryview(data)[end + 1 :], head["dimension"]))
