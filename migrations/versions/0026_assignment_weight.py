"""Assignments have a weight among those of their component, with its history.

Expand: the table `assignment_weight`. An assignment without a row weighs 1, where it stands. Contract: nothing.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "assignment_weight",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("assignment_id", sa.Integer, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("weight", sa.Text, nullable=False),
        sa.Column("set_by", sa.Integer),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assignment_weight"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name="fk_assignment_weight_assignment_id"),
        sa.ForeignKeyConstraint(["set_by"], ["account.id"], name="fk_assignment_weight_set_by"),
    )
    op.create_index("ix_assignment_weight_assignment_id", "assignment_weight", ["assignment_id"])


def downgrade() -> None:
    op.drop_table("assignment_weight")
