"""The script of a visitor's own photographs: a folder of people and one photograph to search with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from server.demo.script import NothingToEnrol, Scene, Script, Sitter

PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
PURPOSE = {
    "ground": "unable-to-identify",
    "necessity": "A visitor tries the service out with photographs of their own.",
    "place": "public",
    "alternatives": ["none-possible"],
    "power": "Consent of the persons shown, given to the visitor",
    "no_force": True,
    "incident": "demo-visitor",
}


def visitor_script(gallery: Path, photograph: Path, today: date) -> Script:
    """One person per photograph or folder in `gallery`; the name of either is the record number.

    Raises NothingToEnrol, or OSError when a path cannot be read.
    """
    people: dict[str, list[Path]] = {}
    for entry in sorted(gallery.iterdir()):
        name = entry.name if entry.is_dir() else entry.stem
        people.setdefault(name, []).extend(_photographs(entry))
    sitters = tuple(_sitter(name, tuple(files), today) for name, files in people.items() if files)
    if not sitters:
        raise NothingToEnrol
    # A photograph that is not there must be found out now, not after everybody was enrolled.
    photograph.stat()
    return Script(sitters, (Scene("Your photograph", photograph, PURPOSE, right=None),), threshold=None)


def _photographs(entry: Path) -> list[Path]:
    files = sorted(entry.iterdir()) if entry.is_dir() else [entry]
    return [file for file in files if file.is_file() and file.suffix.lower() in PHOTOGRAPHS]


def _sitter(name: str, photographs: tuple[Path, ...], today: date) -> Sitter:
    return Sitter(
        record_number=name,
        given_name=name,
        family_name="",
        born_on=None,
        source="custody",
        lawful_basis="Photograph a visitor brought to try the service out",
        captured_on=today.isoformat(),
        photographs=photographs,
    )
