"""Strands: brows, lashes and beards as polylines in space. Head hair is grown in `hair`."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.scalp import Growth
from server.demo.people.shaping import Field, normals, unit
from server.demo.people.surface import Body
from server.demo.people.traits import Identity

Brush = tuple[tuple[int, int], ...]
FINE: Brush = ((0, 0),)
WIDE: Brush = ((0, 0), (1, 0))
BLOCK: Brush = tuple((dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))

BROW_STRANDS = 1150
UPPER_LASHES, LOWER_LASHES = 300, 60
LASH_COLOUR = np.array([[0.03, 0.02, 0.015]])
BEARD_LENGTH_MM = {"short": 4.5, "full": 15.0, "goatee": 8.0, "moustache": 8.0}
BEARD_STRANDS = {"short": 9000, "full": 9000, "goatee": 4000, "moustache": 2200}
LONG_FROM_POINTS = 8


@dataclass(frozen=True)
class Fibres:
    """A bundle of strands: `points` (n, k, 3) in mm, linear `colour` (n or 1, 3), `brush` offsets in pixels.

    `matte` strands take light like a wall (spectacle frames); `shading` ones throw shadow on the head.
    """

    points: Field
    colour: Field
    brush: Brush = FINE
    matte: bool = False
    shading: bool = False

    @property
    def is_long(self) -> bool:
        return int(self.points.shape[1]) >= LONG_FROM_POINTS


@dataclass(frozen=True)
class Roots:
    """Where strands leave the skin: points and normals (n, 3), and the flat indices of their texels."""

    points: Field
    normals: Field
    texels: Field

    @property
    def count(self) -> int:
        return len(self.points)


def root(body: Body, mask: Field, count: int, rng: np.random.Generator) -> Roots | None:
    """Draw `count` roots in proportion to mask and area; None where the mask is empty."""
    points = body.patch.points
    area = np.linalg.norm(np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0)), axis=-1)
    total = np.cumsum((mask * area).ravel().astype(np.float64))
    if total[-1] < 1e-6:
        return None
    texels = np.searchsorted(total, rng.random(count) * total[-1]).clip(0, total.size - 1)
    return Roots(points.reshape(-1, 3)[texels], normals(points).reshape(-1, 3)[texels], texels)


def strand_colours(person: Identity, growth: Growth, count: int, spread: float, rng: np.random.Generator) -> Field:
    """A colour per strand: the hair colour jittered, some strands grey with age."""
    jitter = np.exp(rng.normal(0, spread, (count, 1)))
    grey = 0.10 * (rng.random((count, 1)) < 0.6 * max(0.0, person.age - 0.55))
    return np.asarray(growth.colour * jitter * (1 - grey) + grey * jitter)


def face_fibres(body: Body, rng: np.random.Generator) -> list[Fibres]:
    """Brows, lashes and beard of a person."""
    return [*_brows(body, rng), *_upper_lashes(body, rng), *_lower_lashes(body, rng), *_beard(body, rng)]


def _brows(body: Body, rng: np.random.Generator) -> list[Fibres]:
    person, growth = body.face.person, body.growth
    count = int(BROW_STRANDS * person.brows.density * person.brows.thickness / 8)
    roots = root(body, growth.brow**1.5, count, rng)
    if roots is None:
        return []
    t = growth.brow_t.ravel()[roots.texels]
    off_middle = (body.face.chart.wy - growth.brow_middle_y).ravel()[roots.texels]
    angle = np.radians(80 - 95 * np.clip(1.25 * t, 0, 1)) - 0.09 * off_middle * (t > 0.25)
    angle = angle + rng.normal(0, 0.22, count)
    side = np.sign(roots.points[:, 0])
    direction = np.stack([side * np.cos(angle), np.sin(angle), -0.25 * np.cos(angle)], -1)
    length = rng.uniform(4, 8, count) * (1 - 0.35 * t) * (0.8 + 0.03 * person.brows.thickness)
    k = np.linspace(0, 1, 6)[None, :, None]
    points = _straight(roots, direction, length, k) + roots.normals[:, None] * (0.3 + 1.2 * k * (1 - k))
    points[..., 1] -= 0.8 * k[..., 0] ** 2
    colour = 0.7 * strand_colours(person, growth, count, 0.3, rng) + np.array([0.014, 0.010, 0.007])
    return [Fibres(points, colour)]


def _straight(roots: Roots, direction: Field, length: Field, k: Field) -> Field:
    return np.asarray(roots.points[:, None] + direction[:, None] * length[:, None, None] * k)


def _lash_roots(body: Body, edge_y: Field, count: int, rng: np.random.Generator) -> Roots | None:
    eyes, chart = body.face.eyes, body.face.chart
    on_edge = (np.abs(chart.wy - edge_y) < 0.5) & (eyes.t > 0.1) & (eyes.t < 1) & (chart.front > 0.5)
    return root(body, on_edge.astype(np.float32), count, rng)


def _lash_strands(body: Body, roots: Roots, length: Field, lift: float, k: Field) -> Field:
    fan = (body.face.eyes.t.ravel()[roots.texels] - 0.45) * 0.9
    ahead = np.full(roots.count, 0.9)
    direction = np.stack([np.sign(roots.points[:, 0]) * fan, np.full(roots.count, lift), ahead], -1)
    return _straight(roots, direction, length, k)


def _upper_lashes(body: Body, rng: np.random.Generator) -> list[Fibres]:
    roots = _lash_roots(body, body.face.eyes.upper_y + 0.2, UPPER_LASHES, rng)
    if roots is None:
        return []
    is_open = body.face.expression.eye >= 0.3
    length = (5.2 - 2 * body.face.person.robustness) * rng.uniform(0.6, 1, roots.count)
    k = np.linspace(0, 1, 6)[None, :, None]
    points = _lash_strands(body, roots, length, -0.1 if is_open else -0.5, k)
    if is_open:
        points[..., 1] += 0.75 * length[:, None] * k[..., 0] ** 2
    return [Fibres(points, LASH_COLOUR * (1 + 2.5 * rng.random((roots.count, 1))))]


def _lower_lashes(body: Body, rng: np.random.Generator) -> list[Fibres]:
    roots = _lash_roots(body, body.face.eyes.lower_y - 0.2, LOWER_LASHES, rng)
    if roots is None:
        return []
    length = 0.5 * (5.2 - 2 * body.face.person.robustness) * rng.uniform(0.6, 1, roots.count)
    points = _lash_strands(body, roots, length, -0.5, np.linspace(0, 1, 6)[None, :, None])
    return [Fibres(points, 2 * LASH_COLOUR * (1 + 2.5 * rng.random((roots.count, 1))))]


def _beard(body: Body, rng: np.random.Generator) -> list[Fibres]:
    person = body.face.person
    form = person.hair.beard
    if form not in BEARD_LENGTH_MM:
        return []
    count, mouth_y = BEARD_STRANDS[form], person.skull.mouth_y
    roots = root(body, body.growth.beard**2, count, rng)
    if roots is None:
        return []
    x, y = roots.points[:, 0], roots.points[:, 1]
    parted = 0.25 * np.sign(x) * (np.abs(x) < 26) * (y > mouth_y - 2)
    comb = np.stack([parted, np.full(count, -0.9), np.full(count, 0.1)], -1)
    direction = unit(0.45 * roots.normals + comb + rng.normal(0, 0.28, (count, 3)))
    length = BEARD_LENGTH_MM[form] * rng.uniform(0.4, 1, count)
    length = np.where(y > mouth_y, np.minimum(length, 7), length)
    k = np.linspace(0, 1, 7)[None, :, None]
    points = _straight(roots, direction, length, k)
    points[..., 1] -= 0.15 * length[:, None] * k[..., 0] ** 2
    points += 0.05 * rng.normal(0, 1, (count, 1, 3)) * length[:, None, None] * k
    return [Fibres(points, strand_colours(person, body.growth, count, 0.25, rng))]
