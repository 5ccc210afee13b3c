"""What holds data: database, Redis and the gallery's index, opened as the settings say; and the keys they need."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

from redis import Redis

from server.audit.checkpoint import Signer, Verifier
from server.audit.verify import Report
from server.config import Settings, prepare_home
from server.domain.errors import Unavailable
from server.matching.cache import GalleryCache
from server.matching.connection import connect
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.lookalikes import Snapshot, snapshot
from server.matching.vector_set import VectorSetGallery, forget_gallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from server.storage.crypto import MasterKey
from server.storage.signing_key import load_signer
from server.storage.trail_check import verify_address
from server.storage.unit_of_work import SqlDatabase, open_database

Gallery = ExactGallery | VectorSetGallery


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


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


@contextmanager
def opened_index(settings: Settings, database: SqlDatabase, model_id: str) -> Iterator[Gallery]:
    """A model's index beside a running server's, to tell it of changes; with no server there is nobody to tell."""
    with (
        connect(settings.redis or EmbeddedRedis(settings.home / "redis").url) as redis,
        opened_gallery(model_id, settings, database, redis) as gallery,
    ):
        yield gallery


@contextmanager
def opened_gallery(
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


def stored_rows(settings: Settings, model_id: str) -> Snapshot | None:
    """What the cache holds of a model's gallery; None where it holds nothing of use or does not answer."""
    cipher = master_key(settings).derived_cipher("gallery cache")
    with suppress(Unavailable), connect(settings.redis or EmbeddedRedis(settings.home / "redis").url) as redis:
        return snapshot(GalleryCache(redis, cipher, model_id))
    return None


@contextmanager
def opened_redis(settings: Settings) -> Iterator[Redis]:
    with ExitStack() as closing:
        url = settings.redis
        if url is None:
            url = closing.enter_context(EmbeddedRedis(settings.home / "redis")).url
        yield closing.enter_context(connect(url))
