"""A failed exchange in the officer's words, with the one way on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mobile_client.core.failures import Offline, Problem, ServerBusy, ServerFailure


class Attempt(StrEnum):
    """What was tried when it failed."""

    SENDING = "sending"
    DECIDING = "deciding"
    READING = "reading"


class Remedy(StrEnum):
    RETRY = "retry"  # the same again
    RESUME = "resume"  # ask the server where the search stands, and go there
    RETAKE = "retake"  # another photograph
    RESTATE = "restate"  # the purpose again


@dataclass(frozen=True)
class Trouble:
    """`slug` names a refusal of the server, or `offline`, `busy`, `answer-unclear`; `advice` are its sentences."""

    slug: str
    sentence: str
    remedy: Remedy
    advice: tuple[str, ...] = ()


SESSION_ENDED = frozenset({"session-expired", "not-signed-in"})
SEARCH_EXPIRED = "search-expired"
POOR_IMAGE = "poor-image"

_RETAKE = frozenset(
    {
        "body-too-large",
        "face-not-there",
        "frames-disagree",
        "image-animated",
        "image-count",
        "image-refused",
        "image-too-large",
        "image-too-small",
        "image-unreadable",
        "no-face",
        POOR_IMAGE,
        "several-faces",
    }
)
_RESTATE = frozenset(
    {
        "alternatives-missing",
        "force-not-excluded",
        "ground-unknown",
        "life-at-risk-unfounded",
        "necessity-missing",
        "power-missing",
        "private-place",
        "purpose-invalid",
        "purpose-missing",
        "role-missing",
    }
)


def trouble_of(failure: ServerFailure, attempt: Attempt) -> Trouble:
    if isinstance(failure, Offline):
        # A face never waits for a network; a decision, which holds none, may.
        remedy = Remedy.RETRY if attempt is Attempt.DECIDING else Remedy.RESUME
        return Trouble("offline", str(failure), remedy)
    if isinstance(failure, ServerBusy):
        remedy = Remedy.RESUME if attempt is Attempt.READING else Remedy.RETRY
        return Trouble("busy", str(failure), remedy)
    if isinstance(failure, Problem):
        return Trouble(failure.slug, str(failure), _remedy_for(failure.slug), failure.advice)
    return Trouble("answer-unclear", str(failure), Remedy.RESUME)


def _remedy_for(slug: str) -> Remedy:
    if slug in _RETAKE:
        return Remedy.RETAKE
    return Remedy.RESTATE if slug in _RESTATE else Remedy.RESUME
