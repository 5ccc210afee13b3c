"""What is played: whom the gallery holds, and the searches one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.domain.errors import OifrError


class NothingToEnrol(OifrError):
    slug = "nothing-to-enrol"
    message = "The gallery folder holds no JPEG, PNG or WebP photograph. Give one photograph or folder per person."


@dataclass(frozen=True)
class Sitter:
    """One person to enrol, in the words of the API (dates are ISO 8601), and where their photographs are."""

    record_number: str
    given_name: str
    family_name: str
    born_on: str | None
    source: str
    lawful_basis: str
    captured_on: str
    photographs: tuple[Path, ...]


@dataclass(frozen=True)
class Scene:
    """One search. `right` holds the record numbers of the person on the photograph: none for a stranger.

    None itself means that only the visitor knows who is on it; nothing is then expected of the answer.
    """

    title: str
    photograph: Path
    purpose: Mapping[str, object]
    right: frozenset[str] | None


@dataclass(frozen=True)
class Script:
    """`threshold` is the comparison score to reach; None takes the one of the model's calibration."""

    sitters: tuple[Sitter, ...]
    scenes: tuple[Scene, ...]
    threshold: float | None
