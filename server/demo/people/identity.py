"""Drawing the traits of a person from one seed."""

import numpy as np

from server.demo.people import palette
from server.demo.people.randomness import Stream, stream
from server.demo.people.traits import (
    Brows,
    Cheeks,
    Clothing,
    Complexion,
    Eyes,
    Hair,
    Identity,
    Jaw,
    Mouth,
    Nose,
    Skull,
)

# Shape numbers are drawn flat and bounded, HALF_RANGE sigmas either way, and spread a little.
SPREAD = 1.2
HALF_RANGE = 1.75


class _Draw:
    """Draws the numbers of one person; `build` in -0.5..0.5 shifts delicate features to robust ones."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.robustness = float(np.clip(rng.choice([0.1, 0.9]) + rng.normal(0, 0.15), 0, 1))
        self.build = self.robustness - 0.5
        young, middle, old = self.between(0.05, 0.35), self.between(0.2, 0.7), self.between(0.5, 1)
        self.age = float(rng.choice([young, middle, old]))

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def shape(self, mean: float, sigma: float, per_build: float = 0.0) -> float:
        return mean + per_build * self.build + self.between(-HALF_RANGE, HALF_RANGE) * sigma * SPREAD


def identity(seed: int) -> Identity:
    """The person of this seed, always the same."""
    draw = _Draw(stream(Stream.IDENTITY, seed))
    skull, eyes, brows, nose = _skull(draw), _eyes(draw), _brows(draw), _nose(draw)
    cheeks, mouth, jaw = _cheeks(draw), _mouth(draw), _jaw(draw)
    complexion = _complexion(draw)
    hair, clothing = _hair(draw, complexion.melanin), _clothing(draw)
    return Identity(
        seed, draw.robustness, draw.age, skull, eyes, brows, nose, cheeks, mouth, jaw, complexion, hair, clothing
    )


def _skull(draw: _Draw) -> Skull:
    return Skull(
        scale=draw.shape(1, 0.02, 0.03),
        width=draw.shape(1, 0.045),
        cheekbones=draw.shape(0, 2.5, 2),
        jaw_width=draw.shape(-1, 4, 8),
        chin_width=draw.shape(0, 3, 4),
        forehead_width=draw.shape(0, 2.5),
        forehead_slope=draw.shape(0, 4, -5),
        forehead_height=draw.shape(0, 5),
        midface=draw.shape(0, 2.5),
        menton_y=draw.shape(-112, 4.5, -6),
        mouth_y=draw.shape(-69, 1.8, -1.5),
        nose_base_y=draw.shape(-48, 2.5, -2),
    )


def _eyes(draw: _Draw) -> Eyes:
    return Eyes(
        half_distance=draw.shape(31, 1.6, 0.8),
        length=draw.shape(14.7, 1, -0.5),
        upper=draw.shape(4.7, 0.8, -1.6),
        lower=draw.shape(5.2, 0.6),
        tilt=draw.shape(1.6, 1.8, -1.6),
        depth=draw.shape(0, 1.8, 1.5),
        skew=draw.shape(0, 0.12),
        crease=float(np.clip(draw.shape(4.2, 1.6, -2), 1.2, 8)),
        hood=draw.shape(draw.age, 1),
        iris_radius=draw.shape(5.9, 0.15),
        bag=max(0.0, draw.shape(0, 0.5)) + draw.age * 0.8,
    )


def _brows(draw: _Draw) -> Brows:
    return Brows(
        height=draw.shape(17.5, 1.8, -3.5),
        arch=draw.shape(3.2, 1.6, -3),
        tilt=draw.shape(0, 1.8),
        thickness=draw.shape(6.6, 1.8, 3.2),
        inner_x=draw.shape(11.5, 2),
        outer_x=draw.shape(51, 2),
        density=float(np.clip(draw.shape(0.75, 0.25, 0.5), 0.25, 1.2)),
        ridge=draw.shape(1.4, 1.5, 5),
        glabella=draw.shape(0, 1.5, 1.5),
    )


def _nose(draw: _Draw) -> Nose:
    return Nose(
        nasion=draw.shape(5, 2.6, 2.5),
        bridge_bow=draw.shape(-1.2, 2.3, 3),
        tip=draw.shape(20.5, 2.6, 4),
        tip_rise=draw.shape(4, 2.5, -2),
        width=draw.shape(1, 0.14, 0.08),
        bridge_width=draw.shape(1, 0.17, 0.1),
        tip_roundness=draw.shape(1, 0.16, 0.1),
        wing_x=draw.shape(15, 2.3, 2.8),
        wing_height=draw.shape(1, 0.2),
        wing_rise=draw.shape(0, 1.5),
        nostril=draw.shape(1, 0.25),
        columella=draw.shape(0, 1.5),
    )


def _cheeks(draw: _Draw) -> Cheeks:
    return Cheeks(
        fullness=draw.shape(0, 2, -1.2),
        rise=draw.shape(0, 4),
        fat=draw.shape(0, 2.6),
        fold=max(0.0, draw.shape(0.35, 0.4, 0.3)) + draw.age,
        philtrum=max(0.2, draw.shape(1, 0.5)),
    )


def _mouth(draw: _Draw) -> Mouth:
    return Mouth(
        half_width=draw.shape(24.5, 2.6, 2),
        upper_lip=max(2.4, draw.shape(6.6 - 1.6 * draw.age, 1.5, -2.2)),
        lower_lip=max(3.6, draw.shape(8.6 - 1.4 * draw.age, 1.6, -1.6)),
        protrusion=draw.shape(4, 1.3, -1.2),
        bow=draw.shape(1.2, 0.6),
        curve=draw.shape(0, 1.2),
        muzzle=draw.shape(0, 1.8),
    )


def _jaw(draw: _Draw) -> Jaw:
    return Jaw(
        chin=draw.shape(0, 2.4, 2.5),
        dimple=max(0.0, draw.shape(0, 0.9)),
        groove=draw.shape(0, 1.2),
        angle=draw.shape(0, 4, 4),
        neck_width=draw.shape(1, 0.05, 0.2),
        ear_size=draw.shape(1, 0.09, 0.06),
        ear_angle=draw.shape(0.42, 0.14),
    )


def _complexion(draw: _Draw) -> Complexion:
    melanin = palette.melanin(draw.rng)
    wears_lipstick = draw.build < 0 and draw.rng.random() < 0.35
    return Complexion(
        melanin=melanin,
        haemoglobin=draw.between(0.3, 1),
        warmth=draw.between(-0.12, 0.12),
        freckles=max(0.0, draw.rng.normal(-0.2, 0.6)) if melanin < palette.FRECKLED_BELOW else 0.0,
        moles=int(draw.rng.integers(0, 6)),
        lipstick=draw.between(0.15, 0.45) if wears_lipstick else 0.0,
        blush=draw.between(0.2, 1),
        mottle=draw.between(0.5, 1.3),
        shine=draw.between(0.6, 1.4),
        iris=palette.iris(draw.rng, melanin),
    )


def _hair(draw: _Draw, melanin: float) -> Hair:
    robust = draw.build > 0
    return Hair(
        colour=palette.hair(draw.rng, melanin, draw.age),
        style=palette.hair_style(draw.rng, melanin, robust),
        hairline=draw.shape(6 * draw.age * robust, 4),
        recession=max(0.0, draw.rng.normal(0.1, 0.3) + draw.age * 0.6) if robust else 0.0,
        parting=float(draw.rng.choice([-1, 1])) * draw.between(8, 32),
        length=draw.between(0.6, 1.4),
        beard=palette.beard(draw.rng) if robust else "none",
    )


def _clothing(draw: _Draw) -> Clothing:
    return Clothing(
        colour=palette.cloth(draw.rng),
        collar=draw.between(0, 2),
        v_neck=float(draw.rng.random() < 0.35),
    )
