"""Every way an act can fail, in words for the person at the handheld.

Each class carries a stable `slug` (the problem type on the wire). Messages are sentences that say what to do;
they never carry a name, a score, a path or anything taken from an image. Status codes are the web's affair.
Here stand the base and what any act can meet; errors of images, models, the gallery and searches have modules beside.
"""

from __future__ import annotations

from typing import ClassVar


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


# --- commands --------------------------------------------------------------------------------------------------


class CommandRefused(OifrError):
    """What only an operator's commands meet; a server that meets it has a fault."""

    slug = "command-refused"
    message = "The command cannot do that."


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


class CacheFull(CacheUnavailable):
    slug = "cache-full"
    message = "The embedding cache has no room left. Nothing was stored; tell your system's operator."


class CacheAltered(CacheUnavailable):
    """Under a key of ours stands what this service never writes there."""

    slug = "cache-altered"
    message = "The embedding cache was altered from outside. Nothing was stored; searching resumes when it is mended."


class BackgroundWorkEnded(Unavailable):
    """A thread that this process cannot do without has ended by a fault."""

    slug = "background-work-ended"
    message = "A part of this server has stopped. Nothing was stored; your system's operator must start it again."


class GalleryLoading(Unavailable):
    slug = "gallery-loading"
    message = "The gallery is still being loaded, so nobody can be found yet. Nothing was stored; try again shortly."


class Starting(Unavailable):
    slug = "starting"
    message = "The service is starting and not ready yet. Nothing was stored; try again in a few seconds."


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


class IndexAltered(SearchIncomplete):
    """A part of the search index was altered from outside; it is filled anew."""

    slug = "index-altered"
    message = "A part of the search index was altered, and is being filled anew. Nothing was stored; try again shortly."


class Busy(Unavailable):
    slug = "busy"
    message = "All search places are taken. Try again in a few seconds."


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
