"""Invented records for the cast. Nobody is described by them: names, numbers and dates come from seeds."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np

from server.demo.people.cast import ENROLLED, SEEDS, Kind, Photograph, lying_turns
from server.demo.people.identity import identity
from server.demo.people.randomness import Stream, stream

GIVEN_NAMES = (
    *("Alder", "Briar", "Cedar", "Clover", "Ember", "Fern", "Hazel", "Indigo", "Juniper", "Kestrel"),
    *("Linden", "Maple", "Merle", "Onyx", "Pebble", "Quill", "Rowan", "Sage", "Tansy", "Wren"),
)
FAMILY_NAMES = (
    *("Ashwater", "Bellweather", "Cobblemere", "Dunlantern", "Elmforge", "Fallowquist", "Glimmerby"),
    *("Harrowdell", "Inkwell-Moss", "Kettlemarsh", "Lanternfold", "Mosswright", "Nettlecombe"),
    *("Oakenvane", "Pennyfathom", "Quarrelstone", "Ravelbrook", "Saltwhistle", "Thistlegate", "Umberfield"),
)
LAWFUL_BASES = {
    "custody": "Image taken on arrest for a recordable offence (invented for demonstration)",
    "missing": "Image supplied by the family of a person reported missing (invented for demonstration)",
    "wanted": "Image circulated under an arrest warrant (invented for demonstration)",
}
SOURCE_SHARES = (0.7, 0.15, 0.15)
FIRST_CAPTURE, CAPTURE_DAYS = date(2015, 1, 1), 3650
YOUNGEST, AGE_RANGE = 18, 50


@dataclass(frozen=True)
class Record:
    """The invented record of an enrolled person; dates are ISO 8601, pictures are paths below the demo."""

    person: int
    record_number: str
    given_name: str
    family_name: str
    date_of_birth: str
    captured_on: str
    source: str
    lawful_basis: str
    frontal: str
    field: dict[str, str]
    lying_quarter_turns: int


def record(person: int) -> Record:
    """The record of one enrolled person, always the same."""
    rng = stream(Stream.RECORD, person)
    source = str(rng.choice(list(LAWFUL_BASES), p=SOURCE_SHARES))
    captured_on = FIRST_CAPTURE + timedelta(days=int(rng.integers(CAPTURE_DAYS)))
    return Record(
        person=person,
        record_number=f"{source[0].upper()}-{captured_on.year}-{_serial(person, rng):05d}",
        given_name=GIVEN_NAMES[person % len(GIVEN_NAMES)],
        family_name=FAMILY_NAMES[(7 * person + person // len(GIVEN_NAMES)) % len(FAMILY_NAMES)],
        date_of_birth=_date_of_birth(person, captured_on, rng).isoformat(),
        captured_on=captured_on.isoformat(),
        source=source,
        lawful_basis=LAWFUL_BASES[source],
        frontal=Photograph(person, Kind.FRONTAL).path.as_posix(),
        field={kind.value: Photograph(person, kind).path.as_posix() for kind in Kind if kind is not Kind.FRONTAL},
        lying_quarter_turns=lying_turns(person),
    )


def cast_document() -> str:
    """The whole cast as JSON text: records of the enrolled, pictures of the strangers."""
    strangers = [Photograph(person, Kind.UPRIGHT) for person in range(ENROLLED, len(SEEDS))]
    document = {
        "enrolled": [asdict(record(person)) for person in range(ENROLLED)],
        "strangers": [{"person": p.person, "field": {p.kind.value: p.path.as_posix()}} for p in strangers],
    }
    return json.dumps(document, indent=2) + "\n"


def _serial(person: int, rng: np.random.Generator) -> int:
    """A serial number no other person of the cast has."""
    return int(rng.integers(1, 2000)) * 50 + person


def _date_of_birth(person: int, captured_on: date, rng: np.random.Generator) -> date:
    years = YOUNGEST + AGE_RANGE * identity(SEEDS[person]).age
    return captured_on - timedelta(days=int(365.25 * years) + int(rng.integers(365)))
