"""The script of the drawn cast: people who do not exist, so that a demo needs nobody's face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.demo.script import Scene, Script, Sitter

CAST = Path(__file__).parent

DRAWN_THRESHOLD = 0.97
"""Comparison score for drawn people, who lie closer to one another than real people do."""

LYING, HARD = 7, 12
"""Who lies on the ground, and who is photographed with eyes closed; numbers of `cast.json`."""

FOUND_LYING: Mapping[str, object] = {
    "ground": "unable-to-identify",
    "necessity": "Found unconscious on the pavement; the ambulance crew needs to know of allergies and next of kin.",
    "place": "public",
    "alternatives": ["documents", "asked-others"],
    "power": "Common law duty to protect life",
    "no_force": True,
    "incident": "demo-1",
}
ASLEEP: Mapping[str, object] = {
    "ground": "unable-to-identify",
    "necessity": "Asleep in the frost at a bus stop, cannot be woken, carries nothing that says who it is.",
    "place": "public",
    "alternatives": ["asked-person", "documents"],
    "power": "Common law duty to protect life",
    "no_force": True,
    "incident": "demo-2",
}
FALSE_DETAILS: Mapping[str, object] = {
    "ground": "false-details",
    "necessity": "Stopped after a shop theft; the date of birth given does not fit the name that was given.",
    "place": "public",
    "alternatives": ["asked-person", "documents"],
    "power": "PACE 1984 s.64A",
    "no_force": True,
    "incident": "demo-3",
}


def drawn_script(folder: Path = CAST, most: int | None = None) -> Script:
    """Everybody enrolled (or the first `most` of them), then a lying person, eyes closed, and a stranger."""
    cast = json.loads((folder / "cast.json").read_text(encoding="utf-8"))
    enrolled = cast["enrolled"][:most]
    lying, hard = enrolled[LYING % len(enrolled)], enrolled[HARD % len(enrolled)]
    scenes = (
        Scene(
            "Somebody lies on the ground and cannot say who they are",
            folder / lying["field"]["lying"],
            FOUND_LYING,
            frozenset({lying["record_number"]}),
        ),
        Scene(
            "Somebody sleeps in the frost: eyes closed, hand-held camera",
            folder / hard["field"]["hard"],
            ASLEEP,
            frozenset({hard["record_number"]}),
        ),
        Scene(
            "A stranger, of whom there is no record",
            folder / cast["strangers"][0]["field"]["upright"],
            FALSE_DETAILS,
            frozenset(),
        ),
    )
    return Script(tuple(_sitter(folder, person) for person in enrolled), scenes, DRAWN_THRESHOLD)


def _sitter(folder: Path, person: Mapping[str, Any]) -> Sitter:
    return Sitter(
        record_number=person["record_number"],
        given_name=person["given_name"],
        family_name=person["family_name"],
        born_on=person["date_of_birth"],
        source=person["source"],
        lawful_basis=person["lawful_basis"],
        captured_on=person["captured_on"],
        photographs=(folder / person["frontal"],),
    )
