"""Where the gallery stands in every matcher and in the cache, and how far an erasure has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    WAITING = "waiting"
    FROM_CACHE = "reading-cache"
    FROM_DATABASE = "reading-database"
    READY = "ready"


@dataclass(frozen=True)
class Loading:
    """How far a matcher is that reads the whole gallery, at first or anew: `rows` of `total` references."""

    phase: Phase = Phase.WAITING
    rows: int = 0
    total: int = 0

    @property
    def percent(self) -> int:
        """0 to 100; a hundred only when the matcher can search."""
        if self.phase is Phase.READY:
            return 100
        return min(99, 100 * self.rows // self.total) if self.total else 0


@dataclass(frozen=True)
class Matcher:
    """One live matcher: it had reached gallery change `version` at the moment `at`; `age` is how long ago, in seconds.

    `rows` counts its references of `model`, and `nbytes` is the memory that they and the room for further ones take, or
    None where that is not told. Nothing here tells of any person.
    """

    id: str
    model: str
    version: int
    rows: int
    at: datetime
    age: float = 0.0
    nbytes: int | None = None

    @property
    def bytes_a_reference(self) -> int | None:
        return None if self.nbytes is None or self.rows == 0 else round(self.nbytes / self.rows)


@dataclass(frozen=True)
class Standing:
    """`stored`: the gallery change of the rows that the cache holds, by model. `matchers`: those alive, by id.

    `whole` is False while a live matcher may be missing, because the cache lost its list of them a moment ago.
    """

    stored: Mapping[str, int]
    matchers: Sequence[Matcher]
    whole: bool = True

    def behind(self, version: int) -> Sequence[Matcher]:
        """The matchers that have not reached gallery change `version`."""
        return [matcher for matcher in self.matchers if matcher.version < version]

    def reached(self, version: int) -> bool:
        """Whether every matcher and all stored rows surely have; never where no matcher is alive to tell."""
        if not self.whole or not self.matchers or self.behind(version):
            return False
        return all(stored >= version for stored in self.stored.values())
