"""A person's surface: the head with neck and torso, and two ears, ready to be lit."""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people.chart import SHAPE, head_weight
from server.demo.people.cloth import Cloth, dress, paint_cloth, thicken
from server.demo.people.colour import grey
from server.demo.people.expression import Expression
from server.demo.people.eye_paint import paint_eyes
from server.demo.people.face import Face, shape_face
from server.demo.people.randomness import Stream, stream
from server.demo.people.scalp import Growth, grow, paint_growth
from server.demo.people.shaping import Field, blob, smoothstep, value_noise
from server.demo.people.skin import Skin, paint_skin
from server.demo.people.traits import Identity

SKIN_EXPONENT, LIP_EXPONENT = 14, 32


@dataclass(frozen=True)
class Patch:
    """A grid of surface: `points` (h, w, 3) in mm, `albedo` (h, w, 3) linear, the rest (h, w).

    `bump`: fine relief in mm along the normal. `shine`: strength and `exponent` sharpness of the highlight.
    `wet`: 1 on the eyeball. `head`: share of the head's rotation followed. `skin`: 1 where light scatters below.
    """

    points: Field
    albedo: Field
    bump: Field
    shine: Field
    exponent: Field
    wet: Field
    head: Field
    skin: Field


@dataclass(frozen=True)
class Body:
    """A person's head patch with the face and growth it was made from."""

    face: Face
    growth: Growth
    patch: Patch


def build_body(person: Identity, expression: Expression) -> Body:
    """Shape and paint head, neck and torso."""
    rng, detail = stream(Stream.SKIN, person.seed), stream(Stream.DETAIL, person.seed)
    face = shape_face(person, expression, detail)
    skin = paint_skin(face, rng, detail)
    colour = paint_eyes(skin.colour, face, detail)
    growth, scalp = grow(face, skin.lips, detail)
    colour = paint_growth(colour, face, growth, scalp, detail)
    cloth = dress(face)
    colour = paint_cloth(colour, face, cloth)
    bare = np.stack([face.chart.x, face.chart.y, face.z], -1).astype(np.float32) * np.float32(person.skull.scale)
    points = thicken(bare, face, cloth, detail)
    patch = Patch(
        points=points,
        albedo=(colour * grey(_cavity(points, face))).astype(np.float32),
        bump=_fine_relief(face, skin, cloth, rng).astype(np.float32),
        shine=_shine(face, skin, cloth, growth).astype(np.float32),
        exponent=(SKIN_EXPONENT + (LIP_EXPONENT - SKIN_EXPONENT) * skin.lips).astype(np.float32),
        wet=face.eyes.opening.astype(np.float32),
        head=head_weight(),
        skin=(1 - cloth.cover).astype(np.float32),
    )
    return Body(face, growth, patch)


def _fine_relief(face: Face, skin: Skin, cloth: Cloth, rng: np.random.Generator) -> Field:
    pores = 0.045 * value_noise(rng, SHAPE, 1.7) + 0.05 * value_noise(rng, SHAPE, 5, 2)
    on_skin = skin.fineness * (1 - face.eyes.opening) * (1 - cloth.cover) * (1 + 1.2 * face.person.age)
    lip_lines = 0.12 * np.abs(np.sin(1.6 * face.chart.wx + 1.5 * value_noise(rng, SHAPE, 8)))
    return np.asarray(pores * on_skin - lip_lines * skin.lips)


def _shine(face: Face, skin: Skin, cloth: Cloth, growth: Growth) -> Field:
    x, y = face.chart.across, face.chart.wy
    oily = 1 + 0.5 * blob(x, y, (0, -20), (9, 28)) + 0.4 * blob(x, y, (0, 45), (30, 14))
    bare = 0.9 * face.person.complexion.shine * oily * (1 - cloth.cover) * (1 - 0.8 * growth.scalp)
    return np.asarray((bare * (1 - 0.3 * skin.lips) + 1.1 * skin.lips) * (1 - 0.6 * growth.beard_paint))


def _cavity(points: Field, face: Face) -> Field:
    """Small hollows receive less light than the shadow maps can tell: share of light left, 0..1."""
    depth = points[..., 2]
    hollow = (cv2.GaussianBlur(depth, (0, 0), 6) - depth) * smoothstep(0.35, 0.8, face.chart.facing)
    return np.asarray(np.exp(-0.085 * np.clip(hollow, -1, 6) * (depth > 0)))
