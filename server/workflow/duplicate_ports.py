"""What the workflows need of the database about pairs of records that may be of one person; part of `storage_ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.duplicates import Duplicate, Verdict


class Duplicates(Protocol):
    def get(self, duplicate_id: str) -> Duplicate:
        """Raises DuplicateUnknown."""

    def listed(self, verdict: Verdict, limit: int) -> Sequence[Duplicate]:
        """Those with this verdict, oldest first."""

    def count(self, verdict: Verdict) -> int: ...

    def known(self, pair: frozenset[str]) -> bool:
        """Whether these two subjects are a pair, whatever its verdict."""

    def uncompared(self, model: str, limit: int) -> Sequence[str]:
        """Active references with a template of `model` that nobody has compared with the gallery yet, by id."""

    def count_uncompared(self) -> int:
        """How many references, active or not, nobody has compared with the gallery yet."""


class DuplicatesWriter(Duplicates, Protocol):
    def add(self, found: Duplicate) -> bool:
        """Store a pair of subjects; False, and nothing is stored, where the pair is known whatever its verdict."""

    def settle(self, duplicate_id: str, verdict: Verdict) -> None:
        """Raises DuplicateUnknown."""

    def postpone(self, reference_id: str) -> None:
        """Note that this reference, just enrolled, is still to be compared with the gallery."""

    def caught_up(self, reference_id: str) -> bool:
        """Note that it was compared; False where that was noted already, or the reference is gone."""
