"""What each alteration does to pixels, on a drawn picture with a place for the face."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from server.domain.capture import Likeness, Sample
from server.domain.face import Box
from server.domain.image_errors import FaceNotFound, ImageRefused
from server.evaluation.alterations import Alteration, Blurred, Darkened, Occluded, Part, Turned, Unaltered
from tests.fakes.face_engine import FakeFaceEngine

BOX = Box(20, 10, 40, 60)


class PlacedFaces:
    """`Faces` whose face stands at BOX, turned as told; photographs are kept as they are."""

    model = "none"

    def __init__(self, turns: int = 0) -> None:
        self.turns = turns

    def sample_of(self, images: object) -> Sample:
        raise NotImplementedError

    def likenesses_of(self, images: object) -> list[Likeness | ImageRefused]:
        raise NotImplementedError

    def portrait_of(self, image: bytes) -> bytes:
        return image

    def place_of(self, image: bytes) -> tuple[Box, int]:
        return BOX, self.turns


def _photograph() -> bytes:
    """White, 100 x 80, with one black and one coloured corner."""
    pixels = np.full((80, 100, 3), 255, np.uint8)
    pixels[:20, :30] = (200, 40, 40)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def _pixels(alteration: Alteration, turns: int = 0) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(alteration.of(_photograph(), PlacedFaces(turns)))) as picture:
        return np.asarray(picture.convert("RGB"))


def test_a_quarter_turn_goes_counter_clockwise_and_loses_nothing() -> None:
    turned = _pixels(Turned(90))
    assert turned.shape == (100, 80, 3)
    assert (np.rot90(turned, -1) == _pixels(Unaltered())).all()


def test_a_turn_between_grows_the_canvas_and_fills_it_with_mid_grey() -> None:
    turned = _pixels(Turned(45))
    assert turned.shape[0] > 120
    assert turned[0, 0].tolist() == turned[-1, -1].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    ("part", "turns", "covered"),
    [
        (Part.LOWER, 0, (20, 40, 60, 70)),
        (Part.UPPER, 0, (20, 10, 60, 40)),
        (Part.LOWER, 1, (20, 10, 40, 70)),
        (Part.LOWER, 2, (20, 10, 60, 40)),
        (Part.UPPER, 1, (40, 10, 60, 70)),
        (Part.LOWER, 3, (40, 10, 60, 70)),
    ],
)
def test_the_half_that_is_covered_turns_with_the_face(part: Part, turns: int, covered: tuple[int, ...]) -> None:
    grey = (_pixels(Occluded(part), turns) == 128).all(axis=2)
    rows, columns = np.nonzero(grey)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == covered
    assert grey.sum() == (covered[2] - covered[0]) * (covered[3] - covered[1])


def test_the_quarter_turns_agree_with_numpy() -> None:
    """A face whose picture was turned clockwise once stands upright after one quarter turn back: its chin is left."""
    upright = np.zeros((80, 100), np.uint8)
    upright[60:, :] = 1
    clockwise = np.rot90(upright, -1)
    assert clockwise[:, :20].all()
    assert (np.rot90(clockwise, 1) == upright).all()


def test_dark_is_an_eighth_of_the_light_with_the_same_noise_each_time() -> None:
    dark = _pixels(Darkened())
    assert float(dark[40:, 40:].mean()) == pytest.approx(255 * (1 / 8) ** (1 / 2.2), abs=0.5)
    assert float(dark[40:, 40:].std()) == pytest.approx(3, abs=0.3)
    assert (dark == _pixels(Darkened())).all()


def test_blur_softens_an_edge() -> None:
    sharp, soft = _pixels(Unaltered()), _pixels(Blurred())
    assert sharp[5, 29:31, 1].tolist() == [40, 255]
    assert 40 < int(soft[5, 29, 1]) < int(soft[5, 30, 1]) < 255


def test_a_face_that_cannot_be_placed_is_a_refusal() -> None:
    class NoFace(PlacedFaces):
        def place_of(self, image: bytes) -> tuple[Box, int]:
            raise FaceNotFound

    with pytest.raises(FaceNotFound):
        Occluded(Part.LOWER).of(_photograph(), NoFace())


def test_names_for_the_report() -> None:
    alterations: list[Alteration] = [Unaltered(), Turned(45), Occluded(Part.LOWER), Darkened(), Blurred()]
    assert [one.name for one in alterations] == ["", "turned 45°", "lower face covered", "dark", "blurred"]


def test_no_alteration_leaves_the_file_as_it_is() -> None:
    assert Unaltered().of(b"as it is", FakeFaceEngine()) == b"as it is"
