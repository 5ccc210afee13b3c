"""What comes in: the wire forms of version 1, checked by pydantic. Unknown fields are refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.duplicates import Verdict
from server.domain.errors import OifrError, RequestInvalid
from server.domain.face import Box, NamedFace
from server.domain.gallery import Source, Status
from server.domain.holdings import Wanted
from server.domain.probe import Alternative, Ground, Place, Purpose
from server.domain.search import ReviewOutcome
from server.domain.search_errors import GroundUnknown, PurposeInvalid, PurposeMissing
from server.workflow.enrolment import Provenance
from server.workflow.subject_access import Handover

WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in a text."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=WITHOUT_NUL)]
Coordinate = Annotated[int, Field(ge=-100_000, le=100_000)]
Extent = Annotated[int, Field(ge=1, le=100_000)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=WITHOUT_NUL)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class SignInForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WITHOUT_NUL)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class PurposeForm(Form):
    ground: Ground
    necessity: Prose
    place: Place
    alternatives: frozenset[Alternative]
    power: Word
    no_force: bool
    incident: Word = ""
    harm: Prose = ""
    life_at_risk: bool = False

    def purpose(self) -> Purpose:
        return Purpose(**{name: getattr(self, name) for name in type(self).model_fields})


def purpose_from(text: str | None) -> Purpose:
    """The purpose part of a search. Raises PurposeMissing, GroundUnknown or PurposeInvalid."""
    if text is None or not text.strip():
        raise PurposeMissing
    try:
        return PurposeForm.model_validate_json(text).purpose()
    except ValidationError as invalid:
        raise _purpose_problem(invalid) from None


def _purpose_problem(invalid: ValidationError) -> OifrError:
    fields = {str(item["loc"][0]) for item in invalid.errors(include_input=False) if item["loc"]}
    if "ground" in fields:
        return GroundUnknown()
    named = f" Check: {', '.join(sorted(fields))}." if fields <= set(PurposeForm.model_fields) and fields else ""
    return PurposeInvalid(f"The purpose is not of the documented form.{named}")


class FaceForm(Form):
    """Which face is meant on photograph `image` (from 0): one of the boxes of a `several-faces` problem."""

    image: Annotated[int, Field(ge=0, le=4)]
    box: tuple[Coordinate, Coordinate, Extent, Extent]

    def named(self) -> NamedFace:
        return NamedFace(self.image, Box(*self.box))


def named_from(texts: Sequence[bytes]) -> list[NamedFace]:
    """The face parts of a search, one a photograph at most; raises RequestInvalid."""
    try:
        named = [FaceForm.model_validate_json(text).named() for text in texts]
    except ValidationError:
        raise RequestInvalid from None
    if len({choice.image for choice in named}) < len(named):
        raise RequestInvalid
    return named


class JudgementForm(Form):
    label: Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
    judgement: Judgement


class DecisionForm(Form):
    outcome: Outcome
    label: Annotated[str, StringConstraints(pattern=r"^[A-Z]$")] | None = None
    corroboration: frozenset[Corroboration] = frozenset()
    evidence_against: Prose = ""

    def decision(self) -> Decision:
        return Decision(self.outcome, self.label, self.corroboration, self.evidence_against)


class ReviewForm(Form):
    outcome: ReviewOutcome
    note: Prose = ""


class VerdictForm(Form):
    verdict: Verdict


class StatusForm(Form):
    """`reason`: in the operator's words; it stands in the trail, outside what is bound for ever."""

    status: Status
    reason: Annotated[Prose, Field(min_length=1)]


class ListForm(Form):
    """Which records to list; what is left out asks for nothing. `after`: the `next` of the page before.

    `review_before`: reviews due before that day; references without a review date are due at once.
    """

    source: Source | None = None
    status: Status | None = None
    review_before: date | None = None
    station: Word = ""
    lawful_basis: Word = ""
    record_prefix: Word = ""
    after: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 100

    def wanted(self) -> Wanted:
        return Wanted(self.source, self.status, self.review_before, self.station, self.lawful_basis, self.record_prefix)


class HandoverForm(Form):
    """To whom a person's file goes and why, in the operator's words."""

    recipient: Annotated[Word, Field(min_length=1)]
    reason: Annotated[Prose, Field(min_length=1)]

    def handover(self) -> Handover:
        return Handover(self.recipient, self.reason)


class SubjectForm(Form):
    record_number: Annotated[Word, Field(min_length=1)]
    given_name: Word
    family_name: Word
    born_on: date | None = None


class ReferenceForm(Form):
    source: Source
    lawful_basis: Annotated[Word, Field(min_length=1)]
    captured_on: date
    review_on: date | None = None
    station: Word = ""

    def provenance(self) -> Provenance:
        return Provenance(self.source, self.lawful_basis, self.captured_on, self.review_on, self.station)


def provenance_from(text: str | None) -> Provenance:
    """The record part of an enrolment; raises RequestInvalid."""
    try:
        return ReferenceForm.model_validate_json(text or "").provenance()
    except ValidationError:
        raise RequestInvalid from None
