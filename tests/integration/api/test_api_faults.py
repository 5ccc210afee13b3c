"""Parts that are down, places that are taken, and faults of our own: told plainly, with nothing inside."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from threading import Event

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from server.domain.errors import GalleryLoading, Unavailable
from server.domain.events import Act
from server.domain.matchers import Loading, Phase
from server.domain.model_errors import TemplateInvalid
from server.sweeping import Sweeper
from server.telemetry import JsonLines, RequestLog
from server.web.site import site
from server.workflow.coverage import Coverage
from server.workflow.re_embedding import ReEmbedding
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.memory_gallery import MemoryGallery
from tests.integration.api.caller import Caller, probe
from tests.world import World

WORDS = "necessity of Quetzalowicz at /server/domain/probe.py"


class FaultyEngine(FakeFaceEngine):
    """Fails as no port allows."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    def portrait_of(self, image: bytes) -> bytes:
        raise self._fault

    def ping(self) -> None:
        raise self._fault


def cut_cache(world: World) -> None:
    world.gallery.down = True


def cut_vault(world: World) -> None:
    world.vault.down = True


def cut_database(world: World) -> None:
    world.database.available = False


@pytest.mark.parametrize(
    ("cut", "slug"),
    [(cut_cache, "cache-unavailable"), (cut_vault, "cache-unavailable"), (cut_database, "database-unavailable")],
)
def test_a_part_that_is_down_answers_503_and_nothing_is_stored(
    api: Caller, world: World, cut: Callable[[World], None], slug: str
) -> None:
    officer = world.officer()
    api.headers(officer)
    before, acts = world.stored(), world.acts
    length = len(acts())
    cut(world)
    answer = api.call(officer, "POST", "/v1/searches", files=probe(photo("berg-1")))
    assert (answer.status_code, answer.json()["type"]) == (503, slug)
    assert int(answer.headers["Retry-After"]) > 0
    world.database.available = True
    assert (world.stored(), len(acts())) == (before, length)


def test_a_search_without_a_part_of_the_gallery_is_refused_on_the_record(api: Caller, world: World) -> None:
    officer = world.officer()
    api.headers(officer)
    before = world.stored()
    world.gallery.incomplete = True
    answer = api.call(officer, "POST", "/v1/searches", files=probe(photo("berg-1")))
    assert (answer.status_code, answer.json()["type"]) == (503, "search-incomplete")
    assert int(answer.headers["Retry-After"]) > 0
    assert world.stored() == before
    assert world.acts()[-1] is Act.REFUSED
    entry = world.last(Act.REFUSED)
    assert entry.actor_id == officer.id
    assert json.loads(entry.leaf)["details"] == {"attempted": "POST /v1/searches", "problem": "search-incomplete"}
    world.gallery.incomplete = False
    assert api.search(officer, photo("berg-1")).undecided


def test_a_refusal_that_cannot_be_recorded_is_not_given_its_reason(api: Caller, world: World) -> None:
    officer = world.officer()
    api.headers(officer)
    cut_database(world)
    answer = api.call(officer, "GET", "/v1/searches/malformed")
    assert (answer.status_code, answer.json()["type"]) == (503, "database-unavailable")


def test_all_places_taken_is_busy(api: Caller, world: World) -> None:
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(world.places.taken())
        answer = api.call(world.officer(), "POST", "/v1/searches", files=probe(photo("berg-1")))
    assert (answer.status_code, answer.json()["type"]) == (503, "busy")
    assert world.database.state.searches == {}
    assert api.search(world.officer(), photo("berg-1")).undecided


@pytest.fixture
def faulty(world: World, request: pytest.FixtureRequest) -> World:
    """A world whose engine fails with the error that the test names."""
    faulty = World()
    faulty.engine = FaultyEngine(request.param)
    faulty.workflows = faulty.compose()
    return faulty


FAULTS = [LookupError(WORDS), TemplateInvalid(WORDS), ExceptionGroup(WORDS, [OSError(WORDS)])]


@pytest.mark.parametrize("faulty", FAULTS, indirect=True, ids=lambda fault: type(fault).__name__)
def test_a_fault_of_ours_tells_nothing(faulty: World, caplog: pytest.LogCaptureFixture) -> None:
    manager = faulty.manager()
    subject = faulty.workflows.enrolment.add_subject(manager, "RN-1", "Ada", "Quetzalowicz", None)
    record = {"source": "custody", "lawful_basis": "Regulation 12", "captured_on": "2024-01-31"}
    parts = [("record", (None, json.dumps(record).encode())), ("image", ("a.jpg", photo("ada")))]
    with Caller(faulty) as api, caplog.at_level(logging.ERROR, "oifr.web"):
        answer = api.call(manager, "POST", f"/v1/subjects/{subject.id}/references", files=parts)
    assert (answer.status_code, answer.json()["type"]) == (500, "internal")
    assert set(answer.json()) == {"type", "title", "status"}
    assert faulty.database.state.references == {}
    (logged,) = [record for record in caplog.records if record.name == "oifr.web"]
    assert "portrait_of:" in vars(logged)["place"]
    assert WORDS not in str(vars(logged))


