"""Posting lists are kept many rows to a row once they are no longer new.

Expand: `posting_run`, which the worker fills from `posting`. Contract: nothing.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

from lms_tracker.store.posting_runs import rows_in

revision = "0032"
down_revision = "0031"

MANY = 1000
"""Runs that are taken apart at a time: some hundred thousand rows."""


def upgrade() -> None:
    op.create_table(
        "posting_run",
        sa.Column("term", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("term", "stored", name="pk_posting_run"),
    )


def downgrade() -> None:
    db = op.get_bind()
    names = ("term", "stored", "seq", "members")
    posting, run = (sa.table(name, *(sa.column(column) for column in names)) for name in ("posting", "posting_run"))
    for runs in db.execute(sa.select(*run.c)).partitions(MANY):
        rows = [(term, *row) for term, *packed in runs for row in rows_in((packed[0], packed[1], bytes(packed[2])))]
        db.execute(sa.insert(posting), [dict(zip(names, row, strict=True)) for row in rows])
    op.drop_table("posting_run")
