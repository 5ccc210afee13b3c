"""Every way an act can fail, in words for the person at the handheld.

Each class carries a stable `slug` (the problem type on the wire). Messages are sentences that say what to do;
they never carry a name, a score, a path or anything taken from an image. Status codes are the web's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from server.domain.face import Box


class OifrError(Exception):
    """Base of all our errors; `slug` is stable, `message` is for people."""

    slug: ClassVar[str] = "error"
    message: ClassVar[str] = "Something went wrong. Try again; if it stays, tell your system's operator."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


# --- who you are -----------------------------------------------------------------------------------------------


class SignInRefused(OifrError):
    slug = "sign-in-refused"
    message = "The name or the password is wrong."


class NotSignedIn(OifrError):
    slug = "not-signed-in"
    message = "Sign in first: the request carries no valid token."


class SessionExpired(OifrError):
    slug = "session-expired"
    message = "Your session has ended. Sign in again."


class RoleMissing(OifrError):
    slug = "role-missing"
    message = "Your role does not allow this."


class NameTaken(OifrError):
    slug = "name-taken"
    message = "An account with this name exists already."


class PasswordUnfit(OifrError):
    slug = "password-unfit"
    message = "Choose a password of at least twelve characters."


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


# --- images and faces ------------------------------------------------------------------------------------------


class ImageRefused(OifrError):
    slug = "image-refused"
    message = "The image cannot be used."


class ImageUnreadable(ImageRefused):
    slug = "image-unreadable"
    message = "The file is not a whole JPEG, PNG or WebP photograph. Take the photograph again."


class ImageTooLarge(ImageRefused):
    slug = "image-too-large"
    message = "The image has too many pixels or bytes. Send at most 50 megapixels and 20 megabytes."


class ImageTooSmall(ImageRefused):
    slug = "image-too-small"
    message = "The image is too small to hold a face. Send at least 80 pixels on each side."


class ImageAnimated(ImageRefused):
    slug = "image-animated"
    message = "The file holds several pictures. Send a single still photograph."


class ImageCountInvalid(ImageRefused):
    slug = "image-count"
    message = "Send one to five photographs of the same person."


class FaceNotFound(ImageRefused):
    slug = "no-face"
    message = "No face was found. Come nearer, hold still, and let light fall on the face."


class SeveralFaces(ImageRefused):
    """`boxes`: every face found, in pixels of the upright image, largest first. `image`: its number, from 0."""

    slug = "several-faces"
    message = "Several faces are in the picture. Choose the person who is meant, or photograph them alone."

    def __init__(self, boxes: Sequence[Box], image: int = 0) -> None:
        super().__init__()
        self.boxes = tuple(boxes)
        self.image = image


class FaceNotNamed(ImageRefused):
    slug = "face-not-there"
    message = "No face stands where you pointed. Choose one of the faces shown, on the same photograph."


class PoorImage(ImageRefused):
    """`advice`: what the officer can do about it, a sentence for each fault."""

    slug = "poor-image"
    message = "The photograph is too poor to search with. Take it again, or state that a life is at risk."

    def __init__(self, advice: Sequence[str] = ()) -> None:
        super().__init__()
        self.advice = tuple(advice)


class FramesDisagree(ImageRefused):
    slug = "frames-disagree"
    message = "The photographs do not seem to show the same person. Take them again."


# --- templates and weights -------------------------------------------------------------------------------------


class TemplateInvalid(OifrError):
    slug = "template-invalid"
    message = "A template is damaged or belongs to another model."


class WeightsUnverified(OifrError):
    slug = "weights-unverified"
    message = "The model's weights are missing or do not have the digest of their manifest. Run the set-up again."


class CalibrationInvalid(OifrError):
    slug = "calibration-invalid"
    message = "The calibration record is not of the documented form."


class CommandRefused(OifrError):
    """What only an operator's commands meet; a server that meets it has a fault."""

    slug = "command-refused"
    message = "The command cannot do that."


