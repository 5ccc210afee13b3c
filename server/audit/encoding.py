"""How an audit entry becomes bytes: canonical JSON (RFC 8785) and salted commitments.

The leaf is all that the tree binds. Personal data stand beside it and are bound through a
commitment alone, so that erasing them with their salt leaves every proof valid.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NoReturn

import rfc8785

from server.audit.errors import MalformedEntry, NotCanonical

LEAF_VERSION = 1
_LEAF_FIELDS = {"v", "index", "at", "kind", "actor", "search", "details", "commitment"}
_SAFE_INTEGER = 2**53 - 1
_SHA256_HEX = re.compile("[0-9a-f]{64}")


def canonical(value: Any) -> bytes:
    """Write a JSON value as RFC 8785 says; `NotCanonical` when it is no JSON value."""
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError):
        # The library's message would repeat the value, which may be personal data.
        raise NotCanonical("the value cannot be written as canonical JSON") from None


def parse_canonical(text: bytes) -> Any:
    """Read canonical JSON; `NotCanonical` for any other spelling, even of the same value.

    One value has one spelling, so two readers of one leaf cannot understand it differently
    (repeated keys, for instance).
    """
    try:
        decoded = text.decode("utf-8")
        value = _DECODER.decode(decoded)
        is_canonical = _is_plain_spelling(decoded, value) or canonical(value) == text
    except (ValueError, RecursionError):
        raise NotCanonical("the text is not JSON") from None
    if not is_canonical:
        raise NotCanonical("the text is JSON, but not in canonical form")
    return value


def commitment(salt: bytes, private: Mapping[str, Any]) -> str:
    """Bind private data without showing them: hex SHA-256(salt || canonical(private)).

    The salt must be random and at least 16 bytes, or short values could be guessed back.
    """
    return sha256(salt + canonical(dict(private))).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One act in the audit log; everything in it is public to whoever may read the log.

    `index` counts from 0; `at` is in UTC; `search` names the search the act belongs to, if
    any; `details` holds JSON values; `commitment` is 64 hex digits, or None when the act has
    no private data. Raises `MalformedEntry` when a field is not of its kind.
    """

    index: int
    at: datetime
    kind: str
    actor: str
    search: str | None
    details: Mapping[str, Any]
    commitment: str | None

    def __post_init__(self) -> None:
        if type(self.index) is not int or not 0 <= self.index <= _SAFE_INTEGER:
            raise MalformedEntry("index must be a whole number, 0 or more")
        if not isinstance(self.at, datetime) or self.at.utcoffset() != timedelta(0):
            raise MalformedEntry("at must be a time in UTC")
        if not (_is_name(self.kind) and _is_name(self.actor)):
            raise MalformedEntry("kind and actor must be texts that say something")
        if self.search is not None and not _is_name(self.search):
            raise MalformedEntry("search must be a text or null")
        if not isinstance(self.details, Mapping):
            raise MalformedEntry("details must be an object")
        if self.commitment is not None and not _is_sha256(self.commitment):
            raise MalformedEntry("commitment must be 64 hex digits or null")

    def leaf(self) -> bytes:
        """The bytes that the tree hashes. Raises `MalformedEntry` when details are not JSON."""
        fields = {
            "v": LEAF_VERSION,
            "index": self.index,
            "at": format_time(self.at),
            "kind": self.kind,
            "actor": self.actor,
            "search": self.search,
            "details": dict(self.details),
            "commitment": self.commitment,
        }
        try:
            return canonical(fields)
        except NotCanonical as error:
            raise MalformedEntry(str(error)) from None

    @classmethod
    def from_leaf(cls, leaf: bytes) -> "Entry":
        """Read a leaf back. Raises `MalformedEntry` unless `leaf()` gives the same bytes."""
        try:
            fields = parse_canonical(leaf)
        except NotCanonical as error:
            raise MalformedEntry(str(error)) from None
        if not isinstance(fields, dict) or fields.keys() != _LEAF_FIELDS:
            raise MalformedEntry("the leaf does not have the fields of an entry")
        if type(version := fields.pop("v")) is not int or version != LEAF_VERSION:
            raise MalformedEntry("the leaf is of another version")
        return cls(**{**fields, "at": parse_time(fields["at"])})


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC, always with six decimals, so that text order is time order."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: Any) -> datetime:
    """Undo `format_time`; `MalformedEntry` for any other spelling."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise MalformedEntry("at is not a time") from None
    if at.tzinfo is not UTC or format_time(at) != text:
        raise MalformedEntry("at is not written as a UTC time with six decimals")
    return at


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256_HEX.fullmatch(value) is not None


def _whole_number(text: str) -> int | float:
    number = int(text)
    # Beyond 2^53 a JSON number is a double: RFC 8785 writes 1e20 as a 1 and twenty zeros.
    return number if abs(number) <= _SAFE_INTEGER else _fraction(text)


def _fraction(text: str) -> float:
    number = float(text)
    if canonical(number).decode() != text:
        raise NotCanonical("a number is not in canonical form")
    return number


def _reject_constant(name: str) -> NoReturn:
    raise NotCanonical(f"{name} is not JSON")


def _is_plain_spelling(text: str, value: Any) -> bool:
    # The C encoder is five times faster than RFC 8785 in Python. Where text is ASCII they
    # agree: keys sort alike, and the decoder has checked the numbers. False proves nothing.
    return text.isascii() and _PLAIN_ENCODER.encode(value) == text


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=_fraction, parse_constant=_reject_constant)
_PLAIN_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
