"""Pages of the in-memory gallery's records."""

from __future__ import annotations

from server.domain.holdings import Page, Wanted
from tests.fakes.memory_tables import MemorySubjects, State


class MemoryHoldings:
    """`ports.Holdings` over one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._subjects = MemorySubjects(state)

    def page(self, wanted: Wanted, after: str, limit: int) -> Page:
        later = sorted(name for name in self._state.subjects if name > after)
        shown = [wanted.holding(self._state.subjects[name], self._subjects.references_of(name)) for name in later]
        holdings = [holding for holding in shown if holding is not None][:limit]
        return Page(holdings, holdings[-1].subject.id if len(holdings) == limit else None)
