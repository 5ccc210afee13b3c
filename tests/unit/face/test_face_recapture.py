"""Simulated screens and prints give the hint, genuine photographs do not; no evidence about real ones."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.domain.quality import Grade
from server.face.limits import RecaptureLimits
from server.face.recapture import periodicity, recaptured, rectangle_sides
from tests.unit.face.pictures import DEMO, Pixels, astronaut, drawn_people, pixels_of, research_faces
from tests.unit.face.recaptures import Kind, recapture

LIMITS = RecaptureLimits.read(Path(__file__).resolve().parents[3] / "models" / "limits" / "recapture.toml")
MIDDLE = np.array([0.25, 0.2, 0.75, 0.75])
"""Where the face is, roughly, on a custody-style drawn photograph: shares of width and height."""


def bounds_of(pixels: Pixels) -> NDArray[np.float64]:
    height, width = pixels.shape[:2]
    return MIDDLE * [width, height, width, height]


def frontals() -> list[Pixels]:
    return [pixels_of(frontal) for frontal, _ in drawn_people()]


def shown(pixels: Pixels) -> Pixels:
    scale = 300 / max(pixels.shape)
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def test_drawn_people_are_taken_for_genuine() -> None:
    hints = [recaptured(pixels, bounds_of(pixels), Grade.GOOD, LIMITS) for pixels in frontals()]
    assert len(hints) == 40
    assert sum(hint.hinted for hint in hints) == 0


def test_drawn_people_in_the_field_are_taken_for_genuine() -> None:
    fields = [pixels_of(path) for path in sorted((DEMO / "field").glob("*_upright.jpg"))]
    assert len(fields) == 46
    assert sum(recaptured(pixels, bounds_of(pixels), Grade.GOOD, LIMITS).hinted for pixels in fields) <= 1


def test_real_portraits_are_taken_for_genuine() -> None:
    portrait = astronaut()
    assert not recaptured(portrait, np.array([170.0, 60, 290, 220]), Grade.GOOD, LIMITS).hinted


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (Kind.SCREEN_CLOSE, 4),
        (Kind.SCREEN_FRAMED, 5),
        (Kind.HALFTONE_CLOSE, 6),
        (Kind.HALFTONE_FRAMED, 6),
        (Kind.PHOTO_FRAMED, 4),
    ],
)
def test_most_simulated_recaptures_are_noticed(kind: Kind, least: int) -> None:
    copies = []
    for seed, picture in enumerate(frontals()[:6]):
        small = shown(picture)
        copies.append(recapture(small, bounds_of(small), kind, seed))
    hinted = [recaptured(copy.pixels, copy.bounds, Grade.GOOD, LIMITS).hinted for copy in copies]
    assert sum(hinted) >= least, json.dumps(hinted)


def test_research_faces_are_taken_for_genuine() -> None:
    folder = research_faces()
    if folder is None:
        pytest.skip("no real faces: set OIFR_TEST_FACES to a folder of NNN/VH.jpg")
    pictures = [pixels_of(path) for path in sorted(folder.glob("*/*.jpg"))]
    hinted = sum(recaptured(pixels, bounds_of(pixels), Grade.GOOD, LIMITS).hinted for pixels in pictures)
    assert hinted <= len(pictures) // 50


def test_a_grid_is_stronger_the_more_it_shows() -> None:
    face = frontals()[0]
    columns = np.arange(face.shape[1])[None, :, None]
    strengths = [
        periodicity(np.clip(face + depth * np.cos(2 * np.pi * columns / 3.7), 0, 255).astype(np.uint8), bounds_of(face))
        for depth in (0, 2, 5, 12)
    ]
    assert strengths == sorted(strengths)
    assert strengths[0] < LIMITS.periodic < strengths[-1]


def test_the_blocks_of_a_strongly_compressed_jpeg_are_no_screen() -> None:
    _, data = cv2.imencode(".jpg", frontals()[0], [cv2.IMWRITE_JPEG_QUALITY, 25])
    pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    assert not recaptured(pixels, bounds_of(pixels), Grade.GOOD, LIMITS).hinted


def test_the_blocks_of_a_blurred_jpeg_are_no_screen() -> None:
    blurred = [cv2.GaussianBlur(face, (0, 0), 8) for face in frontals()[:12]]
    files = [cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 90])[1] for face in blurred]
    pictures = [np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8) for file in files]
    hints = {grade: [recaptured(face, bounds_of(face), grade, LIMITS) for face in pictures] for grade in Grade}
    assert any(hint.hinted for hint in hints[Grade.GOOD])
    assert not any(hint.hinted for grade in (Grade.POOR, Grade.UNUSABLE) for hint in hints[grade])


@pytest.mark.parametrize("sharpness", Grade)
def test_a_border_is_noticed_however_sharp_the_face_is(sharpness: Grade) -> None:
    pixels = np.full((400, 400, 3), 120, np.uint8)
    cv2.rectangle(pixels, (60, 60), (340, 340), (20, 20, 20), 6)
    assert recaptured(pixels, np.array([130.0, 130, 270, 270]), sharpness, LIMITS).hinted


@pytest.mark.parametrize("sides", range(5))
def test_the_sides_of_a_rectangle_are_counted(sides: int) -> None:
    pixels = np.full((400, 400, 3), 120, np.uint8)
    lines = [((60, 50), (60, 350)), ((340, 50), (340, 350)), ((50, 60), (350, 60)), ((50, 340), (350, 340))]
    for start, end in lines[:sides]:
        cv2.line(pixels, start, end, (20, 20, 20), 6)
    assert rectangle_sides(pixels, np.array([130.0, 130, 270, 270])) == sides


def test_lines_through_the_face_are_no_border() -> None:
    pixels = np.full((400, 400, 3), 120, np.uint8)
    cv2.line(pixels, (200, 20), (200, 380), (20, 20, 20), 6)
    assert rectangle_sides(pixels, np.array([130.0, 130, 270, 270])) == 0


sizes = st.integers(1, 300)
edges = st.floats(-400, 700, allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(sizes, sizes, st.tuples(edges, edges, edges, edges), st.integers(0, 255))
def test_any_picture_and_any_bounds_are_judged(
    height: int, width: int, box: tuple[float, float, float, float], level: int
) -> None:
    hint = recaptured(np.full((height, width, 3), level, np.uint8), np.array(box), Grade.GOOD, LIMITS)
    assert np.isfinite(hint.periodic)
    assert hint.periodic < LIMITS.periodic
    assert 0 <= hint.edges <= 4


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_no_grid(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (400, 400, 3)).astype(np.uint8)
    assert periodicity(noise, np.array([50.0, 50, 350, 350])) < LIMITS.periodic
