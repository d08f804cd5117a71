"""Surveys whose answers know nothing of who gave them; questions to experts.

Expand: the tables `survey`, `survey_question`, `survey_turnout`, `survey_sheet`, `expert_question`, `expert_answer`. Contract: nothing.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    _table(
        "survey",
        _key("programme_id", "programme", nullable=False),
        *_texts("kind", "title", "words", "groups"),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("opens_at", "closes_at")),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("shuffled_at", sa.BigInteger),
        indexes=("programme_id", "made_by"),
    )
    _table(
        "survey_question",
        _key("survey_id", "survey", nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        *_texts("kind", "topic", "words", "options"),
        sa.Column("required", sa.Boolean, nullable=False),
        unique=(("survey_id", "position"),),
    )
    op.create_table(
        "survey_turnout",
        sa.Column("survey_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("learner_id", sa.Integer, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("survey_id", "learner_id", name="pk_survey_turnout"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_survey_turnout_survey_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_survey_turnout_learner_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_sheet",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("survey_id", sa.Integer, nullable=False),
        *_texts("groups", "answers"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_sheet"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_survey_sheet_survey_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_sheet_survey_id", "survey_sheet", ["survey_id"])
    _table(
        "expert_question",
        _key("programme_id", "programme", nullable=False),
        _key("learner_id", "learner"),
        _key("meeting_id", "meeting"),
        *_texts("topic", "words"),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        indexes=("programme_id", "learner_id", "meeting_id"),
    )
    _table(
        "expert_answer",
        _key("question_id", "expert_question", nullable=False),
        _key("account_id", "account"),
        *_texts("words"),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        indexes=("question_id", "account_id"),
    )


def downgrade() -> None:
    for table in ("expert_answer", "expert_question", "survey_sheet", "survey_turnout", "survey_question", "survey"):
        op.drop_table(table)


def _key(name: str, of: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable, info={"of": of})


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _table(
    name: str, *columns: sa.Column, unique: tuple[tuple[str, ...], ...] = (), indexes: tuple[str, ...] = ()
) -> None:
    """A table with an integer `id`; keys of other tables are those columns that say so."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *(
            sa.ForeignKeyConstraint([column.name], [f"{column.info['of']}.id"], name=f"fk_{name}_{column.name}")
            for column in columns
            if "of" in column.info
        ),
        *(sa.UniqueConstraint(*names, name=f"uq_{name}_{'_'.join(names)}") for names in unique),
    )
    for column_name in indexes:
        op.create_index(f"ix_{name}_{column_name}", name, [column_name])
