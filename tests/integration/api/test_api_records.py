"""Records over HTTP: listed, opened, held back and put back, photographs in any size, one person's file."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from server.domain.events import Act, Event
from server.domain.gallery import Reference, Source
from server.domain.matchers import Matcher, Standing
from tests.fakes.clock import NOON
from tests.fakes.face_engine import photo
from tests.integration.api.caller import Caller
from tests.integration.api.test_api_forms import watched_files
from tests.world import PROVENANCE, World

HANDOVER = {"recipient": "The person, by post", "reason": "Request 2026/7"}


def photographed(world: World, width: int, height: int) -> Reference:
    """A reference with a real photograph, which carries a comment."""
    encoded = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 128, np.uint8)).save(encoded, "JPEG", comment=b"Quetzalowicz")
    ada = world.enrol("ada")
    template = world.engine.template_of([photo("ada")])
    stored = Reference("e" * 32, ada.subject_id, Source.CUSTODY, "Custody regulation 12", date(2024, 1, 31))
    with world.database.write() as unit:
        unit.subjects.enrol(stored, template, encoded.getvalue())
        unit.commit(Event(Act.REFERENCE_ENROLLED, None))
    return stored


def path_of(reference: Reference, what: str = "") -> str:
    return f"/v1/subjects/{reference.subject_id}/references/{reference.id}{what}"


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=("JPEG",))


# --- lists -----------------------------------------------------------------------------------------------------


def test_a_manager_lists_page_by_page(api: Caller, world: World) -> None:
    manager = world.manager()
    names: list[str] = []
    body: dict[str, object] = {"limit": 1}
    while True:
        page = api.call(manager, "POST", "/v1/subjects/list", json=body).json()
        names += [one["record_number"] for one in page["subjects"]]
        if page["next"] is None:
            break
        body["after"] = page["next"]
    assert sorted(names) == ["RN-berg-1", "RN-berg-2"]
    assert world.acts().count(Act.RECORDS_CONSULTED) == 3


def test_a_list_is_of_what_was_asked(api: Caller, world: World) -> None:
    manager = world.manager()
    missing = world.enrol("ada", Source.MISSING)
    held = replace(PROVENANCE, review_on=date(2030, 1, 31), station="Harbour")
    dated = world.workflows.enrolment.enrol(manager, missing.subject_id, held, photo("ada", "older"))

    def shown(**asked: str) -> set[str]:
        page = api.call(manager, "POST", "/v1/subjects/list", json=asked).json()
        return {reference["id"] for subject in page["subjects"] for reference in subject["references"]}

    assert shown(source="missing") == {missing.id}
    assert shown(station="harbour") == {dated.id}
    assert dated.id not in shown(review_before="2030-01-31")
    assert dated.id in shown(review_before="2030-02-01")
    assert shown(record_prefix="rn-ADA") == {missing.id, dated.id}
    assert shown(lawful_basis=PROVENANCE.lawful_basis.upper(), status="active", record_prefix="RN-ada") == {
        missing.id,
        dated.id,
    }
    assert shown(status="withdrawn") == set()


def test_a_record_is_opened(api: Caller, world: World) -> None:
    ada = world.enrol("ada")
    record = api.call(world.manager(), "GET", f"/v1/subjects/{ada.subject_id}").json()
    assert (record["record_number"], record["given_name"], record["born_on"]) == ("RN-ada", "Ada", None)
    assert record["references"] == [
        {
            "id": ada.id,
            "source": "custody",
            "status": "active",
            "lawful_basis": PROVENANCE.lawful_basis,
            "captured_on": "2024-01-31",
            "review_on": None,
            "station": "",
        }
    ]


# --- status ----------------------------------------------------------------------------------------------------


def test_a_quarantine_is_followed_like_an_erasure_and_taken_back(api: Caller, world: World) -> None:
    manager, ada = world.manager(), world.enrol("ada")
    path = path_of(ada, "/status")
    put = api.call(manager, "PUT", path, json={"status": "quarantined", "reason": "Complaint 12"})
    assert (put.status_code, put.json()["status"]) == (200, "quarantined")
    assert api.search(world.officer(), photo("ada")).candidates == ()
    index = put.json()["receipt"]["index"]
    version = world.database.gallery.version()
    world.matchers.stands = Standing({}, [Matcher("m0", "m/1", version - 1, 2, NOON)])
    assert api.call(manager, "GET", f"/v1/erasures/{index}").json()["complete"] is False
    world.matchers.stands = Standing({}, [Matcher("m0", "m/1", version, 2, NOON)])
    done = api.call(manager, "GET", f"/v1/erasures/{index}").json()
    assert (done["complete"], done["version"]) == (True, version)
    back = api.call(manager, "PUT", path, json={"status": "active", "reason": "Complaint settled"})
    assert "reference-restored" in back.json()["receipt"]["leaf"]
    assert len(api.search(world.officer("3982"), photo("ada")).candidates) == 1
    assert "Complaint" not in back.text


def test_a_withdrawal_is_final(api: Caller, world: World) -> None:
    manager, ada = world.manager(), world.enrol("ada")
    path = path_of(ada, "/status")
    assert api.call(manager, "PUT", path, json={"status": "withdrawn", "reason": "Acquitted"}).status_code == 200
    again = api.call(manager, "PUT", path, json={"status": "active", "reason": "A mistake"})
    assert (again.status_code, again.json()["type"]) == (409, "status-final")


# --- photographs -----------------------------------------------------------------------------------------------


def test_a_photograph_is_shown_whole_or_small_and_each_time_is_an_entry(api: Caller, world: World) -> None:
    manager, reference = world.manager(), photographed(world, 400, 200)
    whole = api.call(manager, "GET", path_of(reference, "/image"))
    small = api.call(manager, "GET", path_of(reference, "/image?size=80"))
    assert (whole.headers["Content-Type"], small.headers["Content-Type"]) == ("image/jpeg", "image/jpeg")
    assert (opened(whole.content).size, opened(small.content).size) == ((400, 200), (80, 40))
    assert b"Quetzalowicz" not in small.content
    assert world.acts()[-2:] == [Act.REFERENCE_VIEWED] * 2


def test_a_candidate_s_photograph_is_shown_small(api: Caller, world: World) -> None:
    photographed(world, 400, 200)
    state = world.database.state
    state.references = {"e" * 32: state.references["e" * 32]}
    search = api.search(world.officer(), photo("ada"))
    small = api.call(world.officer(), "GET", f"/v1/searches/{search.id}/candidates/A/image?size=100")
    assert opened(small.content).size == (100, 50)
    assert world.acts()[-1] == Act.CANDIDATE_VIEWED


def test_neither_thumbnail_nor_file_touches_the_disk(api: Caller, world: World) -> None:
    manager, reference = world.manager(), photographed(world, 1280, 960)
    path = f"/v1/subjects/{reference.subject_id}/export"
    api.call(manager, "GET", path_of(reference, "/image?size=64"))  # what is loaded at the first time may be compiled
    api.call(manager, "POST", path, json=HANDOVER)
    with watched_files() as written:
        assert api.call(manager, "GET", path_of(reference, "/image?size=640")).status_code == 200
        assert api.call(manager, "POST", path, json=HANDOVER).status_code == 200
    assert written == []


# --- one person's file -----------------------------------------------------------------------------------------


def test_one_person_s_file_comes_as_a_zip(api: Caller, world: World) -> None:
    manager, reference = world.manager(), photographed(world, 400, 200)
    answer = api.call(manager, "POST", f"/v1/subjects/{reference.subject_id}/export", json=HANDOVER)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="subject-{reference.subject_id}.zip"'
    file = ZipFile(io.BytesIO(answer.content))
    document = json.loads(file.read("data.json"))
    assert file.namelist()[:2] == ["summary.html", "data.json"]
    assert len(document["references"]) == 2
    assert opened(file.read(f"images/{reference.id}.jpg")).size == (400, 200)
    entry = world.last(Act.SUBJECT_EXPORTED)
    assert (entry.actor_id, entry.private) == (manager.id, HANDOVER)


@pytest.mark.parametrize("who", ["officer", "supervisor"])
def test_others_get_neither_photograph_nor_file(api: Caller, world: World, who: str) -> None:
    ada = world.enrol("ada")
    actor = getattr(world, who)()
    assert api.call(actor, "GET", path_of(ada, "/image?size=80")).status_code == 403
    assert api.call(actor, "POST", f"/v1/subjects/{ada.subject_id}/export", json=HANDOVER).status_code == 403
