"""Several faces on one photograph: where they stand, and which of them the officer means."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

from mobile_client.core.failures import Box, Problem, ServerFailure

SEVERAL_FACES = "several-faces"
FACE_NOT_THERE = "face-not-there"

ONLY_IMAGE = 0
"""The number of the one photograph that the handheld sends."""


@dataclass(frozen=True)
class NamedFace:
    """The face that is meant on photograph `image`: a box as the server answered it."""

    image: int
    box: Box

    def document(self) -> dict[str, object]:
        return {"image": self.image, "box": [*self.box]}


@dataclass(frozen=True)
class SeveralFaces:
    """The faces of the photograph held, each under a letter: A is the one furthest to the left."""

    boxes: dict[str, Box]

    @classmethod
    def of(cls, boxes: tuple[Box, ...]) -> SeveralFaces:
        """The server gives the largest first: beyond the letters, the smallest are left out."""
        return cls(dict(zip(ascii_uppercase, sorted(boxes[: len(ascii_uppercase)]), strict=False)))

    def named(self, letter: str) -> NamedFace:
        """Raises KeyError for a letter that no face has."""
        return NamedFace(ONLY_IMAGE, self.boxes[letter])


def faces_to_choose(failure: ServerFailure, known: SeveralFaces | None) -> SeveralFaces | None:
    """The faces to choose from after this failure: those it tells of, or again those known where none was meant.

    None where there is nothing to choose: another failure, another photograph than the one sent, or no boxes.
    """
    if not isinstance(failure, Problem):
        return None
    if failure.slug == FACE_NOT_THERE:
        return known
    if failure.slug != SEVERAL_FACES or failure.image != ONLY_IMAGE or not failure.boxes:
        return None
    return SeveralFaces.of(failure.boxes)
