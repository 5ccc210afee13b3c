"""What is wrong with a subject, a reference, or the gallery as a whole."""

from __future__ import annotations

from server.domain.errors import OifrError, Unavailable


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


class GalleryIncomplete(Unavailable):
    slug = "gallery-incomplete"
    message = (
        "Some references cannot be found yet by the active model, so searching is stopped. Your system's operator "
        "must run `oifr gallery re-embed`."
    )
