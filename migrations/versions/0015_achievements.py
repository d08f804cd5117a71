"""What counts besides study time and marks, and results that a person set.

Expand: the tables `achievement` and `grade_override`; `days_late` in `mark`. Contract: nothing.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ACHIEVEMENT_KEY = ["programme_id", "learner_id", "kind", "item", "attempt"]


def upgrade() -> None:
    op.add_column("mark", sa.Column("days_late", sa.Integer))
    op.create_table(
        "achievement",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("programme_id", sa.Integer, nullable=False),
        sa.Column("learner_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("out_of", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("days_late", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("proof", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("recorded_by", sa.Integer),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        sa.Column("replaced_by", sa.Integer),
        sa.Column("replaced_reason", sa.Text),
        sa.Column("replaces", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_achievement"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_achievement_programme_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_achievement_learner_id"),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name="fk_achievement_recorded_by"),
        sa.ForeignKeyConstraint(["replaced_by"], ["account.id"], name="fk_achievement_replaced_by"),
        sa.ForeignKeyConstraint(["replaces"], ["achievement.id"], name="fk_achievement_replaces"),
    )
    op.create_index("ix_achievement_learner_id", "achievement", ["learner_id"])
    op.create_index("ix_achievement_programme_id_learner_id", "achievement", ["programme_id", "learner_id"])
    op.create_index("ix_achievement_source", "achievement", ["source"])
    in_force = sa.text("replaced_at IS NULL")
    op.create_index(
        "uq_achievement_in_force",
        "achievement",
        _ACHIEVEMENT_KEY,
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "grade_override",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("programme_id", sa.Integer, nullable=False),
        sa.Column("learner_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.Integer),
        sa.Column("ended_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_grade_override"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_grade_override_programme_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_grade_override_learner_id"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_grade_override_made_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name="fk_grade_override_ended_by"),
    )
    op.create_index("ix_grade_override_learner_id", "grade_override", ["learner_id"])
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_grade_override_in_force",
        "grade_override",
        ["programme_id", "learner_id", "part"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def downgrade() -> None:
    op.drop_table("grade_override")
    op.drop_table("achievement")
    op.drop_column("mark", "days_late")
