"""Templates in a table of their own, so that a reference can hold one of each model during a change-over.

Model ids get a pipeline version: what was `dlib-resnet` is `dlib-resnet/1`. The sealed templates move as they are;
`server.storage.sealed_templates` opens them where they stand now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NO_MODEL, NO_TEMPLATE = "", b""
"""Of a reference that no model knows: the tables of 0001 cannot say so otherwise."""


def upgrade() -> None:
    _table_per_model("templates", sa.Column("template", sa.LargeBinary, nullable=False))
    _table_per_model("rejections", sa.Column("problem", sa.String(32), nullable=False))
    op.execute(
        "INSERT INTO templates (reference_id, model, template) "
        "SELECT id, CASE WHEN model LIKE '%/%' THEN model ELSE model || '/1' END, template FROM refs "
        "WHERE model <> ''"
    )
    op.drop_index("ix_refs_model_status", "refs")
    # Not in a batch: SQLite would make the table anew, and delete it from under the rows that refer to it.
    op.drop_column("refs", "template")
    op.drop_column("refs", "model")
    op.create_index("ix_refs_status_id", "refs", ["status", "id"])


def downgrade() -> None:
    """A reference keeps one template: that of a first pipeline before others, then by the model's id."""
    op.drop_index("ix_refs_status_id", "refs")
    op.add_column("refs", sa.Column("model", sa.String(64), nullable=False, server_default=NO_MODEL))
    op.add_column("refs", sa.Column("template", sa.LargeBinary, nullable=False, server_default=""))
    _move_back()
    op.create_index("ix_refs_model_status", "refs", ["model", "status"])
    op.drop_table("rejections")
    op.drop_table("templates")


def _table_per_model(name: str, content: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("reference_id", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        content,
        sa.PrimaryKeyConstraint("reference_id", "model", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["reference_id"], ["refs.id"], name=f"fk_{name}_reference_id"),
    )
    op.create_index(f"ix_{name}_model", name, ["model"])


def _move_back() -> None:
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE refs SET template = :none").bindparams(none=NO_TEMPLATE))
    by_preference = sa.text("SELECT reference_id, model FROM templates ORDER BY (model LIKE '%/1'), model DESC")
    for row in connection.execute(by_preference).all():  # the preferred one comes last and stays
        connection.execute(
            sa.text(
                "UPDATE refs SET model = :model, template = (SELECT template FROM templates "
                "WHERE reference_id = :reference AND model = :id) WHERE id = :reference"
            ).bindparams(model=row.model.removesuffix("/1"), id=row.model, reference=row.reference_id)
        )
