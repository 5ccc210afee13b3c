"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _keys_and_accounts()
    _gallery()
    _searches()
    _trail()


def _keys_and_accounts() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_keys"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name_digest", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.LargeBinary, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name_digest", name="uq_accounts_name_digest"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("token_digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name="fk_sessions_actor_id"),
    )
    op.create_index("ix_sessions_actor_id", "sessions", ["actor_id"])


def _gallery() -> None:
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("record_number_digest", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subjects"),
        sa.UniqueConstraint("record_number_digest", name="uq_subjects_record_number_digest"),
    )
    op.create_table(
        "refs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("captured_on", sa.Date, nullable=False),
        sa.Column("lawful_basis", sa.LargeBinary, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("template", sa.LargeBinary, nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refs"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name="fk_refs_subject_id"),
    )
    op.create_index("ix_refs_subject_id", "refs", ["subject_id"])
    op.create_index("ix_refs_model_status", "refs", ["model", "status"])
    op.create_table(
        "gallery_changes",
        sa.Column("version", BIG, nullable=False, autoincrement=False),
        sa.Column("reference_id", sa.String(64), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_gallery_changes"),
    )


def _searches() -> None:
    op.create_table(
        "searches",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("officer_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("policy_version", sa.String(64), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("purpose", sa.LargeBinary, nullable=False),
        sa.Column("candidates", sa.LargeBinary, nullable=False),
        sa.Column("judgements", sa.JSON, nullable=False),
        sa.Column("decision", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_searches"),
    )
    op.create_index("ix_searches_answered_at", "searches", ["answered_at"])
    op.create_index("ix_searches_state_expires_at", "searches", ["state", "expires_at"])
    undecided = sa.text("state = 'answered'")
    op.create_index(
        "one_undecided_search",
        "searches",
        ["officer_id"],
        unique=True,
        sqlite_where=undecided,
        postgresql_where=undecided,
    )
    _what_hangs_on_a_search()


def _what_hangs_on_a_search() -> None:
    op.create_table(
        "probe_keys",
        sa.Column("search_id", sa.String(64), nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("search_id", name="pk_probe_keys"),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name="fk_probe_keys_search_id"),
    )
    op.create_table(
        "reviews",
        sa.Column("search_id", sa.String(64), nullable=False),
        sa.Column("reviewer_id", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("search_id", name="pk_reviews"),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name="fk_reviews_search_id"),
    )


def _trail() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("entry_index", BIG, nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("actor_id", sa.String(64)),
        sa.Column("search_id", sa.String(64)),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("private", sa.LargeBinary),
        sa.Column("salt", sa.LargeBinary),
        sa.PrimaryKeyConstraint("entry_index", name="pk_audit_entries"),
    )
    for column in ("act", "actor_id", "search_id"):
        op.create_index(f"ix_audit_entries_{column}", "audit_entries", [column])
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", BIG, nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_audit_nodes"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", BIG, nullable=False, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_audit_checkpoints"),
    )
