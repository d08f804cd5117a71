"""What people decide about study time: holds, decisions, appeals with files and statements, reminders.

Expand: the tables `decision`, `unposted_decision`, `appeal`, `appeal_file`, `appeal_statement` and `reminder`.
Contract: nothing.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OF_DISCOUNT = sa.text("hold_id IS NULL")


def upgrade() -> None:
    _table(
        "decision",
        _key("learner_id", "learner", nullable=False),
        *_texts("activity", "session", "registration"),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        *_texts("kind", "reason"),
        sa.Column("words", sa.Text),
        sa.Column("signals", sa.Text),
        sa.Column("model", sa.Text),
        _key("decided_by", "account"),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        _key("replaces", "decision"),
        unique=(("replaces",),),
        indexes=("learner_id", "decided_by"),
    )
    op.create_table(
        "unposted_decision",
        sa.Column("learner_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("decision_id", sa.Integer, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("learner_id", "decision_id", name="pk_unposted_decision"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_unposted_decision_learner_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name="fk_unposted_decision_decision_id"),
    )
    _table(
        "appeal",
        _key("learner_id", "learner", nullable=False),
        _key("programme_id", "programme", nullable=False),
        _key("cohort_id", "cohort", nullable=False),
        *_texts("activity", "session", "registration"),
        sa.Column("date", sa.Date, nullable=False),
        *_texts("about"),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("start_us", "end_us", "amount_us")),
        _key("hold_id", "decision"),
        *_texts("words"),
        sa.Column("filed_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("outcome_words", sa.Text),
        _key("decided_by", "account"),
        sa.Column("decided_at", sa.BigInteger),
        _key("decision_id", "decision"),
        unique=(("hold_id",),),
        indexes=("learner_id", "programme_id", "decided_by"),
    )
    op.create_index(
        "uq_appeal_discount",
        "appeal",
        ["learner_id", "activity", "session", "registration", "date", "about"],
        unique=True,
        sqlite_where=OF_DISCOUNT,
        postgresql_where=OF_DISCOUNT,
    )
    _table(
        "appeal_file",
        _key("appeal_id", "appeal", nullable=False),
        *_texts("name", "kind", "sha256"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        indexes=("appeal_id",),
    )
    _table(
        "appeal_statement",
        _key("appeal_id", "appeal", nullable=False),
        _key("made_by", "account"),
        *_texts("role", "words"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        indexes=("appeal_id", "made_by"),
    )
    _table(
        "reminder",
        _key("hold_id", "decision"),
        _key("appeal_id", "appeal"),
        *_texts("kind", "role"),
        _key("learner_id", "learner", nullable=False),
        _key("programme_id", "programme"),
        _key("cohort_id", "cohort"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        unique=(("hold_id", "kind", "role"), ("appeal_id", "kind", "role")),
        indexes=("learner_id", "programme_id"),
    )


def downgrade() -> None:
    for table in ("reminder", "appeal_statement", "appeal_file", "appeal", "unposted_decision", "decision"):
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
