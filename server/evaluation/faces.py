"""The face engine as an evaluation sees it: one photograph at a time, by the methods of searches and enrolments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.capture import Likeness, Sample
from server.domain.face import Box
from server.domain.image_errors import ImageRefused


class Faces(Protocol):
    """Photographs (JPEG, PNG, WebP) to templates. Safe to call from several threads.

    Every method but likenesses_of raises an ImageRefused for a photograph it cannot use.
    """

    @property
    def model(self) -> str:
        """Id of the model, as in Template.model."""

    def sample_of(self, images: Sequence[bytes]) -> Sample:
        """Template and quality of the one person on the photographs, as for a search."""

    def likenesses_of(self, images: Sequence[bytes]) -> list[Likeness | ImageRefused]:
        """Of each photograph, in their order, what an enrolment makes of it, or why it was refused."""

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph upright (EXIF applied), of bounded size and without metadata."""

    def place_of(self, image: bytes) -> tuple[Box, int]:
        """Where the only face stands in the upright photograph, in its pixels; and the quarter turns (0 to 3,
        counter-clockwise) after which that face stands upright."""
