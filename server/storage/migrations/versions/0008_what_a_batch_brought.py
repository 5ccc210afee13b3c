"""Which templates a gallery change brought, so that a batch can be followed without reading the whole gallery.

Of what was enrolled before nobody knows it: a matcher that has missed a batch from before reads the gallery whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("gallery_changes", sa.Column("brought", sa.Integer))
    op.add_column("templates", sa.Column("gallery_change", sa.BigInteger))
    op.create_index("ix_templates_gallery_change", "templates", ["gallery_change"])


def downgrade() -> None:
    op.drop_index("ix_templates_gallery_change", "templates")
    op.drop_column("templates", "gallery_change")
    op.drop_column("gallery_changes", "brought")
