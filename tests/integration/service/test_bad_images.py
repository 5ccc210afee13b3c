"""Images that must be refused, through the real engine: a stable type, nothing stored, and an entry in the trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.integration.service import photographs
from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import Installation
from tests.integration.service.traces import opened_database, searches_of, vault_of

pytestmark = pytest.mark.usefixtures("gallery")


@dataclass(frozen=True)
class Refusal:
    make: Callable[[], bytes]
    slug: str
    status: int = 422
    times: int = 1


REFUSALS = {
    "no face": Refusal(photographs.without_face, "no-face"),
    "several faces": Refusal(photographs.with_several_faces, "several-faces"),
    "one pixel": Refusal(photographs.of_one_pixel, "image-too-small"),
    "truncated JPEG": Refusal(photographs.truncated, "image-unreadable"),
    "60 megapixels": Refusal(photographs.of_sixty_megapixels, "image-too-large", 413),
    "decompression bomb": Refusal(photographs.decompression_bomb, "image-too-large", 413),
    "animated GIF": Refusal(photographs.animated_gif, "image-animated"),
    "text called .jpg": Refusal(photographs.text_called_jpeg, "image-unreadable"),
    "six images": Refusal(photographs.portrait, "image-count", times=6),
    "no image": Refusal(photographs.portrait, "image-count", times=0),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_is_refused_stores_nothing_and_is_an_entry(
    refusal: Refusal, officer: Caller, supervisor: Caller, installation: Installation
) -> None:
    before = _stored(installation)
    answer = officer.search(*[refusal.make()] * refusal.times)
    assert (answer.status_code, answer.json()["type"]) == (refusal.status, refusal.slug)
    assert answer.headers["content-type"] == "application/problem+json"
    assert _stored(installation) == before
    newest = supervisor.entries(limit=1)[0]
    assert (newest["act"], newest["actor"]) == ("refused", officer.id)
    assert json.loads(newest["leaf"])["details"] == {"attempted": "POST /v1/searches", "problem": refusal.slug}


def test_several_faces_are_pointed_out(officer: Caller) -> None:
    boxes = officer.search(photographs.with_several_faces()).json()["boxes"]
    assert len(boxes) == 2
    assert sorted(_half(box) for box in boxes) == [0, 1]


@pytest.mark.parametrize("number", [0, 1])
def test_a_face_pointed_out_can_be_named(
    number: int, officer: Caller, supervisor: Caller, gallery: dict[str, Person]
) -> None:
    picture = photographs.with_several_faces()
    box = officer.search(picture).json()["boxes"][number]
    answer = officer.search(picture, faces=[{"image": 0, "box": box}])
    assert answer.status_code == 201, answer.text
    assert supervisor.references_found(answer.json()["id"]) == set(gallery)


def test_cmyk_is_a_photograph(officer: Caller, supervisor: Caller, gallery: dict[str, Person]) -> None:
    view = officer.answered(photographs.cmyk_photograph())
    assert supervisor.references_found(view["id"]) == set(gallery)


def _stored(installation: Installation) -> tuple[int, set[str], int]:
    """Searches, sealed probes, and the gallery's version."""
    with opened_database(installation) as database:
        return len(searches_of(database)), vault_of(installation), database.gallery.version()


def _half(box: Sequence[int]) -> int:
    """Whether a box lies in the left (0) or the right (1) half of the picture of two."""
    left, top, width, height = box
    assert width > 40
    assert height > 40
    assert 0 <= top < photographs.SIDE
    return int(left + width / 2 > photographs.SIDE)
