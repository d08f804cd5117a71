"""The outbox of forwarding, and statements that were refused.

Expand: the tables `forward_target`, `forward_aside`, `quarantine` and `quarantine_dropped`. Contract: nothing.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "forward_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("error_at", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("next_try_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("paused_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forward_target"),
        sa.UniqueConstraint("name", name="uq_forward_target_name"),
    )
    op.create_table(
        "forward_aside",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["forward_target.id"], name="fk_forward_aside_target_id"),
        sa.PrimaryKeyConstraint("target_id", "seq", name="pk_forward_aside"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", _BIG_KEY, nullable=False, autoincrement=True),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("edited", sa.LargeBinary()),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("put_id", sa.Text()),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_by", sa.Integer()),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("edited_by", sa.Integer()),
        sa.Column("note", sa.Text()),
        sa.Column("stored", sa.Integer()),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="fk_quarantine_credential_id"),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name="fk_quarantine_closed_by"),
        sa.ForeignKeyConstraint(["edited_by"], ["account.id"], name="fk_quarantine_edited_by"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("credential_id", "digest", name="uq_quarantine_credential_id_digest"),
    )
    op.create_index("ix_quarantine_state", "quarantine", ["state", "last_at"])
    op.create_table(
        "quarantine_dropped",
        sa.Column("credential_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="fk_quarantine_dropped_credential_id"),
        sa.PrimaryKeyConstraint("credential_id", name="pk_quarantine_dropped"),
    )


def downgrade() -> None:
    for table in ("quarantine_dropped", "quarantine", "forward_aside", "forward_target"):
        op.drop_table(table)
