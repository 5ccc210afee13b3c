"""The composition root: settings -> adapters -> workflows -> one application. Closes and pings what it opened."""

from __future__ import annotations

import gc
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI
from redis import Redis

from server.audit.checkpoint import Signer, Verifier
from server.audit.verify import Report
from server.config import Settings, prepare_home
from server.domain.errors import Unavailable
from server.domain.model_errors import ModelUncalibrated
from server.domain.policy import Policy
from server.face.engine import Engine
from server.face.weights import Calibration, Manifest
from server.identity.passwords import Argon2Passwords
from server.identity.tokens import SystemRandomness
from server.matching.connection import connect
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.lookalikes import GalleryLookalikes
from server.matching.vector_set import VectorSetGallery, forget_gallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from server.storage.crypto import MasterKey
from server.storage.probe_vault import RedisProbeVault
from server.storage.signing_key import load_signer
from server.storage.trail_check import verify_address
from server.storage.unit_of_work import SqlDatabase, open_database
from server.telemetry import RequestLog
from server.web.deps import Pings, SearchPlaces, Workflows
from server.web.site import site
from server.workflow.access import Access
from server.workflow.adjudication import Adjudication
from server.workflow.bulk_enrolment import BulkEnrolment
from server.workflow.coverage import Coverage
from server.workflow.duplicates import DuplicateReview
from server.workflow.enrolment import Enrolment
from server.workflow.erasure import Erasures
from server.workflow.identification import Identification
from server.workflow.re_embedding import ChangeOver, ReEmbedding
from server.workflow.records import Records
from server.workflow.retention import Retention
from server.workflow.review import Supervision
from server.workflow.subject_access import SubjectAccess
from server.workflow.withdrawal import Withdrawal

Gallery = ExactGallery | VectorSetGallery


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """Everything one running server holds open."""

    application: FastAPI
    workflows: Workflows
    database: SqlDatabase
    engine: Engine


def master_key(settings: Settings) -> MasterKey:
    """The key of OIFR_MASTER_KEY, or the one in the home's key file, made at the first start."""
    if settings.master_key is not None:
        return MasterKey.from_text(settings.master_key.get_secret_value())
    return MasterKey.from_file(settings.home / "master.key")


def signer(settings: Settings) -> Signer:
    """The key that signs the trail's checkpoints, made at the first start."""
    return load_signer(prepare_home(settings.home) / "audit.key", settings.origin)


def verifier(settings: Settings) -> Verifier:
    """The public half of `signer`."""
    return signer(settings).verifier


@contextmanager
def opened_database(settings: Settings) -> Iterator[SqlDatabase]:
    """The database alone, for commands that need nothing else. Raises DatabaseUnavailable or SealBroken."""
    prepare_home(settings.home)
    database = open_database(
        settings.database,
        master_key(settings),
        signer(settings),
        clock=SystemClock(),
        fresh_salt=lambda: secrets.token_bytes(16),
    )
    try:
        yield database
    finally:
        database.close()


def verified_trail(settings: Settings) -> Report:
    """Verify the trail in the settings' database; raises DatabaseUnavailable or SealBroken, of the key files."""
    prepare_home(settings.home)
    return verify_address(settings.database, master_key(settings), verifier(settings))


def access_of(database: SqlDatabase, settings: Settings) -> Access:
    return Access(database, Argon2Passwords(), SystemClock(), SystemRandomness(), settings.session_length)


def engine_of(settings: Settings, model: str) -> Engine:
    """The engine of a model alone; takes seconds. Raises ModelUnknown or WeightsUnverified."""
    with _rubbish_left():
        return Engine.load(settings.models, prepare_home(settings.home), model)


def engine_to_evaluate(settings: Settings, model: str, threshold: float) -> Engine:
    """The engine of a model that may have no calibration yet; `threshold` is then the score to report at."""
    stand_in = Calibration(threshold, threshold, gallery_size=0, strangers=0, fpir=1.0, data="none yet")
    with _rubbish_left():
        return Engine.load(settings.models, prepare_home(settings.home), model, stand_in)


