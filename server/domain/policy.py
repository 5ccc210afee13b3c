"""The settings that decide who is searched and shown. One value; its version goes into every search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server.domain.gallery import Source
from server.domain.probe import Ground


@dataclass(frozen=True)
class Policy:
    """`threshold` is a comparison score of the active model, from a calibration record; `cap` bounds the list.

    `effort` is None where every reference is compared; else about how many of each part of the index a search visits,
    and some of the persons above the threshold are not found (docs/search-scale-out.md says how many).
    """

    version: str
    threshold: float
    cap: int = 6
    time_to_decide: timedelta = timedelta(minutes=15)
    effort: int | None = None

    def sources(self, ground: Ground) -> frozenset[Source]:
        """The records in scope: missing persons are searched for welfare grounds only (product rule 8)."""
        if ground.welfare:
            return frozenset(Source)
        return frozenset({Source.CUSTODY, Source.WANTED})
