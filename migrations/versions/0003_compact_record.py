"""The record kept small and indexed by terms.

Expand: `statement` with packed JSON and terms for names, and `posting` for what statements are found by, both filled
from the tables before. Contract: those tables, `related` among them. Beside it, `touched_learner`: whose evidence changed,
noted without waiting for whoever settles.

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from lms_tracker.core.xapi.terms import ACTIVITY, ACTOR, VERB, fold, term
from lms_tracker.store.packing import pack
from lms_tracker.store.postings import rows_of

revision = "0003"
down_revision = "0002"

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
REFERS = {name: sa.text("target IS NOT NULL") for name in ("sqlite_where", "postgresql_where")}
BATCH = 1000  # rows in memory; SQLite takes no more than 32766 parameters at once
OLD_INDEXES = ["activity", "ifi", "learner_id", "registration", "stored", "verb", "target"]


def upgrade() -> None:
    _put_away_statements()
    _make_statements()
    _make_postings()
    _carry_statements()
    _carry_terms()
    op.drop_table("related")
    op.drop_table("statement_before")
    _make_marks()


def downgrade() -> None:
    raise NotImplementedError("packed statements are read by this release and later ones only: restore a backup")


def _put_away_statements() -> None:
    """The table under another name, without what the new one calls the same."""
    for name in OLD_INDEXES:
        op.drop_index(f"ix_statement_{name}", "statement")
    op.rename_table("statement", "statement_before")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("pk_statement", "uq_statement_id"):
            op.execute(f"ALTER INDEX {name} RENAME TO {name}_before")
        op.execute("ALTER SEQUENCE statement_seq_seq RENAME TO statement_before_seq_seq")


def _make_statements() -> None:
    op.create_table(
        "statement",
        sa.Column("seq", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("ifi", sa.BigInteger()),
        sa.Column("registration", sa.BigInteger()),
        sa.Column("learner_id", sa.Integer()),
        sa.Column("credential_id", sa.Integer()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evidence", sa.SmallInteger(), nullable=False),
        sa.Column("received", sa.Boolean(), nullable=False),
        sa.Column("voids", sa.Boolean(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("target", sa.Uuid()),
        sa.Column("voided_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("seq", name="pk_statement"),
        sa.UniqueConstraint("id", name="uq_statement_id"),
    )
    op.create_index("ix_statement_stored", "statement", ["stored"])
    op.create_index("ix_statement_learner_id", "statement", ["learner_id", "stored"])
    op.create_index("ix_statement_registration", "statement", ["registration", "stored"])
    op.create_index("ix_statement_target", "statement", ["target"], **REFERS)
    op.create_index("ix_statement_referring", "statement", ["stored"], **REFERS)
    if op.get_bind().dialect.name == "postgresql":
        # Packed already: the server's own compression would only cost time.
        op.execute("ALTER TABLE statement ALTER raw SET STORAGE EXTERNAL")


def _make_postings() -> None:
    op.create_table(
        "posting",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("term", "stored", "seq", name="pk_posting"),
        sqlite_with_rowid=False,
    )


def _make_marks() -> None:
    """Who waits to be settled goes on waiting in `unsettled`; who comes is noted in a table to which rows are only added."""
    op.create_table(
        "touched_learner",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_touched_learner"),
    )
    op.create_index("ix_touched_learner_learner_id", "touched_learner", ["learner_id"])
    with op.batch_alter_table("unsettled") as unsettled:
        unsettled.drop_constraint("fk_unsettled_learner_id", type_="foreignkey")


def _carry_statements() -> None:
    db = op.get_bind()
    names = "seq id stored timestamp learner_id ifi verb registration target voided_by credential_id evidence received"
    types = {name: sa.Uuid() for name in ("id", "registration", "target", "voided_by")} | {"received": sa.Boolean()}
    columns = [sa.column(name, types.get(name)) for name in names.split()]
    before = sa.table("statement_before", *columns, sa.column("raw", sa.LargeBinary()))
    kept = [sa.column(name, types.get(name) if name != "registration" else None) for name in names.split()]
    after = sa.table("statement", *kept, sa.column("voids", sa.Boolean()), sa.column("raw", sa.LargeBinary()))
    last = -1
    while rows := db.execute(sa.select(before).where(before.c.seq > last).order_by(before.c.seq).limit(BATCH)).all():
        db.execute(
            sa.insert(after),
            [_carried(row, raw) for row, raw in zip(rows, pack([bytes(row.raw) for row in rows]), strict=True)],
        )
        last = rows[-1].seq
    if db.dialect.name == "postgresql":
        op.execute("SELECT setval('statement_seq_seq', last_value, is_called) FROM statement_before_seq_seq")


def _carried(row: Any, packed: bytes) -> dict[str, Any]:
    kept = ["seq", "id", "stored", "timestamp", "learner_id", "target", "voided_by", "credential_id", "received"]
    registration: UUID | None = row.registration
    return {name: getattr(row, name) for name in kept} | {
        "ifi": None if row.ifi is None else term(ACTOR, row.ifi),
        "registration": None if registration is None else fold(registration),
        "evidence": ("declared", "proved").index(row.evidence),
        "voids": row.verb == VOIDED,
        "raw": packed,
    }


def _carry_terms() -> None:
    _post((row.term, row.stored, row.seq) for row in _stream("SELECT term, stored, seq FROM related ORDER BY 1, 2, 3"))
    for kind, name in ((VERB, "verb"), (ACTIVITY, "activity")):
        sql = f"SELECT {name} AS name, stored, seq FROM statement_before WHERE {name} IS NOT NULL ORDER BY 1, 2, 3"
        _post((term(kind, row.name), row.stored, row.seq) for row in _stream(sql))


def _post(entries: Iterator[tuple[int, int, int]]) -> None:
    """(term, stored, seq), those of one term and instant together and in order."""
    db = op.get_bind()
    posting = sa.table("posting", *(sa.column(name) for name in ("term", "stored", "seq", "members")))
    waiting: list[dict[str, Any]] = []
    for (number, stored), together in groupby(entries, key=lambda entry: entry[:2]):
        for _, _, first, distances in rows_of(((stored, seq), [number]) for _, _, seq in together):
            waiting.append({"term": number, "stored": stored, "seq": first, "members": distances})
        if len(waiting) >= BATCH:
            db.execute(sa.insert(posting), waiting)
            waiting = []
    if waiting:
        db.execute(sa.insert(posting), waiting)


def _stream(sql: str) -> Iterator[Any]:
    yield from op.get_bind().execute(sa.text(sql).execution_options(yield_per=BATCH))