@contextmanager
def _rubbish_left() -> Iterator[None]:
    """No garbage collection meanwhile: importing TensorFlow makes objects that stay, and searching them takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """The whole server: database, Redis, face engine, matcher and the clock's sweep."""
    with ExitStack() as closing:
        model = calibrated_manifest(settings, settings.model).model_id
        database = closing.enter_context(opened_database(settings))
        redis = closing.enter_context(_opened_redis(settings))
        gallery = closing.enter_context(_opened_gallery(model, settings, database, redis, settings.effort))
        closing.enter_context(gallery.following())  # loads beside the engine; /readyz tells how far it is
        engine = engine_of(settings, settings.model)
        policy = policy_of(settings, engine)
        coverage = Coverage(database.gallery, model)
        workflows = _workflows(settings, database, redis, engine, gallery, coverage=coverage, policy=policy)
        closing.enter_context(_sweeping(workflows.retention, workflows.erasures, settings.sweep_seconds))
        pings = {
            "database": database.ping,
            "cache": gallery.ping,
            "engine": engine.ping,
            "gallery": coverage.check,
        }
        yield Service(_application(settings, workflows, pings, gallery), workflows, database, engine)


def manifest_of(settings: Settings, model: str) -> Manifest:
    """Raises ModelUnknown or WeightsUnverified."""
    return Manifest.named(settings.models, model)


def calibrated_manifest(settings: Settings, model: str) -> Manifest:
    """The manifest of a model that may be activated. Raises ModelUnknown, ModelUncalibrated or WeightsUnverified."""
    manifest = manifest_of(settings, model)
    if manifest.calibration is None:
        raise ModelUncalibrated(
            f"The model {model} has no calibration, so nobody knows its threshold. Measure one with "
            f"`oifr evaluate --calibrate` before it is activated."
        )
    return manifest


def change_over(settings: Settings, database: SqlDatabase) -> ChangeOver:
    return ChangeOver(database, database.gallery, calibrated_manifest(settings, settings.model).model_id)


@contextmanager
def opened_re_embedding(settings: Settings, database: SqlDatabase, model: str, batch: int) -> Iterator[ReEmbedding]:
    """The engine of `model` and what its templates need; a server that runs here is told of each batch."""
    calibrated_manifest(settings, model)
    engine = engine_of(settings, model)
    with opened_index(settings, database, engine.model) as gallery:
        yield ReEmbedding(database, engine, gallery, batch)


@contextmanager
def opened_enrolment(settings: Settings, database: SqlDatabase, batch: int) -> Iterator[BulkEnrolment]:
    """The active model's engine and what enrolling many needs; a server that runs here is told of each batch."""
    calibrated_manifest(settings, settings.model)
    engine = engine_of(settings, settings.model)
    lookalikes = GalleryLookalikes(engine.model, database.gallery)
    clock, randomness, threshold = SystemClock(), SystemRandomness(), policy_of(settings, engine).threshold
    with opened_index(settings, database, engine.model) as gallery:
        yield BulkEnrolment(database, engine, gallery, lookalikes, clock, randomness, threshold, batch)


@contextmanager
def opened_index(settings: Settings, database: SqlDatabase, model_id: str) -> Iterator[Gallery]:
    """A model's index beside a running server's, to tell it of changes; with no server there is nobody to tell."""
    with (
        connect(settings.redis or EmbeddedRedis(settings.home / "redis").url) as redis,
        _opened_gallery(model_id, settings, database, redis) as gallery,
    ):
        yield gallery


@contextmanager
def _opened_gallery(
    model_id: str, settings: Settings, database: SqlDatabase, redis: Redis, effort: int | None = None
) -> Iterator[Gallery]:
    """The index that the settings name; only a search needs `effort`."""
    cipher = master_key(settings).derived_cipher("gallery cache")
    if settings.matcher == "exact" or settings.vector_set_url is None:
        yield ExactGallery(model_id, database.gallery, redis, cipher)
        return
    with suppress(Unavailable):  # the exact matcher's rows, from which nobody would erase any more
        forget_gallery(redis, cipher, model_id)
    layout = Layout(model_id, settings.vector_set_partitions, Precision(settings.vector_set_precision))
    server = VectorServer(settings.vector_set_url.get_secret_value(), settings.vector_set_seconds)
    with VectorSetGallery(layout, database.gallery, server, effort) as gallery:
        yield gallery


