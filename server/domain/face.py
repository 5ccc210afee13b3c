"""Faces as values: where one stands in an image, and the template made from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.domain.model_errors import TemplateInvalid

UNIT_TOLERANCE = 1e-3

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Box:
    """A face's bounds in pixels of the upright image (EXIF orientation applied, at its original size)."""

    left: int
    top: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height

    def likeness(self, other: Box) -> float:
        """Shared area over joint area (Jaccard index), 0 to 1."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        shared = max(0, width) * max(0, height)
        return shared / (self.area + other.area - shared) if shared else 0.0


@dataclass(frozen=True)
class NamedFace:
    """The officer's choice among several faces: the photograph's number, from 0, and one of the boxes answered."""

    image: int
    box: Box


@dataclass(frozen=True, eq=False)
class Template:
    """A unit-length float32 vector of shape (dimension,) and the id of the model that made it.

    The id is the model's name and its pipeline version, such as `dlib-resnet/2`. The version grows with every
    change of detection, alignment or averaging after which templates would not compare with those made before.
    Templates compare only when their ids are equal. Raises TemplateInvalid when a component is not finite or the
    length is off by more than 1e-3. Its text form shows the model only: a template never reaches a log.
    """

    model: str
    vector: Vector

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or self.vector.dtype != np.float32:
            raise TemplateInvalid
        length = float(np.linalg.norm(self.vector))
        if not np.isfinite(length) or abs(length - 1.0) > UNIT_TOLERANCE:
            raise TemplateInvalid

    def score(self, other: Template) -> float:
        """Inner product in [-1, 1], higher is more alike; raises TemplateInvalid across models."""
        if self.model != other.model or self.vector.shape != other.vector.shape:
            raise TemplateInvalid
        return float(self.vector @ other.vector)

    def __repr__(self) -> str:
        return f"Template(model={self.model!r})"

    __str__ = __repr__
