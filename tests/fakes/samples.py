"""Plain values of the domain for tests that store them."""

from __future__ import annotations

from datetime import date, timedelta

from server.domain.actors import Account, Actor, Role
from server.domain.candidates import Candidate
from server.domain.events import Act, Event
from server.domain.gallery import Reference, Source, Subject
from server.domain.probe import Alternative, Ground, Place, Purpose
from server.domain.search import Search
from tests.fakes.clock import NOON
from tests.fakes.templates import MODEL

TIME_TO_DECIDE = timedelta(minutes=15)

PURPOSE = Purpose(
    ground=Ground.REFUSES,
    necessity="He gave no name after the theft at the quay.",
    place=Place.PUBLIC,
    alternatives=frozenset({Alternative.ASKED_PERSON, Alternative.DOCUMENTS}),
    power="Section 24",
    no_force=True,
    incident="2026/0417",
)

CANDIDATES = (Candidate("A", "reference-2", "subject-2", 0.71), Candidate("B", "reference-1", "subject-1", 0.8125))

HAPPENED = Event(Act.SUBJECT_ADDED, "officer-1")
"""An event for commits whose event does not matter."""


def account(number: int = 1) -> Account:
    return Account(Actor(f"officer-{number}", f"PC {number:04}", frozenset({Role.OFFICER})), f"$argon2id$hash-{number}")


def subject(number: int = 1) -> Subject:
    return Subject(f"subject-{number}", f"RN-{number:05}", "Wilhelmina", "Quetzalowicz", date(1990, 5, number))


def reference(number: int = 1, subject_number: int | None = None) -> Reference:
    return Reference(
        f"reference-{number}",
        f"subject-{subject_number or number}",
        Source.CUSTODY,
        "Custody regulation 12",
        date(2024, 1, number),
        review_on=date(2030, 1, number),
        station="Quayside custody suite",
    )


def search(number: int = 1, officer: int = 1) -> Search:
    """Answered `number` minutes after noon."""
    answered_at = NOON + timedelta(minutes=number)
    return Search(
        id=f"search-{number}",
        officer_id=f"officer-{officer}",
        purpose=PURPOSE,
        candidates=CANDIDATES,
        seed=number,
        model=MODEL,
        threshold=0.6125,
        policy_version="1",
        answered_at=answered_at,
        expires_at=answered_at + TIME_TO_DECIDE,
    )
