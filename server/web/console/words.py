"""The terms of the domain as a supervisor reads them."""

from __future__ import annotations

_WORDS = {
    "sign-in-refused": "Sign-in refused",
    "unable-to-identify": "Unable to identify themselves",
    "refuses": "Refuses to give details",
    "false-details": "False details suspected",
    "public": "Public place",
    "medical": "Medical place",
    "worship": "Place of worship",
    "asked-person": "Asked the person",
    "asked-others": "Asked others",
    "documents": "Looked for documents",
    "fingerprint": "Fingerprint",
    "scar-mark-tattoo": "Scar, mark or tattoo",
    "same": "Same person",
    "different": "Different person",
    "follow-up": "Follow-up needed",
    "answered": "Open",
    "size": "Small face",
    "sharpness": "Blur",
    "dark": "Too dark",
    "bright": "Too bright",
    "yaw": "Turned aside",
    "pitch": "Tilted",
    "candidate": "Candidate named",
    "role-missing": "Role does not allow it",
}

_TONES = {
    "candidate": "info",
    "same": "info",
    "decided": "ok",
    "justified": "ok",
    "answered": "info",
    "cannot-tell": "warn",
    "expired": "warn",
    "follow-up": "warn",
}


def in_words(term: str) -> str:
    """`none-of-these` is read as `None of these`; a term of a later version still reads well."""
    return _WORDS.get(term) or term.replace("-", " ").replace("_", " ").capitalize()


def tone_of(term: str) -> str:
    """The colour of a term's pill: ok, info, warn, or none."""
    return _TONES.get(term, "")
