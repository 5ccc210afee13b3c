"""The fingerprint by which a photograph is known to be enrolled, and pairs of records that may be of one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("refs", sa.Column("fingerprint_digest", sa.LargeBinary))
    op.create_index("ix_refs_fingerprint_digest", "refs", ["fingerprint_digest"])
    op.create_table(
        "duplicates",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("first_subject", sa.String(64), nullable=False),
        sa.Column("second_subject", sa.String(64), nullable=False),
        sa.Column("added_subject", sa.String(64), nullable=False),
        sa.Column("added_reference", sa.String(64), nullable=False),
        sa.Column("earlier_reference", sa.String(64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_duplicates"),
        sa.ForeignKeyConstraint(["first_subject"], ["subjects.id"], name="fk_duplicates_first_subject"),
        sa.ForeignKeyConstraint(["second_subject"], ["subjects.id"], name="fk_duplicates_second_subject"),
        sa.UniqueConstraint("first_subject", "second_subject", name="uq_duplicates_first_subject_second_subject"),
    )
    for columns in (["second_subject"], ["added_reference"], ["earlier_reference"], ["verdict", "found_at"]):
        op.create_index(f"ix_duplicates_{'_'.join(columns)}", "duplicates", columns)


def downgrade() -> None:
    op.drop_table("duplicates")
    op.drop_index("ix_refs_fingerprint_digest", "refs")
    op.drop_column("refs", "fingerprint_digest")
