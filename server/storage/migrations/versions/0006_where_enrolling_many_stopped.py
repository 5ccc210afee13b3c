"""The file that a reference was enrolled from, as it was then, and references that nobody compared yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("refs", sa.Column("mark_digest", sa.LargeBinary))
    op.create_index("ix_refs_mark_digest", "refs", ["mark_digest"])
    op.create_table(
        "uncompared",
        sa.Column("reference_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("reference_id", name="pk_uncompared"),
        sa.ForeignKeyConstraint(["reference_id"], ["refs.id"], name="fk_uncompared_reference_id"),
    )


def downgrade() -> None:
    op.drop_table("uncompared")
    op.drop_index("ix_refs_mark_digest", "refs")
    op.drop_column("refs", "mark_digest")
