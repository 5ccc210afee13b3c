"""How long a matcher takes to be warm: from a real database, and from Redis; and how soon it drops what was erased.

python -m bench.warm FOLDER [--rows 100000] [--dimension 128] [--image-bytes 64]

FOLDER keeps the made-up gallery, so that a second run measures at once.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Connection, insert

from bench.galleries import SEED, seconds
from bench.population import FACES, Vectors
from server.domain.face import Template
from server.domain.gallery import Source, Status
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.storage.crypto import MasterKey
from server.storage.data_keys import DataKeys
from server.storage.engine import emptied_log, open_engine, writing
from server.storage.sealed_templates import seal_template
from server.storage.signing_key import load_signer
from server.storage.tables import gallery_changes, refs, subjects, templates
from server.storage.unit_of_work import SqlDatabase, open_database

MODEL = "bench/1"
BATCH = 4096


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main() -> None:
    options = parsed_options()
    folder: Path = options.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = MasterKey.from_file(folder / "master.key")
    database = opened(folder, key)
    if database.gallery.version() == 0:
        took = seconds(lambda: fill(folder, database.keys, options))
        print(f"made {options.rows:,} references in {took:.0f} s")
    cipher = key.derived_cipher("gallery cache")
    with EmbeddedRedis(folder / "redis") as redis, redis.client() as client:
        client.flushall()
        for what in ("from the database (read, opened, sealed, stored)", "from Redis", "from Redis again"):
            gallery = ExactGallery(MODEL, database.gallery, client, cipher)
            print(f"  {what:<52}{seconds(gallery.warm):>8.2f} s")
    database.close()


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--image-bytes", type=int, default=64, help="Size of the stand-in for each stored image.")
    return parser.parse_args()


def opened(folder: Path, key: MasterKey) -> SqlDatabase:
    return open_database(
        address(folder),
        key,
        load_signer(folder / "audit.key", "bench"),
        clock=Now(),
        fresh_salt=lambda: os.urandom(16),
    )


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'oifr.sqlite'}"


def fill(folder: Path, keys: DataKeys, options: argparse.Namespace) -> None:
    """Straight into the tables, as enrolling leaves them: an audit entry for each would take an hour."""
    vectors = FACES.templates(options.rows, 1, options.dimension, SEED)
    engine = open_engine(address(folder))
    with writing(engine).begin() as connection:
        for start in range(0, options.rows, BATCH):
            insert_batch(connection, keys, start, vectors[start : start + BATCH], options.image_bytes)
        connection.execute(insert(gallery_changes).values(version=options.rows, reference_id="bench", change="added"))
    emptied_log(engine)


def insert_batch(connection: Connection, keys: DataKeys, start: int, vectors: Vectors, image_bytes: int) -> None:
    ids = [os.urandom(16).hex() for _ in vectors]
    person, image = os.urandom(200), os.urandom(image_bytes)
    connection.execute(
        insert(subjects),
        [{"id": name, "record_number_digest": b"%d" % (start + n), "person": person} for n, name in enumerate(ids)],
    )
    shared = {"source": Source.CUSTODY, "status": Status.ACTIVE, "captured_on": date(2026, 1, 31)}
    sealed = {"lawful_basis": os.urandom(60), "image": image}
    connection.execute(insert(refs), [{"id": name, "subject_id": name, **shared, **sealed} for name in ids])
    connection.execute(
        insert(templates),
        [
            {"reference_id": name, "model": MODEL, "template": seal_template(keys, name, Template(MODEL, vector))}
            for name, vector in zip(ids, vectors, strict=True)
        ],
    )


if __name__ == "__main__":
    main()
