"""Every angle in the picture's plane, in steps of 15 degrees: the same face, the same template, the right lean."""

from collections.abc import Iterator

import numpy as np
import pytest

from server.face.decode import decode
from server.face.engine import Engine
from tests.unit.face.pictures import Pixels, astronaut, drawn_people, encoded, pixels_of, research_faces, turned

ANGLES = range(15, 360, 15)

LEAST_SCORE = 0.99
"""With the upright template. Measured: 0.9992 at the astronaut, 0.9996 at the least of eight research faces."""

SUBJECTS = 3


def drawn() -> Iterator[Pixels]:
    """People whose face fills the picture, and one at some distance."""
    people = drawn_people()
    yield from (pixels_of(frontal) for frontal, _ in people[:2])
    yield pixels_of(people[2][1]["upright"])[::2, ::2]
    yield astronaut()


def researched() -> Iterator[Pixels]:
    folder = research_faces()
    if folder is None:
        pytest.skip("no real faces: set OIFR_TEST_FACES to a folder of NNN/VH.jpg")
    frontals = sorted(folder.glob("*/33.jpg"))
    for number in np.random.default_rng(15).choice(len(frontals), SUBJECTS, replace=False):
        yield pixels_of(frontals[number])


@pytest.mark.parametrize("number", range(4))
def test_drawn_people_and_the_astronaut(engine: Engine, number: int) -> None:
    _holds_at_every_angle(engine, list(drawn())[number])


@pytest.mark.parametrize("number", range(SUBJECTS))
def test_research_faces(engine: Engine, number: int) -> None:
    _holds_at_every_angle(engine, list(researched())[number])


def _holds_at_every_angle(engine: Engine, picture: Pixels) -> None:
    upright, standing = _seen(engine, picture)
    for degrees in ANGLES:
        vector, lean = _seen(engine, turned(picture, degrees))
        assert vector @ upright > LEAST_SCORE, f"turned by {degrees} degrees"
        assert abs((lean + degrees - standing + 180) % 360 - 180) < 1, f"turned by {degrees} degrees"


def _seen(engine: Engine, picture: Pixels) -> tuple[np.ndarray, float]:
    """The template's vector, and the degrees by which the face leans."""
    frame = engine.frame_of(decode(encoded(picture)))
    return engine.vectors_of([frame.chip])[0], frame.face.roll
