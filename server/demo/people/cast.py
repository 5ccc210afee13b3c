"""The demo's cast: forty enrolled people, six strangers, and the photographs taken of them."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from server.demo.people.camera import Camera
from server.demo.people.expression import EYES_CLOSED, Expression
from server.demo.people.identity import identity
from server.demo.people.lighting import field_light, studio
from server.demo.people.portrait import Backdrop, Eyewear, Setting, portrait
from server.demo.people.randomness import Stream, stream

# The seed of every person. One whose pictures a detector or network refuses is replaced by another number here.
SEEDS = tuple(range(46))
ENROLLED = 40

FIELD_SIZE = (720, 960)
FRONTAL_QUALITY, FIELD_QUALITY = 88, 85
MASK_COLOURS = ((120.0, 165.0, 190.0), (225.0, 228.0, 230.0), (45.0, 50.0, 60.0))


class Kind(StrEnum):
    """What a photograph is of; the value is the end of its file name."""

    FRONTAL = "frontal"
    UPRIGHT = "upright"
    LYING = "lying"
    HARD = "hard"


@dataclass(frozen=True)
class Photograph:
    """One photograph of one person of the cast."""

    person: int
    kind: Kind

    @property
    def path(self) -> Path:
        """Where it is kept, below the demo's directory."""
        if self.kind is Kind.FRONTAL:
            return Path("gallery") / f"{self.person:03d}.jpg"
        return Path("field") / f"{self.person:03d}_{self.kind}.jpg"


def photographs() -> list[Photograph]:
    """All photographs: four of everyone enrolled, one of every stranger."""
    enrolled = [Photograph(person, kind) for person in range(ENROLLED) for kind in Kind]
    return enrolled + [Photograph(person, Kind.UPRIGHT) for person in range(ENROLLED, len(SEEDS))]


def take(photograph: Photograph) -> NDArray[np.uint8]:
    """The photograph (height, width, 3), uint8 RGB."""
    picture = portrait(identity(SEEDS[photograph.person]), _setting(photograph))
    if photograph.kind is Kind.LYING:
        return np.ascontiguousarray(np.rot90(picture, lying_turns(photograph.person)))
    return picture


def lying_turns(person: int) -> int:
    """Quarter turns, counter-clockwise, by which the lying photograph of a person is turned: 1 or -1."""
    return 1 if person % 2 else -1


def encode(photograph: Photograph, picture: NDArray[np.uint8]) -> bytes:
    """JPEG of a picture, without any metadata."""
    quality = FRONTAL_QUALITY if photograph.kind is Kind.FRONTAL else FIELD_QUALITY
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def _setting(photograph: Photograph) -> Setting:
    seed = SEEDS[photograph.person]
    rng = stream(Stream.PHOTO, seed, list(Kind).index(photograph.kind))
    match photograph.kind:
        case Kind.FRONTAL:
            light = studio(rng)
            return Setting(light, face_pixels=290, centre=(0.5, 0.5), backdrop=Backdrop.WALL, seed=seed)
        case Kind.UPRIGHT:
            return replace(_field(rng), yaw=float(rng.uniform(-14, 14)), expression=_mild(rng))
        case Kind.LYING:
            return _field(rng)
        case Kind.HARD:
            return _hard(_field(rng), photograph.person)


def _mild(rng: np.random.Generator) -> Expression:
    return Expression(smile=float(rng.uniform(0, 0.4)), gaze_x=float(rng.uniform(-1, 1)))


def _field(rng: np.random.Generator) -> Setting:
    """A hand-held photograph in whatever light there is."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    red, green, blue = rng.normal(0, 0.03, 3)
    camera = Camera(
        blur=between(0.8, 1.2),
        noise=between(0.004, 0.008),
        exposure=between(0.8, 1.2),
        white_balance=(float(red), float(green), float(blue)),
    )
    return Setting(
        light=field_light(rng),
        size=FIELD_SIZE,
        yaw=between(-10, 10),
        pitch=between(-6, 6),
        roll=between(-5, 5),
        face_pixels=between(300, 380),
        distance=between(800, 2000),
        centre=(between(0.45, 0.55), between(0.44, 0.52)),
        camera=camera,
        supersampling=1,
        seed=int(rng.integers(2**31)),
    )


def _hard(setting: Setting, person: int) -> Setting:
    """Eyes closed, face partly covered, or eyes behind spectacles: one after the other through the cast."""
    if person % 3 == 0:
        return replace(setting, expression=EYES_CLOSED)
    if person % 3 == 1:
        return replace(setting, mask=MASK_COLOURS[person // 3 % len(MASK_COLOURS)])
    return replace(setting, eyewear=Eyewear.SPECTACLES)
