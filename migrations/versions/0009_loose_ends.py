"""Targets of forwarding that were removed, what was given up for a target, pairs of people who are not one person.

Expand: the tables `former_target` and `namesake_dismissed`, and `forward_target.given_up`.
Contract: refused requests go that were forms of the alternate request syntax: such a form holds the source's secret, and
is no longer kept since it was found. What is a statement, a batch or multipart is left alone, whatever stands in it.

Revision ID: 0009
Revises: 0008
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_SECRET = re.compile(rb"(?:^|&)\s*(?:A|%41)(?:u|%75)thorization=", re.IGNORECASE)


def upgrade() -> None:
    op.create_table(
        "former_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_former_target"),
    )
    op.create_table(
        "namesake_dismissed",
        sa.Column("younger", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("older", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("made_by", sa.Integer()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["younger"], ["learner.id"], name="fk_namesake_dismissed_younger"),
        sa.ForeignKeyConstraint(["older"], ["learner.id"], name="fk_namesake_dismissed_older"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_namesake_dismissed_made_by"),
        sa.PrimaryKeyConstraint("younger", "older", name="pk_namesake_dismissed"),
    )
    op.add_column("forward_target", sa.Column("given_up", sa.BigInteger(), nullable=False, server_default="0"))
    _drop_forms()


def _drop_forms() -> None:
    db = op.get_bind()
    q = sa.table("quarantine", sa.column("id"), sa.column("raw"))
    for (id,) in db.execute(sa.select(q.c.id).where(q.c.raw.is_not(None))).all():  # bodies are large: one at a time
        raw = bytes(db.execute(sa.select(q.c.raw).where(q.c.id == id)).scalar_one()).lstrip()
        if not raw.startswith((b"{", b"[", b"--")) and _SECRET.search(raw):
            db.execute(sa.delete(q).where(q.c.id == id))


def downgrade() -> None:
    op.drop_column("forward_target", "given_up")
    op.drop_table("namesake_dismissed")
    op.drop_table("former_target")
