"""An index that holds what a matcher reads of each reference, whose row has the photograph beside it."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_refs_status_id_subject_id_source", "refs", ["status", "id", "subject_id", "source"])
    op.drop_index("ix_refs_status_id", "refs")


def downgrade() -> None:
    op.create_index("ix_refs_status_id", "refs", ["status", "id"])
    op.drop_index("ix_refs_status_id_subject_id_source", "refs")
