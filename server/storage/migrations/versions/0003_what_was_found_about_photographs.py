"""What was found about a search's photographs: faults, a hint of a recapture, agreement of its frames."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("searches", sa.Column("capture", sa.JSON))


def downgrade() -> None:
    op.drop_column("searches", "capture")
