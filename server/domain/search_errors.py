"""Refusals on the way from a purpose to a decision and its review."""

from __future__ import annotations

from server.domain.errors import OifrError

# --- purpose ---------------------------------------------------------------------------------------------------


class PurposeInvalid(OifrError):
    slug = "purpose-invalid"
    message = "State the purpose of the search first."


class PurposeMissing(PurposeInvalid):
    slug = "purpose-missing"
    message = "State the purpose of the search before any photograph is sent."


class GroundUnknown(PurposeInvalid):
    slug = "ground-unknown"
    message = "Choose one of the grounds that the policy lists."


class NecessityMissing(PurposeInvalid):
    slug = "necessity-missing"
    message = "Say in at least 20 characters why the search is necessary now."


class AlternativesMissing(PurposeInvalid):
    slug = "alternatives-missing"
    message = "Say which less intrusive means were tried, or else that none was possible."


class PowerMissing(PurposeInvalid):
    slug = "power-missing"
    message = "Name the legal power you rely on."


class ForceNotExcluded(PurposeInvalid):
    slug = "force-not-excluded"
    message = "Confirm that no force is used to take the photograph."


class LifeAtRiskUnfounded(PurposeInvalid):
    slug = "life-at-risk-unfounded"
    message = (
        "Life at risk is for a person who is missing or cannot say who they are, and the risk must be stated in at "
        "least 20 characters."
    )


class PrivatePlace(PurposeInvalid):
    slug = "private-place"
    message = "In a private place a search needs a stated risk of significant harm."


# --- the search and its decision -------------------------------------------------------------------------------


class UnresolvedSearch(OifrError):
    """`search_id`: the search that waits for its decision."""

    slug = "unresolved-search"
    message = "You have a search without a decision. Decide it before you start another."

    def __init__(self, search_id: str | None = None) -> None:
        super().__init__()
        self.search_id = search_id


class SearchUnknown(OifrError):
    slug = "search-unknown"
    message = "There is no such search, or it is not yours."


class CandidateUnknown(OifrError):
    slug = "candidate-unknown"
    message = "This search has no candidate with that letter."


class CandidateWithdrawn(OifrError):
    slug = "candidate-withdrawn"
    message = "The record behind this letter was withdrawn after the search. Judge it as: cannot tell."


class SearchDecided(OifrError):
    slug = "already-decided"
    message = "This search has its decision already."


class SearchExpired(OifrError):
    slug = "search-expired"
    message = "The time to decide has run out. The search is closed and flagged for your supervisor."


class AlreadyJudged(OifrError):
    slug = "already-judged"
    message = "You have judged this face already; a judgement is made once."


class JudgementsMissing(OifrError):
    slug = "judgements-missing"
    message = "Judge every face before you decide."


class DecisionInvalid(OifrError):
    slug = "decision-invalid"
    message = "Name a candidate you judged as the same person, or choose another outcome."


class CorroborationMissing(OifrError):
    slug = "corroboration-missing"
    message = "Naming a candidate needs at least one independent corroboration."


class ReviewOwnSearch(OifrError):
    slug = "review-own-search"
    message = "A search is reviewed by somebody else than the officer who made it."


class ReviewTooEarly(OifrError):
    slug = "review-too-early"
    message = "The search is still open. Review it after its decision or its expiry."


class AlreadyReviewed(OifrError):
    slug = "already-reviewed"
    message = "This search has been reviewed already."


class ProbeGone(OifrError):
    slug = "probe-gone"
    message = "The photograph of this search has been deleted."
