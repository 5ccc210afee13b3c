"""The words of the wire as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from kivy.utils import escape_markup

from mobile_client.core.wire import Alternative, Corroboration, Decision, Ground, Judgement, Outcome, Place, Record

GROUNDS = {
    Ground.UNABLE_TO_IDENTIFY: "Cannot identify themself",
    Ground.REFUSES: "Refuses to give details",
    Ground.FALSE_DETAILS: "Suspected false details",
    Ground.MISSING_OR_AT_RISK: "Missing or at risk",
}
PLACES = {
    Place.PUBLIC: "Public place",
    Place.HOME: "Home",
    Place.SCHOOL: "School",
    Place.MEDICAL: "Hospital or surgery",
    Place.WORSHIP: "Place of worship",
}
ALTERNATIVES = {
    Alternative.ASKED_PERSON: "Asked the person",
    Alternative.DOCUMENTS: "Looked for papers",
    Alternative.ASKED_OTHERS: "Asked others",
    Alternative.FINGERPRINT: "Fingerprint",
    Alternative.NONE_POSSIBLE: "None was possible",
}
JUDGEMENTS = {
    Judgement.SAME: "Same person",
    Judgement.DIFFERENT: "Different person",
    Judgement.CANNOT_TELL: "Cannot tell",
}
CORROBORATIONS = {
    Corroboration.DOCUMENT: "Papers or card",
    Corroboration.PERSONAL_DETAILS: "Details they gave",
    Corroboration.SCAR_MARK_TATTOO: "Scar or tattoo",
    Corroboration.KNOWN_TO_WITNESS: "Relative or witness",
    Corroboration.PERSONAL_ITEM: "Personal item",
    Corroboration.FINGERPRINT: "Fingerprint",
}


def name_of(record: Record) -> str:
    return f"{record.family_name.upper()}, {record.given_name}"


def in_words(decision: Decision) -> str:
    """The decision in one line."""
    if decision.outcome is Outcome.NONE_OF_THESE:
        return "None of these"
    if decision.outcome is Outcome.CANNOT_TELL:
        return "Cannot tell"
    support = ", ".join(CORROBORATIONS[kind].lower() for kind in sorted(decision.corroboration))
    return f"Record {decision.label}, supported by: {support}"


def in_lines(sentences: Sequence[str]) -> str:
    """Sentences of the server for a banner, one a line: its words, never its markup."""
    escaped: str = escape_markup("\n".join(sentences))
    return escaped


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def time_in_words(at: datetime) -> str:
    return f"{day_in_words(at)}, {at:%H:%M} UTC"
