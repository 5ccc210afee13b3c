"""Sixteen threads over one engine, a hundred frames each: what one thread alone gives."""

import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from server.face.engine import Engine
from tests.unit.face.pictures import drawn_people, encoded, pixels_of

THREADS = 16
FRAMES = 100
LONG_SIDE = 160


def frames() -> list[bytes]:
    """A hundred photographs of which no two are alike: drawn people small, mirrored, darker and lying."""
    small = [
        cv2.resize(pixels_of(frontal), (128, LONG_SIDE), interpolation=cv2.INTER_AREA) for frontal, _ in drawn_people()
    ]
    mirrored, darker, lying = (
        [picture[:, ::-1] for picture in small],
        [(picture * 0.7).astype(np.uint8) for picture in small],
        [np.rot90(picture) for picture in small],
    )
    return [encoded(np.asarray(picture, np.uint8)) for picture in [*small, *mirrored, *darker[:10], *lying[:10]]]


def test_sixteen_threads_of_a_hundred_frames_give_the_serial_templates(engine: Engine) -> None:
    images = frames()
    assert len(set(images)) == FRAMES
    serial = np.array([engine.template_of([image]).vector for image in images])
    together = threading.Barrier(THREADS)

    def every_frame(thread: int) -> np.ndarray:
        """Each thread in an order of its own."""
        together.wait()
        order = np.random.default_rng(thread).permutation(FRAMES)
        vectors = np.empty_like(serial)
        for number in order:
            vectors[number] = engine.template_of([images[number]]).vector
        return vectors

    with ThreadPoolExecutor(THREADS) as threads:
        for vectors in threads.map(every_frame, range(THREADS)):
            np.testing.assert_array_equal(vectors, serial)
