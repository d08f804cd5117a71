"""Secret ballots of a unit's staff about who leads it.

Expand: the tables `ballot`, `ballot_candidate`, `ballot_code`, `ballot_paper`. Contract: nothing.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "ballot",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("programme_id", sa.Integer, nullable=False),
        sa.Column("organisation_id", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("opens_at", sa.BigInteger, nullable=False),
        sa.Column("closes_at", sa.BigInteger, nullable=False),
        sa.Column("quorum_pct", sa.Integer, nullable=False),
        sa.Column("issued", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("counted_at", sa.BigInteger),
        sa.Column("annulled_at", sa.BigInteger),
        sa.Column("annulled_by", sa.Integer),
        sa.Column("annulled_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_ballot"),
        _of("ballot", "programme_id", "programme"),
        _of("ballot", "organisation_id", "organisation"),
        _of("ballot", "made_by", "account"),
        _of("ballot", "annulled_by", "account"),
    )
    op.create_table(
        "ballot_candidate",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ballot_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("learner_id", sa.Integer),
        sa.Column("outcome", sa.Text),
        sa.Column("steps", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_ballot_candidate"),
        _of("ballot_candidate", "ballot_id", "ballot"),
        _of("ballot_candidate", "learner_id", "learner"),
    )
    op.create_table(
        "ballot_code",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("ballot_id", sa.Integer, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_ballot_code"),
        _of("ballot_code", "ballot_id", "ballot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot_paper",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ballot_id", sa.Integer, nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ballot_paper"),
        _of("ballot_paper", "ballot_id", "ballot"),
        sqlite_with_rowid=False,
    )
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in ("ballot_paper", "ballot_code", "ballot_candidate", "ballot"):
        op.drop_table(table)


INDEXES = (
    *(("ballot", column) for column in ("programme_id", "organisation_id", "made_by", "annulled_by")),
    *(("ballot_candidate", column) for column in ("ballot_id", "learner_id")),
    ("ballot_code", "ballot_id"),
    ("ballot_paper", "ballot_id"),
)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
