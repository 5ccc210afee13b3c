"""What is told to a person who asks what is held about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.domain.decision import Judgement
from server.domain.events import Json
from server.domain.holdings import Holding
from server.domain.probe import Ground
from server.domain.search import SearchState


@dataclass(frozen=True)
class Comparison:
    """A closed search whose list the subject was on, among `listed` people.

    judgement: the officer's, of the subject's photograph; None where none was given. named: whether the decision named
    the subject as a lead.
    """

    search_id: str
    at: datetime
    ground: Ground
    state: SearchState
    reference_id: str
    listed: int
    judgement: Judgement | None
    named: bool


@dataclass(frozen=True)
class ToldEntry:
    """An entry of the trail that names the subject or a reference of theirs. hash: of its leaf, in hexadecimal."""

    index: int
    at: datetime
    act: str
    search_id: str | None
    details: Mapping[str, Json]
    hash: str


@dataclass(frozen=True)
class SubjectFile:
    """Everything that is told. images: JPEG by reference id."""

    made_at: datetime
    holding: Holding
    images: Mapping[str, bytes] = field(repr=False)
    comparisons: Sequence[Comparison]
    entries: Sequence[ToldEntry]
