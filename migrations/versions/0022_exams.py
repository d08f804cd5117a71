"""Exams with results and notes, panels of experts, the list of books.

Expand: the tables `exam`, `exam_result`, `exam_note`, `panel_seat`, `panel_grade`, `panel_ruling`, `book`.
Contract: nothing.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

IN_FORCE = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    _table(
        "exam",
        _key("programme_id", "programme", nullable=False),
        *_texts("title", "counts_as"),
        sa.Column("held_on", sa.Date, nullable=False),
        *_texts("out_of", "pass_mark"),
        _key("resit_of", "exam"),
        sa.Column("attempt", sa.Integer, nullable=False),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        unique=(("resit_of",), ("programme_id", "title")),
        indexes=("made_by",),
    )
    _table(
        "exam_result",
        _key("exam_id", "exam", nullable=False),
        _key("learner_id", "learner", nullable=False),
        *_texts("status"),
        sa.Column("mark", sa.Text),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("minutes", sa.Integer),
        *(sa.Column(name, sa.Text) for name in ("address", "device", "words")),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        indexes=("learner_id", "made_by"),
        in_force=("exam_id", "learner_id"),
    )
    _table(
        "exam_note",
        _key("exam_id", "exam", nullable=False),
        _key("learner_id", "learner", nullable=False),
        *_texts("signal", "others"),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        _key("closed_by", "account"),
        sa.Column("words", sa.Text),
        unique=(("exam_id", "learner_id", "signal"),),
        indexes=("learner_id", "closed_by"),
    )
    _table(
        "panel_seat",
        _key("declaration_id", "declaration", nullable=False),
        _key("account_id", "account"),
        *_texts("part"),
        _key("seated_by", "account"),
        sa.Column("seated_at", sa.BigInteger, nullable=False),
        unique=(("declaration_id", "account_id"),),
        indexes=("account_id",),
    )
    _table(
        "panel_grade",
        _key("seat_id", "panel_seat", nullable=False),
        *_texts("level", "words"),
        sa.Column("graded_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        in_force=("seat_id",),
    )
    _table(
        "panel_ruling",
        _key("declaration_id", "declaration", nullable=False),
        *_texts("level", "words"),
        _key("made_by", "account"),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        indexes=("declaration_id", "made_by"),
    )
    _table(
        "book",
        _key("programme_id", "programme", nullable=False),
        *_texts("title", "author"),
        sa.Column("monograph", sa.Boolean, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("retired_at", sa.BigInteger),
        unique=(("programme_id", "title", "author"),),
    )


def downgrade() -> None:
    for table in ("book", "panel_ruling", "panel_grade", "panel_seat", "exam_note", "exam_result", "exam"):
        op.drop_table(table)


def _key(name: str, of: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable, info={"of": of})


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _table(
    name: str,
    *columns: sa.Column,
    unique: tuple[tuple[str, ...], ...] = (),
    indexes: tuple[str, ...] = (),
    in_force: tuple[str, ...] = (),
) -> None:
    """A table with an integer `id`; keys of other tables are those columns that say so. `in_force`: of these columns
    there is one row that was not replaced."""
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
    if in_force:
        where = {"sqlite_where": IN_FORCE, "postgresql_where": IN_FORCE}
        op.create_index(f"uq_{name}_in_force", name, list(in_force), unique=True, **where)
