"""Light: two soft lamps and an ambient sky, sampled over a few dozen directions."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.shaping import Field, unit

SPHERE_SAMPLES = 64
LOWEST_SIDE = -0.3  # directions from further behind the person than this give nothing
LAMP_POWER, AMBIENT_POWER = 3.1, 4.0
FLOOR_TINT = 0.62 * np.array([1, 0.93, 0.86])
WHITES = np.array([[1, 0.97, 0.92], [0.94, 0.98, 1.06], [1.08, 0.97, 0.82]])

LampPlan = tuple[tuple[float, float, float], float, float]  # direction, power, sharpness


@dataclass(frozen=True)
class Lamp:
    """A lamp as a von Mises lobe: unit `direction` towards it, linear `colour`, `sharpness` (kappa)."""

    direction: Field
    colour: Field
    sharpness: float


@dataclass(frozen=True)
class Light:
    """Two lamps and an ambient that runs from `sky` above to `floor` below (linear RGB)."""

    lamps: tuple[Lamp, Lamp]
    sky: Field
    floor: Field


@dataclass(frozen=True)
class LightSamples:
    """The light over n `directions` (n, 3): `intensity` (n, 3) linear RGB, `lamp_share` (2, n) sums to 1 each."""

    directions: Field
    intensity: Field
    lamp_share: Field


# Lamps (key, fill) and ambient. A direction whose x is not zero may be mirrored, except in the studio.
PLANS: dict[str, tuple[LampPlan, LampPlan, float]] = {
    "studio": (((0.5, 0.55, 0.9), 1.0, 10), ((-0.7, 0.2, 0.8), 0.5, 8), 0.30),
    "side": (((1.0, 0.35, 0.45), 1.35, 14), ((0, 0.3, 1), 0.12, 6), 0.22),
    "window": (((0.9, 0.3, 0.6), 1.2, 6), ((0, 0.1, 1), 0.1, 4), 0.35),
    "top": (((0.15, 1.0, 0.45), 1.3, 14), ((0, 0, 1), 0.12, 4), 0.32),
    "flat": (((0, 0.25, 1), 0.9, 5), ((0.4, 0.2, 0.8), 0.2, 4), 0.55),
    "street": (((0.6, 0.9, 0.25), 1.5, 25), ((0, 0.2, 1), 0.10, 4), 0.50),
    "dim": (((0.5, 0.7, 0.6), 0.8, 8), ((0, 0.2, 1), 0.15, 4), 0.25),
}
FIELD_KINDS = tuple(PLANS)


def studio(rng: np.random.Generator) -> Light:
    """Key and fill lamp as in a custody suite; `rng` draws their whites."""
    return _light("studio", 1.0, rng)


def field_light(rng: np.random.Generator) -> Light:
    """Any kind of light, from either side."""
    kind = FIELD_KINDS[rng.integers(len(FIELD_KINDS))]
    return _light(kind, 1.0 if kind == "studio" else float(rng.choice([-1, 1])), rng)


def _light(kind: str, side: float, rng: np.random.Generator) -> Light:
    key, fill, ambient = PLANS[kind]
    key_white, fill_white = WHITES[rng.integers(3)], WHITES[rng.integers(3)]
    lamps = (_lamp(key, side, key_white), _lamp(fill, side, fill_white))
    return Light(lamps, ambient * fill_white, ambient * FLOOR_TINT)


def _lamp(plan: LampPlan, side: float, white: Field) -> Lamp:
    (x, y, z), power, sharpness = plan
    return Lamp(unit(np.array([side * x, y, z])), power * white, sharpness)


def sample(light: Light) -> LightSamples:
    """Spread the light over evenly spaced directions (Fibonacci sphere)."""
    directions = _directions()
    lobes = [np.exp(lamp.sharpness * (directions @ lamp.direction - 1)) for lamp in light.lamps]
    shares = np.stack([lobe / lobe.sum() for lobe in lobes])
    colours = np.stack([lamp.colour for lamp in light.lamps])
    up = 0.5 + 0.5 * directions[:, 1:2]
    ambient = (light.floor + (light.sky - light.floor) * up) * AMBIENT_POWER / len(directions)
    intensity = (shares.T @ colours) * LAMP_POWER + ambient
    return LightSamples(directions.astype(np.float32), intensity.astype(np.float32), shares.astype(np.float32))


def _directions() -> Field:
    i = np.arange(SPHERE_SAMPLES) + 0.5
    z = 1 - 2 * i / SPHERE_SAMPLES
    turn = np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - z * z)
    directions = np.stack([ring * np.cos(turn), ring * np.sin(turn), z], 1)
    return directions[directions[:, 2] > LOWEST_SIDE]
