"""What settling remembers of a learner's sessions, and which statements are new since.

Expand: `seqs` in `touched_learner` and `unsettled`; the tables `remembered` and `remembered_session`, which fill as
learners are settled. Contract: nothing.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for name in ("touched_learner", "unsettled"):
        op.add_column(name, sa.Column("seqs", sa.Text))
    op.create_table(
        "remembered",
        sa.Column("learner_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name="pk_remembered"),
    )
    op.create_table(
        "remembered_session",
        sa.Column("learner_id", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("activity", "session", "registration")),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("length_us", sa.BigInteger, nullable=False),
        sa.Column("seqs", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "activity", "session", "registration", name="pk_remembered_session"),
    )


def downgrade() -> None:
    op.drop_table("remembered_session")
    op.drop_table("remembered")
    for name in ("touched_learner", "unsettled"):
        op.drop_column(name, "seqs")
