"""The script of the drawn cast: people who do not exist, so that a demo needs nobody's face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.demo.script import Scene, Script, Sitter

CAST = Path(__file__).parent

DRAWN_THRESHOLD = 0.97
"""Comparison score (dlib-resnet) to reach among drawn people, who lie closer to one another than real people do.

Measured over the whole cast, each field photograph against the forty enrolled frontals: nobody else's record scores
above 0.967 (0.960 for the six strangers). The right record scores 0.977 and more upright (39 of 39 found at 0.97),
0.973 and more lying (40 of 40), and 0.91 to 0.986 where eyes or mouth cannot be seen: 8 of 14 with eyes closed, 9 of
13 with spectacles, none of 13 with a mask are found. One upright photograph (027) was refused for want of a face.
"""

LYING, HARD = 7, 3
"""Who lies on the ground, and whose eyes are closed: numbers of `cast.json`, both among the first eight."""

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
    """Everybody enrolled (or the first `most`, at least eight), then a lying person, eyes closed, and a stranger."""
    cast = json.loads((folder / "cast.json").read_text(encoding="utf-8"))
    enrolled = cast["enrolled"][:most]
    lying, hard = enrolled[LYING], enrolled[HARD]
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
