"""Indexes of statements by learner and by registration a quarter as large on PostgreSQL; one by source.

Expand: index ix_statement_credential_id. Contract: the indexes by learner and by registration hold `stored` less exactly
on PostgreSQL; those of SQLite stay. Building them takes about ten seconds for a million statements.

Revision ID: 0012
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"

SPANS = {"learner_id": "(stored >> 28)", "registration": "(stored >> 28)", "credential_id": "(stored >> 20)"}


def upgrade() -> None:
    spans = op.get_bind().dialect.name == "postgresql"
    for column, span in SPANS.items():
        if column != "credential_id" and spans:
            op.drop_index(f"ix_statement_{column}", "statement")
        if column == "credential_id" or spans:
            op.create_index(f"ix_statement_{column}", "statement", [column, sa.text(span) if spans else "stored"])


def downgrade() -> None:
    op.drop_index("ix_statement_credential_id", "statement")
    for column in ("learner_id", "registration") if op.get_bind().dialect.name == "postgresql" else ():
        op.drop_index(f"ix_statement_{column}", "statement")
        op.create_index(f"ix_statement_{column}", "statement", [column, "stored"])
