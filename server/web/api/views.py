"""What goes out: the wire views of version 1. Never a score, never a rank."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from server.domain.actors import Actor, Role
from server.domain.capture import Agreement, Capture
from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.duplicates import Duplicate, Side, Verdict
from server.domain.gallery import Record, Source
from server.domain.matchers import Loading, Phase
from server.domain.probe import Ground
from server.domain.quality import Component
from server.domain.search import Search, SearchState
from server.workflow.access import SignedIn
from server.workflow.adjudication import OpenedSearch
from server.workflow.erasure import Erasure
from server.workflow.storage_ports import Receipt, TrailEntry


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ActorView(View):
    id: str
    name: str
    roles: list[Role]

    @classmethod
    def of(cls, actor: Actor) -> Self:
        return cls(id=actor.id, name=actor.name, roles=sorted(actor.roles))


class SessionView(View):
    token: str
    expires_at: datetime
    actor: ActorView

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        session = signed_in.session
        return cls(token=signed_in.token, expires_at=_utc(session.expires_at), actor=ActorView.of(session.actor))


class RecordView(View):
    """What is known of a candidate, open once every face has been judged and this one as the same person."""

    record_number: str
    given_name: str
    family_name: str
    born_on: date | None
    source: Source
    captured_on: date
    lawful_basis: str

    @classmethod
    def of(cls, record: Record) -> Self:
        subject, reference = record.subject, record.reference
        return cls(
            record_number=subject.record_number,
            given_name=subject.given_name,
            family_name=subject.family_name,
            born_on=subject.born_on,
            source=reference.source,
            captured_on=reference.captured_on,
            lawful_basis=reference.lawful_basis,
        )


class CandidateView(View):
    label: str
    judgement: Judgement | None
    record: RecordView | None


class DecisionView(View):
    outcome: Outcome
    label: str | None
    corroboration: list[Corroboration]
    evidence_against: str

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(
            outcome=decision.outcome,
            label=decision.label,
            corroboration=sorted(decision.corroboration),
            evidence_against=decision.evidence_against,
        )


class CaptureView(View):
    """What was found about the photographs: advice for the officer, never a measured value.

    `recapture`: one of them may be of a screen or a print. `agreement`: of several frames. `overridden`: they were
    too poor for a search that is not for a life at risk.
    """

    faults: list[Component]
    advice: list[str]
    recapture: bool
    agreement: Agreement | None
    overridden: bool

    @classmethod
    def of(cls, capture: Capture) -> Self:
        return cls(
            faults=list(capture.faults),
            advice=list(capture.advice),
            recapture=capture.recapture,
            agreement=capture.agreement,
            overridden=capture.overridden,
        )


class SearchView(View):
    """Letters without rank or score; once every face has been judged, the records of those judged the same person."""

    id: str
    state: SearchState
    ground: Ground
    answered_at: datetime
    expires_at: datetime
    capture: CaptureView
    candidates: list[CandidateView]
    decision: DecisionView | None

    @classmethod
    def of(cls, opened: OpenedSearch) -> Self:
        search = opened.search
        return cls(
            id=search.id,
            state=search.state,
            ground=search.purpose.ground,
            answered_at=_utc(search.answered_at),
            expires_at=_utc(search.expires_at),
            capture=CaptureView.of(search.capture),
            candidates=[_candidate(search, candidate.label, opened) for candidate in search.candidates],
            decision=DecisionView.of(search.decision) if search.decision else None,
        )


def _candidate(search: Search, label: str, opened: OpenedSearch) -> CandidateView:
    record = opened.records.get(label)
    return CandidateView(
        label=label, judgement=search.judgements.get(label), record=RecordView.of(record) if record else None
    )


class ReceiptView(View):
    """An RFC 6962 inclusion proof: hashes in hexadecimal from leaf to root, to the signed note `checkpoint`."""

    index: int
    leaf: str
    size: int
    proof: list[str]
    checkpoint: str

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(
            index=receipt.index,
            leaf=receipt.leaf.decode(),
            size=receipt.size,
            proof=[node.hex() for node in receipt.proof],
            checkpoint=receipt.checkpoint,
        )


class EntryView(View):
    index: int
    at: datetime
    act: str
    actor: str | None
    search: str | None
    leaf: str
    hash: str

    @classmethod
    def of(cls, entry: TrailEntry) -> Self:
        return cls(
            index=entry.index,
            at=_utc(entry.at),
            act=entry.act,
            actor=entry.actor_id,
            search=entry.search_id,
            leaf=entry.leaf.decode(),
            hash=entry.leaf_hash.hex(),
        )


class EntriesView(View):
    """`next` is the `before` of the following page, or null at the end."""

    entries: list[EntryView]
    next: int | None


class DecidedView(View):
    search: SearchView
    receipt: ReceiptView


class ReviewedView(View):
    receipt: ReceiptView


class ErasedView(View):
    receipt: ReceiptView


class MatcherView(View):
    """A live matcher: which gallery change it had reached at which moment, and whether it has dropped what was erased.

    It is of one `model`, and no template of another reaches it.
    """

    matcher: str
    model: str
    version: int
    at: datetime
    dropped: bool


class ErasureView(View):
    """`version`: the gallery change of the erasure. `cache`: the change of the stored rows, by model.

    `receipt` proves the entry that says so once every matcher and all stored rows have dropped what was erased.
    """

    index: int
    version: int
    complete: bool
    cache: dict[str, int]
    matchers: list[MatcherView]
    receipt: ReceiptView | None

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        return cls(
            index=erasure.index,
            version=erasure.version,
            complete=erasure.receipt is not None,
            cache=dict(erasure.standing.stored),
            matchers=[
                MatcherView(
                    matcher=matcher.id,
                    model=matcher.model,
                    version=matcher.version,
                    at=_utc(matcher.at),
                    dropped=matcher.version >= erasure.version,
                )
                for matcher in erasure.standing.matchers
            ],
            receipt=None if erasure.receipt is None else ReceiptView.of(erasure.receipt),
        )


class SubjectView(View):
    id: str


class ReferenceView(View):
    id: str
    subject: str


class PairSideView(View):
    """One of two records: its subject, and the reference by which it was noticed."""

    subject: str
    reference: str

    @classmethod
    def of(cls, side: Side) -> Self:
        return cls(subject=side.subject_id, reference=side.reference_id)


class PairView(View):
    """Two records that may be of one person, noticed when `added` got its reference."""

    id: str
    added: PairSideView
    earlier: PairSideView
    found_at: datetime
    verdict: Verdict

    @classmethod
    def of(cls, duplicate: Duplicate) -> Self:
        return cls(
            id=duplicate.id,
            added=PairSideView.of(duplicate.added),
            earlier=PairSideView.of(duplicate.earlier),
            found_at=_utc(duplicate.found_at),
            verdict=duplicate.verdict,
        )


class PairsView(View):
    """`total`: how many pairs have this verdict, of which the oldest are listed."""

    pairs: list[PairView]
    total: int


class SettledView(View):
    receipt: ReceiptView


class ProblemView(BaseModel):
    """RFC 9457 problem document. `type` is stable; further members depend on it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int


class LoadingView(View):
    """How far the matcher's first load is: `rows` of `total` references."""

    phase: Phase
    rows: int
    total: int
    percent: int

    @classmethod
    def of(cls, loading: Loading) -> Self:
        return cls(phase=loading.phase, rows=loading.rows, total=loading.total, percent=loading.percent)


class ReadinessView(View):
    ready: bool
    parts: dict[str, str]
    loading: LoadingView


class HealthView(View):
    status: str


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
