"""The face engine as an evaluation sees it: one photograph at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.face import Box, Template


class Faces(Protocol):
    """Photographs (JPEG, PNG, WebP) to templates. Safe to call from several threads.

    Every method raises an ImageRefused of `server.domain.image_errors` for a photograph it cannot use.
    """

    @property
    def model(self) -> str:
        """Id of the model, as in Template.model."""

    def template_of(self, images: Sequence[bytes]) -> Template:
        """The template of the one person on the photographs."""

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph upright (EXIF applied), of bounded size and without metadata."""

    def place_of(self, image: bytes) -> tuple[Box, int]:
        """Where the only face stands in the upright photograph, in its pixels; and the quarter turns (0 to 3,
        counter-clockwise) after which that face stands upright."""
