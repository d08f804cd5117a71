"""What remains of a person who was erased, and how long sources keep.

Expand: tables erasure, erased_statement, blocked_identity; learner.erased_at, credential.keep_days, ledger.frozen_at,
all null for what is there. Contract: nothing.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ADDED = (("learner", "erased_at", sa.BigInteger), ("credential", "keep_days", sa.Integer))
FROZEN = sa.text("frozen_at IS NOT NULL")


def upgrade() -> None:
    for table, name, kind in (*ADDED, ("ledger", "frozen_at", sa.BigInteger)):
        op.add_column(table, sa.Column(name, kind))
    op.create_index("ix_ledger_frozen", "ledger", ["learner_id"], sqlite_where=FROZEN, postgresql_where=FROZEN)
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("learner_id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ordered_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("scrubbed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_erasure_learner_id"),
        sa.UniqueConstraint("learner_id", name="uq_erasure_learner_id"),
    )
    op.create_table(
        "erased_statement",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erased_statement"),
    )
    op.create_table(
        "blocked_identity",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_blocked_identity"),
    )


def downgrade() -> None:
    for table in ("blocked_identity", "erased_statement", "erasure"):
        op.drop_table(table)
    op.drop_index("ix_ledger_frozen", "ledger")
    for table, name, _ in (*ADDED, ("ledger", "frozen_at", sa.BigInteger)):
        op.drop_column(table, name)
