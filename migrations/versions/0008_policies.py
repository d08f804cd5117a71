"""Which policy a programme has from which date on.

Expand: the table `programme_policy`. A programme without a row there has the policy that it names, from its file.
Contract: nothing.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "programme_policy",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("programme_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("adopted_by", sa.Integer),
        sa.Column("adopted_at", sa.BigInteger, nullable=False),
        sa.Column("effect", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_programme_policy"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_programme_policy_programme_id"),
        sa.ForeignKeyConstraint(["adopted_by"], ["account.id"], name="fk_programme_policy_adopted_by"),
    )
    op.create_index("ix_programme_policy_programme_id", "programme_policy", ["programme_id"])


def downgrade() -> None:
    op.drop_table("programme_policy")