async def test_a_fault_is_found_in_the_log_by_the_id_in_its_answer(world: World) -> None:
    world.engine = FaultyEngine(LookupError(WORDS))
    app, written, log = site_of(world), io.StringIO(), logging.getLogger("oifr.web")
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/readyz")
    log.removeHandler(handler)
    line = json.loads(written.getvalue())
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (500, "request-1")
    assert (line["event"], line["fault"], line["request"]) == ("fault", "LookupError", "request-1")


def site_of(world: World) -> FastAPI:
    """The application as the composition root wraps it."""
    app = world.app()
    app.add_middleware(RequestLog, new_id="request-1".__str__, timer=count().__next__)
    return app


def test_after_a_fault_the_service_goes_on(world: World) -> None:
    world.engine = FaultyEngine(LookupError(WORDS))
    world.workflows = world.compose()
    with Caller(world) as api:
        assert api.call(None, "GET", "/readyz").status_code == 500
        assert api.call(None, "GET", "/healthz").json() == {"status": "ok"}


def test_readiness_names_the_part_that_is_down(api: Caller, world: World) -> None:
    ready = api.call(None, "GET", "/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    cut_cache(world)
    down = api.call(None, "GET", "/readyz")
    assert (down.status_code, down.json()["ready"]) == (503, False)
    assert down.json()["parts"] == {"database": "ok", "cache": "cache-unavailable", "engine": "ok", "gallery": "ok"}


def test_readiness_tells_how_far_the_gallery_is_loaded(world: World) -> None:
    def loading() -> None:
        raise GalleryLoading

    how_far = Loading(Phase.FROM_DATABASE, 250_000, 1_000_000)
    application = site(world.workflows, world.places, {"cache": loading}, loading=lambda: how_far)
    answer = TestClient(application).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "stage": "gallery",
        "parts": {"cache": "gallery-loading"},
        "loading": {"phase": "reading-database", "rows": 250_000, "total": 1_000_000, "percent": 25},
    }


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_readiness_tells_of_a_thread_that_has_ended(world: World) -> None:
    def fault() -> None:
        ended.set()
        raise LookupError

    ended = Event()
    with Sweeper((fault,), 0.001) as sweeper:
        assert ended.wait(20)
        application = site(world.workflows, world.places, {"background": sweeper.check}, loading=Loading)
        answers = (TestClient(application).get("/readyz") for _ in range(1000))
        answer = next(answer for answer in answers if answer.status_code == 503)
    assert answer.json()["parts"] == {"background": "background-work-ended"}


def test_an_engine_that_is_down_is_not_ready(world: World) -> None:
    world.engine = FaultyEngine(Unavailable())
    with Caller(world) as api:
        assert api.call(None, "GET", "/readyz").json()["parts"]["engine"] == "unavailable"


def test_strangers_leave_no_entry_in_the_trail(api: Caller, world: World) -> None:
    length = len(world.entries())
    for path in ("/v1/searches/current", "/v1/audit/entries", "/nowhere", "/v1/searches/malformed"):
        api.call(None, "GET", path)
    assert len(world.entries()) == length
    assert Act.REFUSED not in world.acts()


def active_model_changed(world: World) -> Coverage:
    """The server as it is started anew with another model, whose templates nobody has made yet."""
    world.engine = FakeFaceEngine("named-faces/2")
    world.gallery = MemoryGallery(world.engine.model, world.database.gallery)
    world.coverage = Coverage(world.database.gallery, world.engine.model)
    world.workflows = world.compose()
    return world.coverage


def test_a_gallery_that_the_active_model_does_not_cover_stops_searching_alone(world: World) -> None:
    decided = world.decided(world.officer(), photo("berg-1"))
    active_model_changed(world)
    before = (world.stored(), world.acts())
    with Caller(world) as api:
        refused = api.call(world.officer(), "POST", "/v1/searches", files=probe(photo("berg-1")))
        assert (refused.status_code, refused.json()["type"]) == (503, "gallery-incomplete")
        assert "oifr gallery re-embed" in refused.json()["title"]
        assert (world.stored(), world.acts()[: len(before[1])]) == before
        ready = api.call(None, "GET", "/readyz")
        assert (ready.status_code, ready.json()["parts"]["gallery"]) == (503, "gallery-incomplete")
        assert api.call(world.supervisor(), "GET", "/v1/audit/checkpoint").status_code == 200
        assert api.call(world.officer(), "GET", f"/v1/searches/{decided.id}").status_code == 200
        assert api.call(None, "GET", "/healthz").status_code == 200


def test_searching_goes_on_when_the_gallery_is_re_embedded(world: World) -> None:
    active_model_changed(world)
    engine = FakeFaceEngine("named-faces/2", refused=frozenset({"berg-2"}))
    with Caller(world) as api:
        officer = world.officer()
        refused = api.call(officer, "POST", "/v1/searches", files=probe(photo("berg-1")))
        assert refused.json()["type"] == "gallery-incomplete"
        list(ReEmbedding(world.database, engine, world.gallery, 10).run())
        assert len(api.search(officer, photo("berg-1")).candidates) == 1
        assert api.call(None, "GET", "/readyz").json()["parts"]["gallery"] == "ok"
