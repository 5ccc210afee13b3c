"""One independent random stream per purpose, so that a change to one part leaves the others as they were."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers is spent on."""

    BACKGROUND = 4
    SKIN = 5
    DETAIL = 6
    FIBRES = 8
    ASYMMETRY_ACROSS = 9
    ASYMMETRY_UP = 10
    CAMERA = 12
    PHOTO = 21
    RECORD = 31
    IDENTITY = 77


def stream(purpose: Stream, *seeds: int) -> np.random.Generator:
    """The generator for one purpose of one person or one photograph."""
    return np.random.default_rng([int(purpose), *seeds])
