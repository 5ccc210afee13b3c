from __future__ import annotations

import pytest

from mobile_client.palette import DARK, DAY, PAIRS, PALETTES, contrast


def test_the_ratio_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", PALETTES)
def test_every_ink_can_be_read_on_its_grounds(palette: str) -> None:
    colours = PALETTES[palette]
    weak = [
        (ink, ground)
        for ink, grounds, least in PAIRS
        for ground in grounds
        if contrast(colours[ink], colours[ground]) < least
    ]
    assert weak == []


def test_both_palettes_name_the_same_colours() -> None:
    assert DARK.keys() == DAY.keys()
