import numpy as np
import pytest

from server.domain.errors import FramesDisagree
from server.face.fuse import fused, unit


def test_one_frame_is_itself() -> None:
    frame = unit(np.array([3.0, 4.0]))
    np.testing.assert_allclose(fused([frame], agreement=0.9), [0.6, 0.8], atol=1e-6)


def test_frames_that_agree_are_averaged_to_unit_length() -> None:
    template = fused([unit(np.array([1.0, 0.1])), unit(np.array([1.0, -0.1]))], agreement=0.9)
    np.testing.assert_allclose(template, [1.0, 0.0], atol=1e-6)
    assert template.dtype == np.float32


def test_frames_of_two_people_are_refused() -> None:
    with pytest.raises(FramesDisagree):
        fused([np.array([1.0, 0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0])], agreement=0.9)
