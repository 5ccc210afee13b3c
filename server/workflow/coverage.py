"""Whether the active model can find everybody: while it cannot, a search could miss a person unseen."""

from __future__ import annotations

from server.domain.gallery_errors import GalleryIncomplete
from server.workflow.ports import GallerySource


class Coverage:
    """Counted anew only when the gallery has changed; safe to ask from several threads."""

    def __init__(self, records: GallerySource, model: str) -> None:
        self._records = records
        self._model = model
        self._counted: tuple[int, int] | None = None  # gallery version, references missing

    def check(self) -> None:
        """Raise GalleryIncomplete when an active reference has neither template nor rejection of the model."""
        if self._missing():
            raise GalleryIncomplete

    def _missing(self) -> int:
        counted = self._counted
        if counted is None or counted[0] != self._records.version():
            census = self._records.census()
            counted = self._counted = (census.version, census.missing(self._model))
        return counted[1]
