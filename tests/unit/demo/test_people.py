"""The drawn people: the same for a seed, different between seeds, and kept complete in the repository."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import server.demo
from server.demo.people import identity
from server.demo.people.cast import ENROLLED, SEEDS, Kind, Photograph, photographs
from server.demo.people.expression import NEUTRAL, Expression
from server.demo.people.records import cast_document, record
from server.demo.people.shaping import Field
from server.demo.people.studio import TOLERANCE, differences
from server.demo.people.surface import build_body

DEMO = Path(server.demo.__file__).parent
MOST_BYTES = 12_000_000
SHAVEN = 7  # a person without hair to grow is drawn fastest


def _frontal(person: int) -> Field:
    with Image.open(DEMO / Photograph(person, Kind.FRONTAL).path) as image:
        return np.asarray(image, np.int16)


def test_a_seed_is_always_the_same_person() -> None:
    assert identity(11) == identity(11)


def test_two_seeds_are_two_people() -> None:
    assert identity(11) != identity(12)
    assert len({identity(seed) for seed in SEEDS}) == len(SEEDS)


def test_a_body_is_the_same_for_a_seed() -> None:
    first, again = build_body(identity(11), NEUTRAL), build_body(identity(11), NEUTRAL)
    np.testing.assert_array_equal(first.patch.points, again.patch.points)
    np.testing.assert_array_equal(first.patch.albedo, again.patch.albedo)


@pytest.mark.parametrize("expression", [NEUTRAL, Expression(eye=0.0), Expression(open=1.0, smile=1.0)])
def test_a_body_is_finite_and_its_colours_reflect_less_than_all_light(expression: Expression) -> None:
    patch = build_body(identity(11), expression).patch
    assert np.isfinite(patch.points).all()
    assert patch.albedo.min() >= 0
    assert patch.albedo.max() <= 1


def test_every_photograph_is_kept_and_nothing_else() -> None:
    kept = {path.relative_to(DEMO) for folder in ("gallery", "field") for path in (DEMO / folder).iterdir()}
    assert kept == {photograph.path for photograph in photographs()}
    assert sum((DEMO / path).stat().st_size for path in kept) < MOST_BYTES


@pytest.mark.parametrize("kind", list(Kind))
def test_kept_photographs_decode_and_carry_no_metadata(kind: Kind) -> None:
    sizes = {Kind.FRONTAL: (480, 600), Kind.LYING: (960, 720)}
    for photograph in photographs():
        if photograph.kind is kind:
            with Image.open(DEMO / photograph.path) as image:
                image.load()
                assert image.size == sizes.get(kind, (720, 960))
                assert not image.getexif()
                assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photograph_drawn_anew_is_the_kept_one() -> None:
    cv2.setNumThreads(1)
    [(_, difference)] = differences([Photograph(SHAVEN, Kind.LYING)], DEMO)
    assert difference <= TOLERANCE


def test_another_person_differs_by_more_than_the_tolerance() -> None:
    mine, other = _frontal(0), _frontal(1)
    assert np.abs(mine - other).mean() > 2 * TOLERANCE


def test_the_kept_records_are_the_generated_ones() -> None:
    assert (DEMO / "cast.json").read_text(encoding="utf-8") == cast_document()


def test_records_are_distinct_and_carry_no_group_label() -> None:
    records = [record(person) for person in range(ENROLLED)]
    assert len({r.record_number for r in records}) == ENROLLED
    assert len({(r.given_name, r.family_name) for r in records}) == ENROLLED
    assert all(r.date_of_birth < r.captured_on for r in records)


def test_strangers_have_a_field_photograph_and_no_record() -> None:
    document = json.loads(cast_document())
    enrolled = {entry["person"] for entry in document["enrolled"]}
    strangers = {entry["person"] for entry in document["strangers"]}
    assert not enrolled & strangers
    assert len(strangers) == len(SEEDS) - ENROLLED
