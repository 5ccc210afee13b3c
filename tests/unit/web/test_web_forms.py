"""What comes in: exactly the documented form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.errors import RequestInvalid
from server.domain.search_errors import GroundUnknown, PurposeInvalid, PurposeMissing
from server.web.api.forms import provenance_from, purpose_from
from tests.fakes.samples import PURPOSE
from tests.world import PROVENANCE

FORM: dict[str, Any] = {
    "ground": "refuses",
    "necessity": PURPOSE.necessity,
    "place": "public",
    "alternatives": ["asked-person", "documents"],
    "power": PURPOSE.power,
    "no_force": True,
    "incident": PURPOSE.incident,
}
RECORD = {"source": "custody", "lawful_basis": PROVENANCE.lawful_basis, "captured_on": "2024-01-31"}

anything: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def test_the_documented_form_is_the_purpose() -> None:
    assert purpose_from(json.dumps(FORM)) == PURPOSE


def test_white_space_around_the_words_is_dropped() -> None:
    assert purpose_from(json.dumps({**FORM, "power": "  Section 24\n"})) == PURPOSE


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_no_purpose_is_missing(text: str | None) -> None:
    with pytest.raises(PurposeMissing):
        purpose_from(text)


@given(content=anything)
@settings(deadline=None)
def test_any_other_json_is_refused_by_our_own_errors(content: object) -> None:
    with pytest.raises(PurposeInvalid):
        purpose_from(json.dumps(content))
    with pytest.raises(RequestInvalid):
        provenance_from(json.dumps(content))


@given(name=st.sampled_from(sorted(FORM)), content=anything)
@settings(deadline=None)
def test_a_wrong_field_is_named_and_never_repeated(name: str, content: object) -> None:
    text = json.dumps({**FORM, name: {"Quetzalowicz": content}})
    with pytest.raises(PurposeInvalid) as refused:
        purpose_from(text)
    assert name in str(refused.value) or isinstance(refused.value, GroundUnknown)
    assert "Quetzalowicz" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_unknown_field_is_refused_and_never_repeated() -> None:
    with pytest.raises(PurposeInvalid) as refused:
        purpose_from(json.dumps({**FORM, "Quetzalowicz": 1}))
    assert "Quetzalowicz" not in str(refused.value)


def test_the_documented_record_is_the_provenance() -> None:
    assert provenance_from(json.dumps(RECORD)) == PROVENANCE
    held = {"review_on": "2030-01-31", "station": " Quayside "}
    expected = replace(PROVENANCE, review_on=date(2030, 1, 31), station="Quayside")
    assert provenance_from(json.dumps(RECORD | held)) == expected


@pytest.mark.parametrize(
    "text", [None, "", "{}", json.dumps({**RECORD, "captured_on": "yesterday"}), json.dumps({**RECORD, "station": 7})]
)
def test_another_record_is_refused(text: str | None) -> None:
    with pytest.raises(RequestInvalid):
        provenance_from(text)
