"""The composition root: settings -> adapters -> workflows -> one application. Closes and pings what it opened."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI

from server.config import Settings, prepare_home
from server.domain.model_errors import ModelUncalibrated
from server.domain.policy import Policy
from server.face.engine import Engine
from server.face.weights import Calibration, Manifest
from server.identity.passwords import Argon2Passwords
from server.identity.tokens import SystemRandomness
from server.matching.lookalikes import GalleryLookalikes, TrialLookalikes
from server.storage.probe_vault import RedisProbeVault
from server.storage.unit_of_work import SqlDatabase
from server.stores import Gallery, SystemClock, opened_database, opened_gallery, opened_index, opened_redis, stored_rows
from server.sweeping import Sweeper
from server.telemetry import RequestLog
from server.web.api.views import Stage
from server.web.deps import Pings, SearchPlaces, Workflows
from server.web.opening import Opening
from server.web.site import site
from server.workflow.access import Access
from server.workflow.adjudication import Adjudication
from server.workflow.bulk_enrolment import BulkEnrolment
from server.workflow.coverage import Coverage
from server.workflow.duplicates import DuplicateReview
from server.workflow.enrolment import Enrolment
from server.workflow.erasure import Erasures
from server.workflow.identification import Identification
from server.workflow.late_comparison import LateComparison
from server.workflow.re_embedding import ChangeOver, ReEmbedding
from server.workflow.records import Records
from server.workflow.rehearsal import Rehearsal
from server.workflow.retention import Retention
from server.workflow.review import Supervision
from server.workflow.subject_access import SubjectAccess
from server.workflow.withdrawal import Withdrawal


@dataclass(frozen=True)
class Service:
    """Everything one running server holds open."""

    application: FastAPI
    workflows: Workflows
    database: SqlDatabase
    engine: Engine


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
def opened(settings: Settings, opening: Opening | None = None) -> Iterator[Service]:
    """The whole server: database, Redis, face engine, matcher and the clock's sweep.

    `opening` is told how far it is, and answers callers by the application from then on.
    """
    opening = opening or Opening()
    with ExitStack() as closing:
        model = calibrated_manifest(settings, settings.model).model_id
        database = closing.enter_context(opened_database(settings))
        opening.stage = Stage.CACHE
        redis = closing.enter_context(opened_redis(settings))
        gallery = closing.enter_context(opened_gallery(model, settings, database, redis, settings.effort))
        opening.loading = lambda: gallery.loading
        closing.enter_context(gallery.following())  # loads beside the engine; /readyz tells how far it is
        opening.stage = Stage.ENGINE
        engine = engine_of(settings, settings.model)
        vault, coverage, policy = RedisProbeVault(redis), Coverage(database.gallery, model), policy_of(settings, engine)
        workflows = _workflows(settings, database, vault, engine, gallery, coverage=coverage, policy=policy)
        late = _late_comparison(settings, database, engine, gallery)
        acts = (workflows.retention.sweep, workflows.erasures.settle, late.catch_up)
        sweeper = closing.enter_context(Sweeper(acts, settings.sweep_seconds))
        pings: Pings = {
            "database": database.ping,
            "cache": partial(_ping_each, (vault.ping, gallery.ping)),
            "engine": engine.ping,
            "gallery": coverage.check,
            "background": sweeper.check,
        }
        service = Service(_application(settings, workflows, pings, gallery), workflows, database, engine)
        opening.site = service.application
        yield service


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
    lookalikes = GalleryLookalikes(engine.model, database.gallery, partial(stored_rows, settings, engine.model))
    clock, randomness, threshold = SystemClock(), SystemRandomness(), policy_of(settings, engine).threshold
    with opened_index(settings, database, engine.model) as gallery:
        yield BulkEnrolment(database, engine, gallery, lookalikes, clock, randomness, threshold, batch)


def rehearsal(settings: Settings, database: SqlDatabase, batch: int) -> Rehearsal:
    """The active model's engine, and the gallery to compare with as it is now; nobody is told of anything."""
    calibrated_manifest(settings, settings.model)
    engine = engine_of(settings, settings.model)
    lookalikes = TrialLookalikes(engine.model, database.gallery, partial(stored_rows, settings, engine.model))
    return Rehearsal(database, engine, lookalikes, SystemRandomness(), policy_of(settings, engine).threshold, batch)


def _ping_each(pings: Sequence[Callable[[], None]]) -> None:
    for ping in pings:
        ping()


def _late_comparison(settings: Settings, database: SqlDatabase, engine: Engine, gallery: Gallery) -> LateComparison:
    clock, randomness, threshold = SystemClock(), SystemRandomness(), policy_of(settings, engine).threshold
    return LateComparison(database, database.gallery, gallery, engine.model, clock, randomness, threshold)


def _workflows(
    settings: Settings,
    database: SqlDatabase,
    vault: RedisProbeVault,
    engine: Engine,
    gallery: Gallery,
    *,
    coverage: Coverage,
    policy: Policy,
) -> Workflows:
    clock, randomness = SystemClock(), SystemRandomness()
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
