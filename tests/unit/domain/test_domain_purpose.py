"""The purpose before the photograph: each thing missing has its own refusal, in a fixed order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.gallery import Source
from server.domain.image_errors import ImageCountInvalid
from server.domain.policy import Policy
from server.domain.probe import MINIMUM_WORDING, Alternative, Ground, Place, check_frames
from server.domain.search_errors import (
    AlternativesMissing,
    ForceNotExcluded,
    LifeAtRiskUnfounded,
    NecessityMissing,
    PowerMissing,
    PrivatePlace,
    PurposeInvalid,
)
from tests.fakes.samples import PURPOSE

ENOUGH = "x" * MINIMUM_WORDING
PRIVATE = [place for place in Place if place is not Place.PUBLIC]
WELFARE = [Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK]
OTHERS = [Ground.REFUSES, Ground.FALSE_DETAILS]

BLANKS = ". \u200b\u2060\ufeff\n-\u115f\u1160\u3164\uffa0"

REFUSED: list[tuple[dict[str, Any], type[PurposeInvalid]]] = [
    ({"necessity": ""}, NecessityMissing),
    ({"necessity": "x" * (MINIMUM_WORDING - 1)}, NecessityMissing),
    ({"necessity": "x" + " " * MINIMUM_WORDING}, NecessityMissing),
    *(
        ({"necessity": "x" + sign * 3 * MINIMUM_WORDING}, NecessityMissing)
        for sign in ". \u200b\u2060\ufeff\n-\u115f\u1160\u3164\uffa0"
    ),
    ({"necessity": "x" + " x" * (MINIMUM_WORDING // 2 - 1)}, NecessityMissing),
    ({"alternatives": frozenset()}, AlternativesMissing),
    ({"power": ""}, PowerMissing),
    ({"power": " \t"}, PowerMissing),
    ({"no_force": False}, ForceNotExcluded),
    *(({"place": place}, PrivatePlace) for place in PRIVATE),
    ({"place": Place.HOME, "harm": " " * MINIMUM_WORDING}, PrivatePlace),
    ({"place": Place.HOME, "harm": "x" * (MINIMUM_WORDING - 1)}, PrivatePlace),
    ({"necessity": "", "alternatives": frozenset(), "power": "", "no_force": False}, NecessityMissing),
    ({"power": "", "no_force": False}, PowerMissing),
    *(({"life_at_risk": True, "ground": ground}, LifeAtRiskUnfounded) for ground in WELFARE),
    *(({"life_at_risk": True, "ground": ground, "harm": ENOUGH}, LifeAtRiskUnfounded) for ground in OTHERS),
    ({"life_at_risk": True, "ground": WELFARE[0], "harm": "." * MINIMUM_WORDING}, LifeAtRiskUnfounded),
    ({"life_at_risk": True, "ground": WELFARE[0], "harm": "x" * (MINIMUM_WORDING - 1)}, LifeAtRiskUnfounded),
]

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"necessity": ENOUGH},
    {"necessity": "He lies here; no answer."},
    {"necessity": "उसका नाम जानना जरूरी है अभी"},
    {"incident": ""},
    {"alternatives": frozenset({Alternative.NONE_POSSIBLE})},
    *({"place": place, "harm": ENOUGH} for place in PRIVATE),
    *({"ground": ground} for ground in Ground),
    *({"life_at_risk": True, "ground": ground, "harm": ENOUGH} for ground in WELFARE),
    *({"ground": ground, "harm": ENOUGH} for ground in OTHERS),
]


@pytest.mark.parametrize(("changed", "error"), REFUSED, ids=str)
def test_an_incomplete_purpose_is_refused(changed: dict[str, Any], error: type[PurposeInvalid]) -> None:
    with pytest.raises(error) as refused:
        replace(PURPOSE, **changed).check()
    assert type(refused.value) is error


@pytest.mark.parametrize("changed", ACCEPTED, ids=str)
def test_a_complete_purpose_passes(changed: dict[str, Any]) -> None:
    replace(PURPOSE, **changed).check()


@pytest.mark.parametrize("count", [1, 5])
def test_one_to_five_frames_are_a_probe(count: int) -> None:
    check_frames(count)


@pytest.mark.parametrize("count", [0, 6, 100])
def test_other_counts_of_frames_are_refused(count: int) -> None:
    with pytest.raises(ImageCountInvalid):
        check_frames(count)


@pytest.mark.parametrize("ground", [Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK])
def test_welfare_grounds_reach_every_source(ground: Ground) -> None:
    assert Policy("1", 0.6).sources(ground) == frozenset(Source)


@pytest.mark.parametrize("ground", [Ground.REFUSES, Ground.FALSE_DETAILS])
def test_other_grounds_never_reach_the_missing(ground: Ground) -> None:
    assert Policy("1", 0.6).sources(ground) == {Source.CUSTODY, Source.WANTED}
