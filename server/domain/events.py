"""The acts that the audit trail records, each as one value handed to `unit_of_work.commit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


class Act(StrEnum):
    SIGNED_IN = "signed-in"
    SIGN_IN_REFUSED = "sign-in-refused"
    SIGNED_OUT = "signed-out"
    ACCOUNT_ADDED = "account-added"
    REFUSED = "refused"
    SUBJECT_ADDED = "subject-added"
    SUBJECT_ERASED = "subject-erased"
    REFERENCE_ENROLLED = "reference-enrolled"
    REFERENCE_ERASED = "reference-erased"
    REFERENCE_COMPARED = "reference-compared"
    REFERENCE_WITHDRAWN = "reference-withdrawn"
    REFERENCE_RESTORED = "reference-restored"
    REFERENCE_VIEWED = "reference-viewed"
    RECORDS_CONSULTED = "records-consulted"
    SUBJECT_EXPORTED = "subject-exported"
    ERASURE_COMPLETED = "erasure-completed"
    SEARCH_ANSWERED = "search-answered"
    SEARCH_CONSULTED = "search-consulted"
    SEARCH_EXPIRED = "search-expired"
    SEARCH_REVIEWED = "search-reviewed"
    CANDIDATE_VIEWED = "candidate-viewed"
    CANDIDATE_JUDGED = "candidate-judged"
    DECISION_RECORDED = "decision-recorded"
    PROBE_SHREDDED = "probe-shredded"
    ENTRY_CONSULTED = "entry-consulted"
    TRAIL_EXPORTED = "trail-exported"
    TEMPLATES_MADE = "templates-made"
    TEMPLATES_DROPPED = "templates-dropped"
    BATCH_ENROLLED = "batch-enrolled"
    DUPLICATE_FOUND = "duplicate-found"
    DUPLICATE_SETTLED = "duplicate-settled"
    DUPLICATES_CONSULTED = "duplicates-consulted"


@dataclass(frozen=True)
class Event:
    """One act. `details` go into the tree and stay for ever: ids, kinds and counts only, no personal data.

    `private` (free texts, names) stands outside the leaf behind a salted commitment and can be erased.
    """

    act: Act
    actor_id: str | None
    search_id: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    private: Mapping[str, Json] = field(default_factory=dict)
