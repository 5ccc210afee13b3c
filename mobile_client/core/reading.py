"""One field of a JSON document at a time, of the type it must have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

Choice = TypeVar("Choice", bound=StrEnum)


class WireInvalid(Exception):
    """The server's answer is not of the documented form; the text names the field, never its content."""


def fields_of(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise WireInvalid(f"{name}: not an object")
    return value


def text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise WireInvalid(f"{name}: not a text")
    return value


def optional_text(fields: Mapping[str, object], name: str) -> str | None:
    return None if fields.get(name) is None else text(fields, name)


def whole(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise WireInvalid(f"{name}: not a whole number")
    return value


def items(fields: Mapping[str, object], name: str) -> list[object]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise WireInvalid(f"{name}: not a list")
    return value


def texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = items(fields, name)
    found = tuple(value for value in values if isinstance(value, str))
    if len(found) < len(values):
        raise WireInvalid(f"{name}: not a list of texts")
    return found


def choice(kind: type[Choice], value: object, name: str) -> Choice:
    """The member of an enumeration that `value` spells."""
    known = {member.value: member for member in kind}
    if not isinstance(value, str) or value not in known:
        raise WireInvalid(f"{name}: not a documented value")
    return known[value]


def moment(fields: Mapping[str, object], name: str) -> datetime:
    """An RFC 3339 time in UTC."""
    try:
        value = datetime.fromisoformat(text(fields, name))
    except ValueError:
        raise WireInvalid(f"{name}: not a time") from None
    if value.tzinfo is None:
        raise WireInvalid(f"{name}: a time without its zone")
    return value.astimezone(UTC)


def day(value: str, name: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise WireInvalid(f"{name}: not a date") from None


def digest(value: object) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise WireInvalid("proof: not a SHA-256 hash")
    return raw
