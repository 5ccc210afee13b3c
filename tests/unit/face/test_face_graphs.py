"""Our graphs give what the original nets give."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from server.face.cascade import faces_in
from server.face.decode import decode
from server.face.embed import ResidualEmbedder
from server.face.engine import Engine
from server.face.graphs import CascadeGraphs
from server.face.landmarks import Detection
from tests.unit.face.originals import embedded_by, found_by
from tests.unit.face.pictures import Pixels, astronaut, drawn_people, encoded

SIDE = 150


def drawn_chips(engine: Engine) -> list[Pixels]:
    return [engine.frame_of(decode(frontal.read_bytes())).chip for frontal, _ in drawn_people()[:8]]


def random_chips(_: Engine) -> list[Pixels]:
    random = np.random.default_rng(5)
    noise = [random.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8) for _ in range(3)]
    return [*noise, *(np.where(one > 127, 255, 0).astype(np.uint8) for one in noise)]


CHIPS: dict[str, Callable[[Engine], list[Pixels]]] = {
    "drawn people": drawn_chips,
    "astronaut": lambda engine: [engine.frame_of(decode(encoded(astronaut()))).chip],
    "noise": random_chips,
    "black and white": lambda _: [np.full((SIDE, SIDE, 3), grey, np.uint8) for grey in (0, 255)],
    "one colour": lambda _: [np.tile(np.eye(3, dtype=np.uint8)[c] * 255, (SIDE, SIDE, 1)) for c in range(3)],
}


@pytest.mark.parametrize("kind", CHIPS)
def test_the_embedding_is_deepfaces_to_a_hundred_thousandth(
    engine: Engine, embedder: ResidualEmbedder, deepface: Any, kind: str
) -> None:
    chips = CHIPS[kind](engine)
    ours, theirs = embedder.embed(chips), embedded_by(deepface, chips)
    assert ours.shape == (len(chips), 128)
    assert np.abs(theirs).max() > 0.05
    assert np.abs(ours - theirs).max() <= 1e-5


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 16])
def test_a_batch_gives_what_single_calls_give(embedder: ResidualEmbedder, count: int) -> None:
    chips = np.random.default_rng(count).integers(0, 256, (count, SIDE, SIDE, 3)).astype(np.uint8)
    single = np.concatenate([embedder.embed([chip]) for chip in chips])
    np.testing.assert_allclose(embedder.embed(list(chips)), single, atol=1e-6)


def drawn_pictures() -> list[Pixels]:
    """Every third of the drawn photographs, at a long side of 640 px."""
    files = [file for frontal, field in drawn_people() for file in (frontal, *field.values())]
    return [_at_640(decode(file.read_bytes()).pixels) for file in files[::3]]


def _at_640(pixels: Pixels) -> Pixels:
    scale = 640 / max(pixels.shape)
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def test_boxes_and_landmarks_are_the_packages_within_a_pixel(nets: CascadeGraphs, package: Any) -> None:
    # Measured on every third of 160: 0.002 px at most.
    pictures = drawn_pictures()
    assert len(pictures) >= 50
    for picture in pictures:
        (ours,), theirs = faces_in(nets, picture, least=20), found_by(package, picture)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert _furthest(picture, one, other) <= 0.1


def _furthest(picture: Pixels, one: Detection, other: Detection) -> float:
    """Pixels between the two at their worst point. The package cuts boxes at the picture's edge."""
    height, width = picture.shape[:2]
    edges = [np.clip(face.bounds, 0, [width, height, width, height]) for face in (one, other)]
    return float(max(np.abs(edges[0] - edges[1]).max(), np.abs(one.landmarks - other.landmarks).max()))


def test_several_faces_are_the_packages_too(nets: CascadeGraphs, package: Any) -> None:
    faces = [_at_640(decode(frontal.read_bytes()).pixels)[::2, ::2] for frontal, _ in drawn_people()[:4]]
    crowd = np.vstack([np.hstack(faces[:2]), np.hstack(faces[2:])])
    (ours,), theirs = faces_in(nets, crowd, least=20), found_by(package, crowd)
    assert len(ours) == len(theirs) == 4
    ordered = [sorted(found, key=lambda face: tuple(face.bounds.round())) for found in (ours, theirs)]
    assert all(_furthest(crowd, one, other) <= 1 for one, other in zip(*ordered, strict=True))


def test_quarter_turns_in_one_call_give_what_the_turned_pictures_give_alone(nets: CascadeGraphs) -> None:
    for number, picture in enumerate(drawn_pictures()[:6]):
        cut = picture[: 640 - 31 * number, 7 * number :]
        together = faces_in(nets, cut, 40, (0, 1, 2, 3))
        assert sum(map(len, together)) >= 1
        for turn, several in enumerate(together):
            (single,) = faces_in(nets, _quartered(cut, turn), 40)
            assert len(several) == len(single)
            assert all(_furthest(np.rot90(cut, turn), *pair) < 0.05 for pair in zip(several, single, strict=True))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_any_number_of_boxes_at_any_turn_gives_what_single_upright_boxes_give(nets: CascadeGraphs, count: int) -> None:
    picture, random = drawn_pictures()[0], np.random.default_rng(count)
    corners = random.uniform(-60, 500, (count, 2))  # some reach out of the picture
    boxes = np.concatenate([corners, corners + random.uniform(10, 300, (count, 1))], axis=1).astype(np.float32)
    turns, none = random.integers(0, 4, count), np.zeros(1, np.intp)
    for call in (nets.refine, nets.finish):
        single = [call(_quartered(picture, turn), box[None], none) for box, turn in zip(boxes, turns, strict=True)]
        for together, alone in zip(call(picture, boxes, turns), zip(*single, strict=True), strict=True):
            assert len(together) == count
            np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-4)


def _quartered(picture: Pixels, turn: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(picture, turn))


def test_tensorflow_is_not_imported_before_a_net_is_built() -> None:
    script = "import sys, server.face.engine; sys.exit('tensorflow' in sys.modules or 'deepface' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
