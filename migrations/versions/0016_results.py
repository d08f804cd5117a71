"""Results that stand: frozen lists, public notices, objections, certificates, and the keys that sign them.

Expand: five tables. Contract: nothing.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    op.create_table(
        "frozen_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frozen_by", sa.Integer()),
        sa.Column("frozen_at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger()),
        _foreign("frozen_result", "programme_id", "programme"),
        _foreign("frozen_result", "frozen_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_result"),
        sa.UniqueConstraint("programme_id", "version", name="uq_frozen_result_programme_id_version"),
    )
    op.create_table(
        "result_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Integer()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.Integer()),
        sa.Column("withdrawn_why", sa.Text()),
        _foreign("result_notice", "result_id", "frozen_result"),
        _foreign("result_notice", "published_by", "account"),
        _foreign("result_notice", "withdrawn_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_result_notice"),
    )
    op.create_index("ix_result_notice_result_id", "result_notice", ["result_id"])
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("about_learner_id", sa.Integer()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_by", sa.Integer()),
        sa.Column("answered_at", sa.BigInteger()),
        _foreign("objection", "notice_id", "result_notice"),
        _foreign("objection", "account_id", "account"),
        _foreign("objection", "about_learner_id", "learner"),
        _foreign("objection", "answered_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_objection"),
    )
    for column in ("notice_id", "account_id", "about_learner_id"):
        op.create_index(f"ix_objection_{column}", "objection", [column])
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Integer()),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("revoked_by", sa.Integer()),
        sa.Column("revoked_why", sa.Text()),
        _foreign("certificate", "result_id", "frozen_result"),
        _foreign("certificate", "learner_id", "learner"),
        _foreign("certificate", "issued_by", "account"),
        _foreign("certificate", "revoked_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint("number", name="uq_certificate_number"),
        sa.UniqueConstraint("code", name="uq_certificate_code"),
    )
    for column in ("result_id", "learner_id"):
        op.create_index(f"ix_certificate_{column}", "certificate", [column])
    in_force = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_certificate_in_force",
        "certificate",
        ["result_id", "learner_id", "kind"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_signing_key"),
        sa.UniqueConstraint("name", name="uq_signing_key_name"),
    )


def downgrade() -> None:
    for name in ("signing_key", "certificate", "objection", "result_notice", "frozen_result"):
        op.drop_table(name)
