"""Every table of the database. `Sealed` columns hold ciphertext of `data_keys`, bound to table, column and row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    type_coerce,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NullType, TypeEngine

from server.domain.errors import StoredValueAltered
from server.domain.search import SearchState

Sealed = LargeBinary
"""AES-256-GCM ciphertext: image, template, name, free text or key."""

Digest = LargeBinary
"""A hash of 32 bytes: SHA-256, or HMAC-SHA-256 where the hashed text could be guessed."""

AnyRow = Row[*tuple[Any, ...]]

BigSerial = BigInteger().with_variant(Integer, "sqlite")


class SqliteMoment(sqlite.DATETIME):
    """The text in which SQLite keeps a moment, whose order is that of time. SQLite lets anybody put anything there."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        parse: Any = super().result_processor(dialect, coltype)

        def read(stored: Any) -> Any:
            try:
                return parse(stored)
            except (TypeError, ValueError):
                raise StoredValueAltered from None

        return read


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; reading one raises StoredValueAltered where something else was put."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = SqliteMoment() if dialect.name == "sqlite" else DateTime(timezone=True)  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def raw(column: Column[Any]) -> ColumnElement[Any]:
    """The column as the driver gives it, under its own name: to look at a value that may be of no type of ours."""
    return type_coerce(column, NullType()).label(column.name)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("wrapped", Sealed, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name_digest", Digest, nullable=False, unique=True),
    Column("name", Sealed, nullable=False),
    Column("password_hash", Sealed, nullable=False),
    Column("roles", JSON, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("actor_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("record_number_digest", Digest, nullable=False, unique=True),
    Column("person", Sealed, nullable=False),
)

refs = Table(
    "refs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False, index=True),
    Column("source", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("captured_on", Date, nullable=False),
    Column("lawful_basis", Sealed, nullable=False),
    Column("image", Sealed, nullable=False),
    Column("fingerprint_digest", Digest, index=True),
    Column("mark_digest", Digest, index=True),
    Column("review_on", Date, index=True),
    Column("station", Sealed),
    Column("station_digest", Digest, index=True),
    Index(None, "status", "id", "subject_id", "source"),  # all that a matcher reads, so that no photograph is passed
)

# A reference holds one template of each model that knows it, or the reason why a model refused its image.
templates = Table(
    "templates",
    metadata,
    Column("reference_id", ForeignKey("refs.id"), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("template", Sealed, nullable=False),
    Column("gallery_change", BigInteger, index=True),  # that brought it; of old ones nobody noted it
    Index(None, "model"),
)

rejections = Table(
    "rejections",
    metadata,
    Column("reference_id", ForeignKey("refs.id"), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("problem", String(32), nullable=False),
    Index(None, "model"),
)

gallery_changes = Table(
    "gallery_changes",
    metadata,
    Column("version", BigSerial, primary_key=True, autoincrement=False),
    Column("reference_id", String(64), nullable=False),
    Column("change", String(16), nullable=False),
    Column("brought", Integer),  # how many templates a batch brought; of old batches nobody noted it
)

# One row for each two subjects, whichever way round: `first_subject` has the smaller id. A reference may be erased
# before the pair is settled, which ends the pair; once it is settled its references are no more than its history.
duplicates = Table(
    "duplicates",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("first_subject", ForeignKey("subjects.id"), nullable=False),
    Column("second_subject", ForeignKey("subjects.id"), nullable=False, index=True),
    Column("added_subject", String(64), nullable=False),
    Column("added_reference", String(64), nullable=False, index=True),
    Column("earlier_reference", String(64), nullable=False, index=True),
    Column("found_at", UtcDateTime, nullable=False),
    Column("verdict", String(16), nullable=False),
    UniqueConstraint("first_subject", "second_subject"),
    Index(None, "verdict", "found_at"),
)

# References that were enrolled while the index was down, until they have been compared with the gallery.
uncompared = Table(
    "uncompared",
    metadata,
    Column("reference_id", ForeignKey("refs.id"), primary_key=True),
)

# A search outlives the account of its officer, so `officer_id` is no foreign key.
searches = Table(
    "searches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("officer_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("model", String(64), nullable=False),
    Column("threshold", Double, nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("purpose", Sealed, nullable=False),
    Column("candidates", Sealed, nullable=False),
    Column("judgements", JSON, nullable=False),
    Column("decision", Sealed),
    Column("capture", JSON),
    Index(None, "state", "expires_at"),
    Index(None, "answered_at"),
)

_undecided = searches.c.state == SearchState.ANSWERED.value
one_undecided_search = Index(
    "one_undecided_search",
    searches.c.officer_id,
    unique=True,
    sqlite_where=_undecided,
    postgresql_where=_undecided,
)

probe_keys = Table(
    "probe_keys",
    metadata,
    Column("search_id", ForeignKey("searches.id"), primary_key=True),
    Column("key", Sealed, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("search_id", ForeignKey("searches.id"), primary_key=True),
    Column("reviewer_id", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("note", Sealed, nullable=False),
    Column("reviewed_at", UtcDateTime, nullable=False),
)

# What the tree binds is `leaf`; the columns beside it serve filters, and `trail_check` compares them with it.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_index", BigSerial, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("act", String(32), nullable=False, index=True),
    Column("actor_id", String(64), index=True),
    Column("search_id", String(64), index=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", Digest, nullable=False),
    Column("private", Sealed),
    Column("salt", Sealed),
)

audit_nodes = Table(
    "audit_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigSerial, primary_key=True, autoincrement=False),
    Column("hash", Digest, nullable=False),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("size", BigSerial, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