@contextmanager
def _opened_redis(settings: Settings) -> Iterator[Redis]:
    with ExitStack() as closing:
        url = settings.redis
        if url is None:
            url = closing.enter_context(EmbeddedRedis(settings.home / "redis")).url
        yield closing.enter_context(connect(url))


def _workflows(
    settings: Settings,
    database: SqlDatabase,
    redis: Redis,
    engine: Engine,
    gallery: Gallery,
    *,
    coverage: Coverage,
    policy: Policy,
) -> Workflows:
    clock, randomness, vault = SystemClock(), SystemRandomness(), RedisProbeVault(redis)
    retention = Retention(database, vault, clock)
    return Workflows(
        access=access_of(database, settings),
        identification=Identification(
            database, engine, gallery, database.gallery, coverage, vault, retention, policy, clock, randomness
        ),
        adjudication=Adjudication(database, retention, clock),
        enrolment=Enrolment(database, engine, gallery, clock, randomness, policy.threshold),
        duplicates=DuplicateReview(database),
        erasures=Erasures(database, database.gallery, gallery),
        withdrawal=Withdrawal(database, engine, gallery, database.gallery),
        records=Records(database),
        subject_access=SubjectAccess(database, clock),
        supervision=Supervision(database, retention, clock),
        retention=retention,
    )


def policy_of(settings: Settings, engine: Engine) -> Policy:
    """The policy the settings describe; its version is a digest, so that two different ones never share it."""
    threshold = engine.calibration.threshold if settings.threshold is None else settings.threshold
    described = f"{engine.model} {threshold!r} {settings.cap} {settings.minutes_to_decide}"
    if settings.effort is not None:
        described += f" {settings.effort} of {settings.vector_set_partitions} {settings.vector_set_precision}"
    version = f"settings-{hashlib.sha256(described.encode()).hexdigest()[:12]}"
    return Policy(version, threshold, settings.cap, settings.time_to_decide, settings.effort)


def _application(settings: Settings, workflows: Workflows, pings: Pings, gallery: Gallery) -> FastAPI:
    places = SearchPlaces(settings.search_places, settings.patience_seconds)
    application = site(workflows, places, pings, loading=lambda: gallery.loading)
    application.add_middleware(RequestLog, new_id=SystemRandomness().id, timer=time.perf_counter)
    return application


@contextmanager
def _sweeping(retention: Retention, erasures: Erasures, seconds: float) -> Iterator[None]:
    """Expire overdue searches and record completed erasures by the clock, also when nobody calls."""
    ended = threading.Event()

    def sweep() -> None:
        while not ended.wait(seconds):
            with suppress(Unavailable):  # tried again at the next beat
                retention.sweep()
                erasures.settle()

    sweeper = threading.Thread(target=sweep, name="sweeper", daemon=True)
    sweeper.start()
    try:
        yield
    finally:
        ended.set()
        sweeper.join()


def bound(host: str, port: int) -> socket.socket:
    """A socket that holds the address before the engine loads; `port` 0 takes a free one. Raises Unavailable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
    except OSError as error:
        place.close()
        raise Unavailable(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    return place


def url_of(host: str, place: socket.socket) -> str:
    """Where a server on the bound socket is reached."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{place.getsockname()[1]}"


def server_of(service: Service) -> uvicorn.Server:
    """A server of the application, to be run on a bound socket."""
    return uvicorn.Server(uvicorn.Config(service.application, log_config=None, access_log=False, server_header=False))


@contextmanager
def running(service: Service, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve from a thread of this process and yield the base URL; `port` 0 takes a free one."""
    server = server_of(service)
    with bound(host, port) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, name="uvicorn", daemon=True)
        thread.start()
        try:
            yield url_of(host, place)
        finally:
            server.should_exit = True
            thread.join()
