"""The tables of the in-memory database: plain dictionaries under the repositories of the ports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from server.domain.actors import Account, Session
from server.domain.duplicates import Duplicate, Verdict
from server.domain.errors import Conflict, NameTaken
from server.domain.face import Template
from server.domain.gallery import Addition, Record, Reference, Status, Subject, Supplement
from server.domain.gallery_errors import DuplicateUnknown, RecordNumberTaken, ReferenceUnknown, SubjectUnknown
from server.domain.search import Review, Search, SearchState
from server.domain.search_errors import AlreadyReviewed, ProbeGone, SearchUnknown, UnresolvedSearch
from tests.fakes.memory_trail import TrailState

T = TypeVar("T")


@dataclass(frozen=True)
class Enrolled:
    reference: Reference
    image: bytes
    templates: dict[str, Template]
    rejections: dict[str, str] = field(default_factory=dict)
    fingerprint: str | None = None
    mark: str | None = None

    @property
    def active(self) -> bool:
        return self.reference.status is Status.ACTIVE

    def lacks(self, model: str) -> bool:
        return self.active and model not in self.templates and model not in self.rejections

    def supplemented(self, made: Supplement) -> Enrolled:
        name, model = self.reference.id, made.model
        if name in made.templates:
            return replace(self, templates=self.templates | {model: made.templates[name]})
        return replace(self, rejections=self.rejections | {model: made.rejections[name]})

    def without(self, model: str) -> Enrolled:
        return replace(self, templates=_less(self.templates, model), rejections=_less(self.rejections, model))


@dataclass
class State:
    accounts: dict[str, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    references: dict[str, Enrolled] = field(default_factory=dict)
    duplicates: dict[str, Duplicate] = field(default_factory=dict)
    uncompared: set[str] = field(default_factory=set)
    gallery_version: int = 0
    searches: dict[str, Search] = field(default_factory=dict)
    probe_keys: dict[str, bytes] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)
    trail: TrailState = field(default_factory=TrailState)

    def copy(self) -> State:
        """A state of its own: the containers are copied, the values in them never change."""
        parts: dict[str, Any] = {name: copy(part) for name, part in vars(self).items()}
        return State(**parts)


class MemoryAccounts:
    def __init__(self, state: State) -> None:
        self._state = state

    def by_name(self, name: str) -> Account | None:
        return next((account for account in self._state.accounts.values() if account.actor.name == name), None)

    def names(self, actor_ids: Sequence[str]) -> Mapping[str, str]:
        known = self._state.accounts
        return {actor_id: known[actor_id].actor.name for actor_id in actor_ids if actor_id in known}

    def session(self, token_digest: str) -> Session | None:
        session = self._state.sessions.get(token_digest)
        return session and replace(session, actor=self._state.accounts[session.actor.id].actor)

    def add(self, account: Account) -> None:
        if self.by_name(account.actor.name) is not None:
            raise NameTaken
        _put_new(self._state.accounts, account.actor.id, account)

    def open_session(self, session: Session) -> None:
        if session.actor.id not in self._state.accounts:
            raise Conflict
        _put_new(self._state.sessions, session.token_digest, session)

    def end_session(self, token_digest: str, at: datetime) -> None:
        session = self._state.sessions.get(token_digest)
        if session is not None and session.ended_at is None:
            self._state.sessions[token_digest] = replace(session, ended_at=at)


class MemorySubjects:
    def __init__(self, state: State) -> None:
        self._state = state

    def subject(self, subject_id: str) -> Subject:
        try:
            return self._state.subjects[subject_id]
        except KeyError:
            raise SubjectUnknown from None

    def references_of(self, subject_id: str) -> Sequence[Reference]:
        self.subject(subject_id)
        own = [held.reference for held in self._state.references.values() if held.reference.subject_id == subject_id]
        return sorted(own, key=attrgetter("captured_on", "id"))

    def reference_of(self, subject_id: str, reference_id: str) -> Reference:
        held = self._state.references.get(reference_id)
        if held is None or held.reference.subject_id != subject_id:
            raise ReferenceUnknown
        return held.reference

    def record(self, reference_id: str) -> Record:
        reference = self._active(reference_id).reference
        return Record(self.subject(reference.subject_id), reference)

    def image(self, reference_id: str) -> bytes:
        return self._active(reference_id).image

    def portrait(self, reference_id: str) -> bytes:
        return self._held(reference_id).image

    def lacking(self, model: str, after: str, limit: int) -> Sequence[Reference]:
        found = sorted(name for name, held in self._state.references.items() if name > after and held.lacks(model))
        return [self._state.references[name].reference for name in found[:limit]]

    def rejections(self, model: str) -> Mapping[str, str]:
        held = sorted(self._state.references.items())
        return {name: enrolled.rejections[model] for name, enrolled in held if model in enrolled.rejections}

    def by_record_numbers(self, record_numbers: Collection[str]) -> Mapping[str, Subject]:
        held = {subject.record_number: subject for subject in self._state.subjects.values()}
        return {number: held[number] for number in record_numbers if number in held}

    def held(self, fingerprints: Collection[str]) -> frozenset[str]:
        known = {enrolled.fingerprint for enrolled in self._state.references.values()}
        return frozenset(fingerprint for fingerprint in fingerprints if fingerprint in known)

    def gallery_version(self) -> int:
        return self._state.gallery_version

    def marked(self, marks: Collection[str]) -> frozenset[str]:
        return frozenset(marks).intersection(held.mark for held in self._state.references.values() if held.mark)

    def add(self, subject: Subject) -> None:
        if any(held.record_number == subject.record_number for held in self._state.subjects.values()):
            raise RecordNumberTaken
        _put_new(self._state.subjects, subject.id, subject)

    def enrol(self, reference: Reference, template: Template, image: bytes, fingerprint: str | None = None) -> int:
        self.subject(reference.subject_id)
        enrolled = Enrolled(reference, image, {template.model: template}, fingerprint=fingerprint)
        _put_new(self._state.references, reference.id, enrolled)
        return self._next_version()

    def enrol_together(self, added: Sequence[Subject], additions: Sequence[Addition]) -> int:
        for subject in added:
            self.add(subject)
        for addition in additions:
            self.subject(addition.reference.subject_id)
            templates = {addition.template.model: addition.template}
            enrolled = Enrolled(
                addition.reference, addition.portrait, templates, {}, addition.fingerprint, addition.mark
            )
            _put_new(self._state.references, addition.reference.id, enrolled)
        return self._next_version()

    def supplement(self, made: Supplement) -> tuple[int, Supplement]:
        held = self._state.references
        stored = made.only(
            frozenset(name for name in made.reference_ids if name in held and held[name].lacks(made.model))
        )
        if not stored.reference_ids:
            return self._state.gallery_version, stored
        self._state.references = held | {name: held[name].supplemented(stored) for name in stored.reference_ids}
        return self._next_version(), stored

    def drop_templates(self, model: str) -> tuple[int, int]:
        before = self._state.references
        after = {name: held.without(model) for name, held in before.items()}
        if after == before:
            return self._state.gallery_version, 0
        self._state.references = after
        return self._next_version(), sum(model in held.templates for held in before.values())

    def put_status(self, reference_id: str, status: Status) -> int:
        held = self._held(reference_id)
        self._state.references[reference_id] = replace(held, reference=replace(held.reference, status=status))
        return self._next_version()

    def erase_reference(self, reference_id: str) -> int:
        if self._state.references.pop(reference_id, None) is None:
            raise ReferenceUnknown
        self._keep(lambda pair: pair.verdict is not Verdict.OPEN or reference_id not in _references(pair))
        self._state.uncompared = self._state.uncompared - {reference_id}
        return self._next_version()

    def erase(self, subject_id: str) -> None:
        if self.references_of(subject_id):
            raise Conflict
        self._keep(lambda pair: subject_id not in pair.pair)
        del self._state.subjects[subject_id]

    def _keep(self, stays: Callable[[Duplicate], bool]) -> None:
        held = self._state.duplicates
        self._state.duplicates = {name: pair for name, pair in held.items() if stays(pair)}

    def _active(self, reference_id: str) -> Enrolled:
        held = self._held(reference_id)
        if not held.active:
            raise ReferenceUnknown
        return held

    def _held(self, reference_id: str) -> Enrolled:
        held = self._state.references.get(reference_id)
        if held is None:
            raise ReferenceUnknown
        return held

    def _next_version(self) -> int:
        self._state.gallery_version += 1
        return self._state.gallery_version


class MemoryDuplicates:
    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, duplicate_id: str) -> Duplicate:
        try:
            return self._state.duplicates[duplicate_id]
        except KeyError:
            raise DuplicateUnknown from None

    def listed(self, verdict: Verdict, limit: int) -> Sequence[Duplicate]:
        wanted = [pair for pair in self._state.duplicates.values() if pair.verdict is verdict]
        return sorted(wanted, key=attrgetter("found_at", "id"))[:limit]

    def count(self, verdict: Verdict) -> int:
        return sum(pair.verdict is verdict for pair in self._state.duplicates.values())

    def add(self, found: Duplicate) -> bool:
        if self.known(found.pair):
            return False
        if not found.pair <= self._state.subjects.keys():
            raise Conflict
        _put_new(self._state.duplicates, found.id, found)
        return True

    def settle(self, duplicate_id: str, verdict: Verdict) -> None:
        self._state.duplicates[duplicate_id] = replace(self.get(duplicate_id), verdict=verdict)

    def known(self, pair: frozenset[str]) -> bool:
        return any(held.pair == pair for held in self._state.duplicates.values())

    def uncompared(self, model: str, limit: int) -> Sequence[str]:
        held = self._state.references
        waiting = [name for name in self._state.uncompared if held[name].active and model in held[name].templates]
        return sorted(waiting)[:limit]

    def count_uncompared(self) -> int:
        return len(self._state.uncompared)

    def postpone(self, reference_id: str) -> None:
        if reference_id not in self._state.references or reference_id in self._state.uncompared:
            raise Conflict
        self._state.uncompared.add(reference_id)

    def caught_up(self, reference_id: str) -> bool:
        waited = reference_id in self._state.uncompared
        self._state.uncompared.discard(reference_id)
        return waited


class MemorySearches:
    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, search_id: str) -> Search:
        try:
            return self._state.searches[search_id]
        except KeyError:
            raise SearchUnknown from None

    def undecided_of(self, officer_id: str) -> Search | None:
        return next((search for search in self._undecided() if search.officer_id == officer_id), None)

    def overdue(self, now: datetime) -> Sequence[Search]:
        return sorted(
            (search for search in self._undecided() if search.overdue(now)), key=attrgetter("expires_at", "id")
        )

    def closed_unreviewed(self, limit: int) -> Sequence[Search]:
        return sorted(self._closed_unreviewed(), key=attrgetter("closed_at", "id"))[:limit]

    def count_unreviewed(self) -> int:
        return len(self._closed_unreviewed())

    def recent(self, limit: int, state: SearchState | None = None) -> Sequence[Search]:
        wanted = [search for search in self._state.searches.values() if state in {None, search.state}]
        return sorted(wanted, key=attrgetter("answered_at", "id"), reverse=True)[:limit]

    def closed_with(self, subject_id: str) -> Iterator[Search]:
        closed = [search for search in self._state.searches.values() if not search.undecided]
        for search in sorted(closed, key=attrgetter("answered_at", "id")):
            if any(candidate.subject_id == subject_id for candidate in search.candidates):
                yield search

    def review(self, search_id: str) -> Review | None:
        return self._state.reviews.get(search_id)

    def add(self, search: Search, probe_key: bytes) -> None:
        undecided = self.undecided_of(search.officer_id)
        if undecided is not None and search.undecided:
            raise UnresolvedSearch(undecided.id)
        _put_new(self._state.searches, search.id, search)
        self._state.probe_keys[search.id] = probe_key

    def update(self, search: Search, previous: Search) -> None:
        if self.get(previous.id) != previous:
            raise Conflict
        self._state.searches[previous.id] = search

    def probe_key(self, search_id: str) -> bytes:
        try:
            return self._state.probe_keys[search_id]
        except KeyError:
            raise ProbeGone from None

    def shred_probe_key(self, search_id: str) -> None:
        self._state.probe_keys.pop(search_id, None)

    def add_review(self, review: Review) -> None:
        if review.search_id in self._state.reviews:
            raise AlreadyReviewed
        if review.search_id not in self._state.searches:
            raise Conflict
        self._state.reviews[review.search_id] = review

    def _closed_unreviewed(self) -> list[Search]:
        closed = [search for search in self._state.searches.values() if not search.undecided]
        return [search for search in closed if search.id not in self._state.reviews]

    def _undecided(self) -> Iterator[Search]:
        return (search for search in self._state.searches.values() if search.undecided)


def _references(pair: Duplicate) -> frozenset[str]:
    return frozenset({pair.added.reference_id, pair.earlier.reference_id})


def _less(by_model: dict[str, T], model: str) -> dict[str, T]:
    return {name: value for name, value in by_model.items() if name != model}


def _put_new(values: dict[str, T], key: str, value: T) -> None:
    if key in values:
        raise Conflict
    values[key] = value
