"""Our own player: sessions, where they stand, beats, refusals, presence checks, and questions.

Expand: the tables `player_session`, `player_stream`, `beat`, `player_refusal`, `player_event`, `player_check` and
`question`. Contract: nothing.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

OPEN = sa.text("state = 0")


def upgrade() -> None:
    op.create_table(
        "player_session",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("uuid", sa.Uuid, nullable=False),
        sa.Column("learner_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("ifi", "actor", "activity", "registration", "device")),
        sa.Column("account_id", sa.Integer),
        sa.Column("login", sa.Text),
        sa.Column("credential_id", sa.Integer),
        sa.Column("media", sa.Boolean, nullable=False),
        sa.Column("length_us", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_player_session"),
        sa.UniqueConstraint("uuid", name="uq_player_session_uuid"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_player_session_learner_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_player_session_account_id"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="fk_player_session_credential_id"),
    )
    op.create_index("ix_player_session_learner_id", "player_session", ["learner_id", "id"])
    op.create_index("ix_player_session_account_id", "player_session", ["account_id"])
    op.create_index("ix_player_session_credential_id", "player_session", ["credential_id"])
    op.create_table(
        "player_stream",
        sa.Column("session_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("learner_id", sa.Integer, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("live", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_player_stream"),
        sa.ForeignKeyConstraint(["session_id"], ["player_session.id"], name="fk_player_stream_session_id"),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_index(
        "uq_player_stream_open", "player_stream", ["learner_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "beat",
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("session_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("told", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "n", name="pk_beat"),
    )
    op.create_table(
        "player_refusal",
        sa.Column("session_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "reason", name="pk_player_refusal"),
    )
    op.create_table(
        "player_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("said", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_player_event"),
    )
    op.create_index("ix_player_event_session_id", "player_event", ["session_id"])
    op.create_table(
        "player_check",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("question_id", sa.Integer),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("shown_at", sa.BigInteger),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("given", sa.Text),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_player_check"),
    )
    op.create_index("ix_player_check_session_id", "player_check", ["session_id"])
    op.create_table(
        "question",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("from_ms", sa.Integer, nullable=False),
        sa.Column("until_ms", sa.Integer, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("retired_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_question_made_by"),
    )
    op.create_index("ix_question_activity", "question", ["activity"])


def downgrade() -> None:
    for name in (
        "question",
        "player_check",
        "player_event",
        "player_refusal",
        "beat",
        "player_stream",
        "player_session",
    ):
        op.drop_table(name)
