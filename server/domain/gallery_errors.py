"""What is wrong with a subject, a reference, or the gallery as a whole."""

from __future__ import annotations

from server.domain.errors import CommandRefused, Conflict, OifrError, Unavailable


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


class RecordTextInvalid(RecordInvalid):
    slug = "record-text-invalid"
    message = "A text of the record holds a control character. Type it anew."


class RecordDatesInvalid(RecordInvalid):
    slug = "record-dates-invalid"
    message = "A date of birth or of a photograph lies in the future, or the photograph was taken before the birth."


class ReviewDateInvalid(RecordInvalid):
    slug = "review-date-invalid"
    message = "The review date lies before the capture date."


class RecipientMissing(RecordInvalid):
    slug = "recipient-missing"
    message = "Say who gets the file: the trail keeps it."


class ReasonMissing(RecordInvalid):
    slug = "reason-missing"
    message = "Say why: the trail keeps the reason."


class StatusUnchanged(Conflict):
    slug = "status-unchanged"
    message = "The reference has this status already."


class StatusFinal(Conflict):
    slug = "status-final"
    message = "A withdrawn reference stays withdrawn. Erase it; if it may be held again, enrol the photograph anew."


class GalleryIncomplete(Unavailable):
    slug = "gallery-incomplete"
    message = (
        "Some references cannot be found yet by the active model, so searching is stopped. Your system's operator "
        "must run `oifr gallery re-embed`."
    )


class RowInvalid(RecordInvalid):
    """One row of a manifest that cannot be used; the message says which column and why, without its value."""

    slug = "row-invalid"
    message = "The row is not of the documented form."


class DuplicateUnknown(OifrError):
    slug = "duplicate-unknown"
    message = "There is no such pair of records."


class SourceInvalid(CommandRefused):
    """A folder or manifest that cannot be enrolled from at all; the message names what is wrong."""

    slug = "source-invalid"
    message = "The source is neither a folder of folders nor a manifest."


class ReferenceHeld(Conflict):
    slug = "reference-held"
    message = "This very photograph is a reference of this subject already."


class RecordContradicted(Conflict):
    slug = "record-contradicted"
    message = "The record number is enrolled with another name or date of birth. Settle which is right first."
