"""The composition root: settings -> adapters -> workflows -> one application. Closes and pings what it opened."""

from __future__ import annotations

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
from server.domain.policy import Policy
from server.face.engine import Engine
from server.identity.passwords import Argon2Passwords
from server.identity.tokens import SystemRandomness
from server.matching.connection import connect
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.storage.crypto import MasterKey
from server.storage.probe_vault import RedisProbeVault
from server.storage.signing_key import load_signer
from server.storage.trail_check import verify_address
from server.storage.unit_of_work import SqlDatabase, open_database
from server.telemetry import RequestLog
from server.web.deps import SearchPlaces, Workflows
from server.web.site import site
from server.workflow.access import Access
from server.workflow.adjudication import Adjudication
from server.workflow.enrolment import Enrolment
from server.workflow.identification import Identification
from server.workflow.retention import Retention
from server.workflow.review import Supervision


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


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """The whole server: database, Redis, face engine, matcher and the clock's sweep."""
    with ExitStack() as closing:
        database = closing.enter_context(opened_database(settings))
        redis = closing.enter_context(_opened_redis(settings))
        engine = Engine.load(settings.models, settings.home)
        gallery = ExactGallery(
            engine.model, database.gallery, redis, master_key(settings).derived_cipher("gallery cache")
        )
        with suppress(Unavailable):  # /readyz tells; the next search tries again
            gallery.warm()
        workflows = _workflows(settings, database, redis, engine, gallery)
        closing.enter_context(_sweeping(workflows.retention, settings.sweep_seconds))
        yield Service(_application(settings, workflows, database, engine, gallery), workflows, database, engine)


@contextmanager
def _opened_redis(settings: Settings) -> Iterator[Redis]:
    with ExitStack() as closing:
        url = settings.redis
        if url is None:
            url = closing.enter_context(EmbeddedRedis(settings.home / "redis")).url
        yield closing.enter_context(connect(url))


def _workflows(
    settings: Settings, database: SqlDatabase, redis: Redis, engine: Engine, gallery: ExactGallery
) -> Workflows:
    clock, randomness, vault = SystemClock(), SystemRandomness(), RedisProbeVault(redis)
    retention = Retention(database, vault, clock)
    policy = policy_of(settings, engine)
    return Workflows(
        access=access_of(database, settings),
        identification=Identification(
            database, engine, gallery, database.gallery, vault, retention, policy, clock, randomness
        ),
        adjudication=Adjudication(database, retention, clock),
        enrolment=Enrolment(database, engine, gallery, randomness),
        supervision=Supervision(database, retention, clock),
        retention=retention,
    )


def policy_of(settings: Settings, engine: Engine) -> Policy:
    """The policy the settings describe; its version is a digest, so that two different ones never share it."""
    threshold = engine.calibration.threshold if settings.threshold is None else settings.threshold
    described = f"{engine.model} {threshold!r} {settings.cap} {settings.minutes_to_decide}"
    version = f"settings-{hashlib.sha256(described.encode()).hexdigest()[:12]}"
    return Policy(version, threshold, settings.cap, settings.time_to_decide)


def _application(
    settings: Settings, workflows: Workflows, database: SqlDatabase, engine: Engine, gallery: ExactGallery
) -> FastAPI:
    pings = {"database": database.ping, "cache": gallery.ping, "engine": engine.ping}
    application = site(workflows, SearchPlaces(settings.search_places, settings.patience_seconds), pings)
    application.add_middleware(RequestLog, new_id=SystemRandomness().id, timer=time.perf_counter)
    return application


@contextmanager
def _sweeping(retention: Retention, seconds: float) -> Iterator[None]:
    """Expire overdue searches by the clock, also when nobody calls."""
    ended = threading.Event()

    def sweep() -> None:
        while not ended.wait(seconds):
            with suppress(Unavailable):  # tried again at the next beat
                retention.sweep()

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
