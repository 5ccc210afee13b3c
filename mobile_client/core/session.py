"""Who is signed in on this handheld, and the one photograph it may hold, both in memory alone."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from mobile_client.core.reading import fields_of, items, moment, text


@dataclass(frozen=True)
class Session:
    """A signed-in officer. The token stays out of `repr`, and so out of every log."""

    name: str
    roles: frozenset[str]
    expires_at: datetime
    _token: str

    def __repr__(self) -> str:
        return f"Session(expires_at={self.expires_at.isoformat()})"

    @classmethod
    def parse(cls, value: object) -> Session:
        """Raises WireInvalid."""
        fields = fields_of(value, "session")
        actor = fields_of(fields.get("actor"), "actor")
        roles = frozenset(role for role in items(actor, "roles") if isinstance(role, str))
        return cls(text(actor, "name"), roles, moment(fields, "expires_at"), text(fields, "token"))

    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


class Photograph:
    """One JPEG in one buffer that can be overwritten.

    Best effort: the interpreter, the network stack and the picture's texture hold short-lived copies of their own.
    """

    def __init__(self, jpeg: bytearray) -> None:
        self._jpeg = jpeg

    @property
    def jpeg(self) -> memoryview:
        """The bytes themselves, not a copy; empty once wiped."""
        return memoryview(self._jpeg)

    @property
    def wiped(self) -> bool:
        return not any(self._jpeg)

    def wipe(self) -> None:
        for at in range(0, len(self._jpeg), _BLANK_SIZE):
            piece = min(_BLANK_SIZE, len(self._jpeg) - at)
            self._jpeg[at : at + piece] = _BLANK[:piece]

    def reader(self) -> io.RawIOBase:
        """A file to send from, which copies no more than the piece being sent."""
        return _Reader(self.jpeg)


_BLANK_SIZE = 65536
_BLANK = bytes(_BLANK_SIZE)


class _Reader(io.RawIOBase):
    def __init__(self, content: memoryview) -> None:
        super().__init__()
        self._content = content
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # RawIOBase passes any writable buffer
        piece = self._content[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._content)}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at
