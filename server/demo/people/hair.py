"""Head hair, grown step by step from its roots and kept outside head, neck and shoulders."""

import numpy as np

from server.demo.people.fibres import FINE, WIDE, Fibres, Roots, root, strand_colours
from server.demo.people.hair_styles import COMB, SHAVED, STYLES, Step, Strands
from server.demo.people.shaping import Field, unit
from server.demo.people.surface import Body
from server.demo.people.traits import Identity

CLUMPS = 260
INERTIA = 0.55
SKULL_CENTRE = np.array([0, 22.0, -3])
JAW_CENTRE = np.array([0, -45.0, 8.0])
SHOULDER_CENTRE, SHOULDER_RADII = np.array([0, -290.0, -10]), np.array([165.0, 112, 85])
BUN_CENTRE, BUN_RADIUS, BUN_STRANDS = np.array([0, 62.0, -100]), 30.0, 2500


def head_hair(body: Body, rng: np.random.Generator) -> list[Fibres]:
    """The hair of a person's head; nothing where nothing grows."""
    person = body.face.person
    name = person.hair.style
    roots = root(body, body.growth.scalp**1.5, STYLES[name].strands, rng)
    if roots is None:
        return []
    strands = _strands(person, roots, rng)
    points = _grow(strands, name, rng)
    colour = strand_colours(person, body.growth, roots.count, 0.16, rng) * np.exp(0.10 * strands.jitter[:, :1])
    shaved = name in SHAVED
    hair = [Fibres(points, colour, FINE if shaved else WIDE, shading=not shaved)]
    return [*hair, _bun(body, rng)] if name == "bun" else hair


def _strands(person: Identity, roots: Roots, rng: np.random.Generator) -> Strands:
    points = roots.points.astype(np.float64)
    clump = _clumps(points, rng)
    height = np.clip((points[:, 1] - 20) / 70, 0, 1)
    in_front = (points[:, 2] > 55) & (np.abs(points[:, 0]) < 45) & (rng.random(roots.count) < 0.95)
    return Strands(
        person=person,
        roots=points,
        normals=roots.normals.astype(np.float64),
        height=height,
        side=np.where(points[:, 0] > person.hair.parting, 1.0, -1.0),
        clump=clump,
        jitter=rng.normal(0, 1, (CLUMPS, 3))[clump],
        phase=rng.uniform(0, 2 * np.pi, CLUMPS)[clump] + rng.normal(0, 0.35, roots.count),
        length=_lengths(person, points, height, rng),
        fringe=in_front & (person.hair.style == "bob"),
    )


def _clumps(points: Field, rng: np.random.Generator) -> Field:
    """The clump each strand belongs to: the nearest of a few strands drawn as centres."""
    centres = points[rng.integers(0, len(points), CLUMPS)]
    squared = (centres**2).sum(1)[None] - 2 * points @ centres.T
    return np.asarray(np.argmin(squared, axis=1))


def _lengths(person: Identity, points: Field, height: Field, rng: np.random.Generator) -> Field:
    """Length of every strand in mm; short styles are shorter at the sides."""
    name = person.hair.style
    personal = 1.0 if name in SHAVED else person.hair.length
    length = STYLES[name].length * personal * rng.uniform(0.75, 1.05, len(points))
    if name in ("crop", "part"):
        length = length * (0.16 + 0.84 * height)
    if name == "back":
        length = length * (0.4 + 0.6 * height)
    if name == "crop":
        length = length * np.where(points[:, 2] > 40, 0.9, 1)
    return np.asarray(length)


def _grow(strands: Strands, name: str, rng: np.random.Generator) -> Field:
    count = STYLES[name].points
    skull_radii = _skull_radii(strands.person)
    centre = SKULL_CENTRE * strands.person.skull.scale
    stride = (_combed_lengths(strands) / (count - 1))[:, None]
    tips = strands.roots + 0.3 * strands.normals
    heading, points = np.zeros_like(tips), np.zeros((len(tips), count, 3))
    for number in range(count):
        points[:, number] = tips
        outward = unit((tips - centre) / skull_radii**2)
        combed = unit(COMB[name](strands, Step(number, number / (count - 1), tips, outward)))
        heading = combed if number == 0 else unit(INERTIA * heading + (1 - INERTIA) * combed)
        tips = tips + heading * stride
        if name not in SHAVED:
            tips = _keep_outside(tips, strands.person, clearance=1.5 + 5 * rng.random())
    return points


def _combed_lengths(strands: Strands) -> Field:
    person = strands.person
    to_the_brows = 78 + person.hair.hairline - person.brows.height
    return np.where(strands.fringe, to_the_brows, strands.length)


def _skull_radii(person: Identity) -> Field:
    return np.array([78 * person.skull.width, 100 + person.skull.forehead_height, 101]) * person.skull.scale


def _keep_outside(tips: Field, person: Identity, clearance: float) -> Field:
    """Push tips out of skull, jaw with neck, and shoulders; `clearance` over the skull in mm."""
    scale = person.skull.scale
    jaw_radii = np.array([66 * person.skull.width, 78, 74]) * scale
    tips = _push_out(tips, SKULL_CENTRE * scale, _skull_radii(person) + clearance)
    tips = _push_out(tips, JAW_CENTRE * scale, jaw_radii)
    return _push_out(tips, SHOULDER_CENTRE, SHOULDER_RADII)


def _push_out(tips: Field, centre: Field, radii: Field) -> Field:
    relative = (tips - centre) / radii
    distance = np.linalg.norm(relative, axis=1, keepdims=True)
    return np.where(distance < 1, centre + relative / np.maximum(distance, 1e-9) * radii, tips)


def _bun(body: Body, rng: np.random.Generator) -> Fibres:
    """Strands wound round a ball at the back of the head."""
    start = unit(rng.normal(size=(BUN_STRANDS, 3)))
    across = unit(np.cross(start, rng.normal(size=(BUN_STRANDS, 3))))
    turn = np.linspace(0, 2.2, 14)[None, :, None]
    points = BUN_CENTRE + BUN_RADIUS * (start[:, None] * np.cos(turn) + across[:, None] * np.sin(turn))
    colour = strand_colours(body.face.person, body.growth, BUN_STRANDS, 0.22, rng)
    return Fibres(points, colour, WIDE, shading=True)