class ModelUncalibrated(CommandRefused):
    """A model whose threshold nobody has measured."""

    slug = "model-uncalibrated"
    message = "The model has no calibration. Measure one with `oifr evaluate --calibrate` before it is activated."


class ModelUnknown(CommandRefused):
    slug = "model-unknown"
    message = "There is no manifest of that model. `oifr models list` names those there are."


class ModelInUse(CommandRefused):
    slug = "model-in-use"
    message = "The active model's templates cannot be dropped. Activate another model first (OIFR_MODEL)."


class LicenceNotAccepted(CommandRefused):
    slug = "licence-not-accepted"
    message = "The weights' terms must be accepted first: read the model card, then give --accept-licence."


class PullFailed(CommandRefused):
    """Weights could not be fetched; what had arrived stays for the next try."""

    slug = "pull-failed"
    message = "The weights could not be fetched. Run the command again to go on where it stopped."


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


# --- gallery ---------------------------------------------------------------------------------------------------


class SubjectUnknown(OifrError):
    slug = "subject-unknown"
    message = "There is no such subject."


class ReferenceUnknown(OifrError):
    slug = "reference-unknown"
    message = "There is no such reference."


class RecordNumberTaken(OifrError):
    slug = "record-number-taken"
    message = "A subject with this record number exists already."


class RecordInvalid(OifrError):
    slug = "record-invalid"
    message = "The record is incomplete. Give a record number, a lawful basis and a capture date."


# --- audit -----------------------------------------------------------------------------------------------------


class EntryUnknown(OifrError):
    slug = "entry-unknown"
    message = "The trail has no such entry."


# --- state of the service --------------------------------------------------------------------------------------


class Unavailable(OifrError):
    """A part the act needs is down for the moment; nothing was stored and the act may be tried again."""

    slug = "unavailable"
    message = "The service is not ready for this at the moment. Nothing was stored; try again shortly."


class CacheUnavailable(Unavailable):
    slug = "cache-unavailable"
    message = "The embedding cache does not answer. Nothing was stored; searching resumes when it is back."


class DatabaseUnavailable(Unavailable):
    slug = "database-unavailable"
    message = "The database does not answer. Nothing was stored; try again shortly."


class SearchIncomplete(Unavailable):
    """A part of the gallery was not searched: there is no list, for a short one would be taken for a whole one."""

    slug = "search-incomplete"
    message = (
        "A part of the gallery did not answer, so nobody can say who is in it. Nothing was stored; search again "
        "shortly, and tell your system's operator if it stays."
    )


class GalleryIncomplete(Unavailable):
    slug = "gallery-incomplete"
    message = (
        "Some references cannot be found yet by the active model, so searching is stopped. Your system's operator "
        "must run `oifr gallery re-embed`."
    )


class Busy(Unavailable):
    slug = "busy"
    message = "All search places are taken. Try again in a few seconds."


class ProbeGone(OifrError):
    slug = "probe-gone"
    message = "The photograph of this search has been deleted."


class SealBroken(OifrError):
    slug = "seal-broken"
    message = "Stored data could not be opened with its key: it was altered, moved or sealed under another key."


class StoredValueAltered(SealBroken):
    """Something stands in the database that this service never writes there."""

    slug = "stored-value-altered"
    message = (
        "A stored value cannot be read: it was altered outside this service. "
        "Run `oifr audit verify`, which names the first bad entry of the trail."
    )


class Conflict(OifrError):
    slug = "conflict"
    message = "Somebody changed this at the same moment. Load it again."


class RequestInvalid(OifrError):
    slug = "request-invalid"
    message = "The request is not of the documented form."


class RouteUnknown(OifrError):
    slug = "not-found"
    message = "There is nothing at this address."


class MethodUnknown(OifrError):
    slug = "method-not-allowed"
    message = "This address does not take that method."


class RequestTooLarge(OifrError):
    slug = "body-too-large"
    message = "The request is larger than the service accepts."
