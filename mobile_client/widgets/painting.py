"""Textures as they are laid on a canvas."""

from __future__ import annotations

import math

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Mesh
from kivy.graphics.texture import Texture
from kivy.metrics import sp

Pair = tuple[float, float]


def letter_texture(letter: str) -> Texture:
    """A letter in white, to be painted in any colour."""
    label = CoreLabel(text=letter, font_size=sp(16), bold=True)
    label.refresh()
    return label.texture


def paint(texture: Texture, place: Pair, size: Pair, radius: float) -> None:
    """With round corners. Of a part of another texture, Kivy's RoundedRectangle paints too much, or it shears it."""
    left, bottom, right, _, _, top, *_ = texture.tex_coords
    vertices: list[float] = []
    for across, up in _outline(size, radius):
        u, v = left + (right - left) * across / size[0], bottom + (top - bottom) * up / size[1]
        vertices += [place[0] + across, place[1] + up, u, v]
    Mesh(vertices=vertices, indices=list(range(len(vertices) // 4)), mode="triangle_fan", texture=texture)


def _outline(size: Pair, radius: float) -> list[Pair]:
    """Of a rectangle with round corners, counter-clockwise from the left bottom corner on."""
    right, top = size[0] - radius, size[1] - radius
    return [
        (x + radius * math.cos(turn), y + radius * math.sin(turn))
        for corner, (x, y) in enumerate(((radius, radius), (right, radius), (right, top), (radius, top)))
        for turn in (math.radians(180 + 90 * corner + degrees) for degrees in range(0, 91, 10))
    ]
