"""What learners declare and somebody confirms; meetings and who was there.

Expand: the tables `declaration`, `declaration_step`, `declaration_file`, `meeting`, `presence`, `code_failure`.
Contract: nothing.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

IN_FORCE = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    _table(
        "declaration",
        _key("programme_id", "programme", nullable=False),
        _key("learner_id", "learner", nullable=False),
        *_texts("kind", "state", "title", "words"),
        sa.Column("happened_on", sa.Date),
        sa.Column("about", sa.Integer),
        *_texts("facts"),
        sa.Column("declared_at", sa.BigInteger, nullable=False),
        _key("decided_by", "account"),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        indexes=("learner_id", "decided_by"),
    )
    op.create_index("ix_declaration_programme_kind_state", "declaration", ["programme_id", "kind", "state"])
    _table(
        "declaration_step",
        _key("declaration_id", "declaration", nullable=False),
        *_texts("step"),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        *_texts("words"),
        sa.Column("content", sa.Text),
        indexes=("declaration_id", "made_by"),
    )
    _table(
        "declaration_file",
        _key("declaration_id", "declaration", nullable=False),
        *_texts("name"),
        sa.Column(
            "sha256", sa.Text, sa.ForeignKey("stored_file.sha256", name="fk_declaration_file_sha256"), nullable=False
        ),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        indexes=("declaration_id", "sha256"),
    )
    _table(
        "meeting",
        _key("programme_id", "programme", nullable=False),
        _key("cohort_id", "cohort"),
        *_texts("kind", "title", "place"),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("starts_at", "ends_at")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("late_min", "least_pct")),
        *_texts("secret"),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("cancelled_at", sa.BigInteger),
        _key("cancelled_by", "account"),
        sa.Column("cancel_reason", sa.Text),
        indexes=("programme_id", "cohort_id", "made_by"),
    )
    _table(
        "presence",
        _key("meeting_id", "meeting", nullable=False),
        _key("learner_id", "learner", nullable=False),
        *_texts("status", "how"),
        sa.Column("minutes", sa.Integer),
        sa.Column("words", sa.Text),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        indexes=("learner_id", "made_by"),
    )
    op.create_index(
        "uq_presence_in_force",
        "presence",
        ["meeting_id", "learner_id"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "code_failure",
        sa.Column("meeting_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("learner_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "learner_id", name="pk_code_failure"),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_code_failure_meeting_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_code_failure_learner_id"),
    )


def downgrade() -> None:
    for table in ("code_failure", "presence", "meeting", "declaration_file", "declaration_step", "declaration"):
        op.drop_table(table)


def _key(name: str, of: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable, info={"of": of})


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _table(name: str, *columns: sa.Column, indexes: tuple[str, ...] = ()) -> None:
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
    )
    for column_name in indexes:
        op.create_index(f"ix_{name}_{column_name}", name, [column_name])
