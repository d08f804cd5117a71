"""Identities with their history; credentials with scopes, bounds and last use.

Expand: what credentials may do (those there may do all), joins of learners with their history and rules, and the SHA-1
form of every mail address that is known. Contract: nothing.

Revision ID: 0004
Revises: 0003
"""

from hashlib import sha1

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MBOX = "mbox:"


def upgrade() -> None:
    op.add_column("credential", sa.Column("scopes", sa.Text(), nullable=False, server_default="all"))
    for name, kind in (
        ("bound_actor", sa.Text()),
        ("bound_activity", sa.Text()),
        ("expires_at", sa.BigInteger()),
        ("last_used_at", sa.BigInteger()),
    ):
        op.add_column("credential", sa.Column(name, kind))
    op.add_column("learner", sa.Column("joined_into", sa.Integer()))
    op.create_index("ix_learner_joined_into", "learner", ["joined_into"])
    op.add_column("identity", sa.Column("how", sa.Text(), nullable=False, server_default="seen"))
    op.add_column("identity", sa.Column("since", sa.BigInteger()))
    op.create_table(
        "identity_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_identity_rule_made_by"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_rule"),
    )
    op.create_table(
        "identity_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_learner", sa.Integer(), nullable=False),
        sa.Column("to_learner", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Integer()),
        sa.Column("made_by", sa.Integer()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["from_learner"], ["learner.id"], name="fk_identity_event_from_learner"),
        sa.ForeignKeyConstraint(["to_learner"], ["learner.id"], name="fk_identity_event_to_learner"),
        sa.ForeignKeyConstraint(["rule_id"], ["identity_rule.id"], name="fk_identity_event_rule_id"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_identity_event_made_by"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_event"),
    )
    op.create_index("ix_identity_event_from_learner", "identity_event", ["from_learner"])
    op.create_index("ix_identity_event_to_learner", "identity_event", ["to_learner"])
    op.create_table(
        "unposted_cause",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_unposted_cause_learner_id"),
        sa.ForeignKeyConstraint(["event_id"], ["identity_event.id"], name="fk_unposted_cause_event_id"),
        sa.PrimaryKeyConstraint("learner_id", "event_id", name="pk_unposted_cause"),
    )
    _add_digests()


def _add_digests() -> None:
    """Of each mail address its SHA-1 form, unless somebody has been seen under that: whoever joins decides then."""
    db = op.get_bind()
    rows = db.execute(sa.text("SELECT ifi, learner_id FROM identity WHERE ifi LIKE 'mbox:%'")).all()
    digests = [
        {"ifi": f"sha1:{sha1(row.ifi.removeprefix(MBOX).encode()).hexdigest()}", "learner_id": row.learner_id}
        for row in rows
    ]
    if digests:
        query = (
            "INSERT INTO identity (ifi, learner_id, how) VALUES (:ifi, :learner_id, 'implied') ON CONFLICT DO NOTHING"
        )
        db.execute(sa.text(query), digests)


def downgrade() -> None:
    op.execute("DELETE FROM identity WHERE how = 'implied'")
    op.drop_table("unposted_cause")
    op.drop_table("identity_event")
    op.drop_table("identity_rule")
    op.drop_column("identity", "since")
    op.drop_column("identity", "how")
    op.drop_index("ix_learner_joined_into", "learner")
    op.drop_column("learner", "joined_into")
    for name in ("last_used_at", "expires_at", "bound_activity", "bound_actor", "scopes"):
        op.drop_column("credential", name)
