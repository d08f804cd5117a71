"""Units that our own player shows, and their media.

Expand: the tables `unit` and `medium`. Contract: nothing.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("chapters", sa.Text, nullable=False, server_default="[]"),
        sa.Column("opened_at", sa.BigInteger),
        sa.Column("opened_by", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("activity", name="uq_unit_activity"),
        sa.ForeignKeyConstraint(["activity"], ["activity.iri"], name="fk_unit_activity"),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name="fk_unit_opened_by"),
    )
    op.create_table(
        "medium",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("unit_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("place", "form", "content_type", "location", "name")),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("sha256", sa.Text),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.Integer),
        sa.Column("replaced_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_medium"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_medium_unit_id"),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name="fk_medium_added_by"),
    )
    op.create_index("ix_medium_unit_id", "medium", ["unit_id"])
    in_force = sa.text("replaced_at IS NULL")
    op.create_index(
        "uq_medium_in_force", "medium", ["unit_id"], unique=True, sqlite_where=in_force, postgresql_where=in_force
    )


def downgrade() -> None:
    op.drop_table("medium")
    op.drop_table("unit")
