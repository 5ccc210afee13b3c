"""When a reference is to be reviewed, and who holds it.

What was enrolled before has neither: without a review date it is due at once, until somebody says a day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INDEXED = ("review_on", "station_digest")


def upgrade() -> None:
    op.add_column("refs", sa.Column("review_on", sa.Date))
    op.add_column("refs", sa.Column("station", sa.LargeBinary))
    op.add_column("refs", sa.Column("station_digest", sa.LargeBinary))
    for column in INDEXED:
        op.create_index(f"ix_refs_{column}", "refs", [column])


def downgrade() -> None:
    """The code before this knows no quarantine: what is quarantined becomes withdrawn, and is searched by neither."""
    op.execute("UPDATE refs SET status = 'withdrawn' WHERE status = 'quarantined'")
    for column in INDEXED:
        op.drop_index(f"ix_refs_{column}", "refs")
    for column in ("station_digest", "station", "review_on"):
        op.drop_column("refs", column)
