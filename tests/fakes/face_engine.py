"""A face engine whose photographs are lines of text: who is in them, and what is the matter with them.

What follows in further lines shows nothing: no two photographs are the same to the byte.

`photo("ada")` shows Ada; `photo("ada", "lying")` shows her under a condition, which lowers the score a little.
Relatives look alike: "berg-1" and "berg-2" share a family name, and their templates score about 0.8.
`photo("ada", "no-face")` and the other words of REFUSALS are refused as the real engine would refuse them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from server.domain.capture import Agreement, Likeness, Sample
from server.domain.errors import Unavailable
from server.domain.face import Box, NamedFace, Template
from server.domain.image_errors import (
    FaceNotFound,
    FaceNotNamed,
    FramesDisagree,
    ImageAnimated,
    ImageCountInvalid,
    ImageRefused,
    ImageTooLarge,
    ImageTooSmall,
    ImageUnreadable,
    SeveralFaces,
)
from server.domain.quality import Component, Finding, Grade, Quality

MODEL = "named-faces/1"
DIMENSION = 256
OF_ONE_S_OWN = 0.5
OF_A_CONDITION = 0.3

Direction = NDArray[np.float64]

BOXES = (Box(40, 30, 200, 240), Box(400, 90, 80, 96))
"""Of a photograph with several faces; the person whose name it bears has the first."""

FAULTS = {"blurred": Component.SHARPNESS, "dark": Component.DARK, "masked": Component.LOWER_FACE}

REFUSALS: dict[str, ImageRefused] = {
    "no-face": FaceNotFound(),
    "several-faces": SeveralFaces(BOXES),
    "too-large": ImageTooLarge(),
    "too-small": ImageTooSmall(),
    "animated": ImageAnimated(),
    "unreadable": ImageUnreadable(),
}


def photo(person: str, *conditions: str) -> bytes:
    return " ".join(["PHOTO", person, *conditions]).encode()


class FakeFaceEngine:
    """`ports.FaceEngine`. Set `available` to False to have its ping fail.

    It reads its own portraits too; an engine of another model refuses the persons named in `refused`.
    """

    def __init__(self, model: str = MODEL, refused: frozenset[str] = frozenset()) -> None:
        self.model = model
        self.available = True
        self._refused = refused

    def sample_of(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> Sample:
        chosen = [_chosen(image, number, named) for number, image in enumerate(images)]
        template = self.template_of(chosen)
        conditions = {condition for image in chosen for condition in _read(image)[1]}
        quality = graded(
            {FAULTS[condition]: Grade.POOR for condition in conditions & FAULTS.keys()}
            | ({Component.SHARPNESS: Grade.UNUSABLE} if "smeared" in conditions else {})
        )
        agreement = Agreement.WEAK if "unlike" in conditions else Agreement.CLEAR
        return Sample(template, quality, "screen" in conditions, agreement if len(images) > 1 else None)

    def template_of(self, images: Sequence[bytes]) -> Template:
        if not 1 <= len(images) <= 5:
            raise ImageCountInvalid
        seen = [_read(image) for image in images]
        if self._refused.intersection(person for person, _ in seen):
            raise FaceNotFound
        if len({person for person, _ in seen}) > 1:
            raise FramesDisagree
        fused = _unit(np.sum([_face(*one) for one in seen], axis=0))
        return Template(self.model, fused.astype(np.float32))

    def likenesses_of(self, images: Sequence[bytes]) -> list[Likeness | ImageRefused]:
        return [self._likeness(image) for image in images]

    def _likeness(self, image: bytes) -> Likeness | ImageRefused:
        try:
            sample = self.sample_of([image])
            return Likeness(sample.template, sample.quality, self.portrait_of(image))
        except ImageRefused as refused:
            return refused

    def portrait_of(self, image: bytes) -> bytes:
        person, _ = _read(image)
        return f"PORTRAIT {person}".encode()

    def place_of(self, image: bytes) -> tuple[Box, int]:
        _read(image)
        return Box(40, 30, 200, 240), 0

    def ping(self) -> None:
        if not self.available:
            raise Unavailable


def graded(grades: Mapping[Component, Grade]) -> Quality:
    """A quality with the given grades, and otherwise good; a poor one counts half, an unusable one a tenth."""
    factors = {Grade.GOOD: 1.0, Grade.POOR: 0.5, Grade.UNUSABLE: 0.1}
    return Quality(
        tuple(
            Finding(component, 0.0, grade := grades.get(component, Grade.GOOD), factors[grade])
            for component in Component
        )
    )


def _chosen(image: bytes, number: int, named: Sequence[NamedFace]) -> bytes:
    """The photograph without its other faces, if one of them was named; refused if it has others and none was."""
    boxes = [choice.box for choice in named if choice.image == number]
    if not boxes and b" several-faces" in image:
        raise SeveralFaces(BOXES, number)
    if not boxes:
        return image
    if boxes[0] != BOXES[0]:
        raise FaceNotNamed
    return image.replace(b" several-faces", b"")


def _read(image: bytes) -> tuple[str, tuple[str, ...]]:
    kind, *words = image.decode(errors="replace").partition("\n")[0].split(" ")
    if kind not in {"PHOTO", "PORTRAIT"} or not words:
        raise ImageUnreadable
    person, *conditions = words
    for condition in conditions:
        if condition in REFUSALS:
            raise REFUSALS[condition]
    return person, tuple(conditions)


def _face(person: str, conditions: tuple[str, ...]) -> Direction:
    family, _, member = person.partition("-")
    face = _direction(family)
    if member:
        face = _unit(face + OF_ONE_S_OWN * _direction(person))
    for condition in conditions:
        face = face + OF_A_CONDITION * _direction(condition)
    return _unit(face)


def _direction(word: str) -> Direction:
    seed = int.from_bytes(sha256(word.encode()).digest()[:8])
    return _unit(np.random.default_rng(seed).standard_normal(DIMENSION))


def _unit(vector: Direction) -> Direction:
    unit: Direction = vector / np.linalg.norm(vector)
    return unit
