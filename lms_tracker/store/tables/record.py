"""The record: what was sent, and what it says of activities and documents."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, Uuid, text

from lms_tracker.core.xapi.terms import ACTOR
from lms_tracker.store.tables.types import BigKey, Digest, Folded, Instant, PackedJson, Word, metadata

EVIDENCE = ("declared", "proved")
"""How far the words of a source are trusted. Stored as a number: only add at the end."""


SPANS = {"learner_id": "stored >> 28", "registration": "stored >> 28", "credential_id": "stored >> 20"}
"""On PostgreSQL these indexes hold `stored` to 2**28 us (4 minutes) or 2**20 us (a second) only. What is equal there stands
once, with a list of its rows: 10 bytes a statement instead of 40. A query that is to walk such an index orders and bounds
by the span first, then by `stored`: so it sorts within a span, and no other index can tempt the planner."""


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _by_span(column: str) -> tuple[Index, Index]:
    name = f"ix_statement_{column}"
    spans = Index(name, column, text(f"({SPANS[column]})")).ddl_if(dialect="postgresql")
    return spans, Index(name, column, "stored").ddl_if(dialect="sqlite")  # which keeps no equal entries as one


statement = Table(
    "statement",  # what is read together stands together, the widest first: PostgreSQL pads what does not fit
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),  # order of storing; pages of a query follow it
    Column("stored", Instant, nullable=False, index=True),
    Column("timestamp", Instant, nullable=False),
    Column("ifi", Digest(ACTOR)),  # of the actor; null for an anonymous group
    Column("registration", Folded),
    Column("learner_id", Integer),  # learner.id: no foreign key, which would be looked up for each row
    Column("credential_id", Integer),  # credential.id, likewise; null for a file imported by the operator
    Column("id", Uuid, nullable=False, unique=True),
    Column("evidence", Word(*EVIDENCE), nullable=False),
    Column("received", Boolean, nullable=False),  # whether `stored` is a receipt time that lateness can be judged by
    Column("voids", Boolean, nullable=False),  # whether it voids `target`
    Column("raw", PackedJson, nullable=False),  # the statement as JSON, complete
    Column("target", Uuid),  # the statement that a StatementRef object names, whether it is here or not
    Column("voided_by", Uuid),
    *(index for column in SPANS for index in _by_span(column)),
    # Few statements refer to others: these two hold nothing else.
    Index("ix_statement_target", "target", **_where("target IS NOT NULL")),
    Index("ix_statement_referring", "stored", **_where("target IS NOT NULL")),
)

posting = Table(
    "posting",  # what statements are found by besides their own columns: see store.postings
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),  # 64-bit digest, see core.xapi.terms
    Column("stored", Instant, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # statement.seq of the first
    Column("members", LargeBinary, nullable=False),  # further ones, stored at the same instant: a byte for each gap
    sqlite_with_rowid=False,
)

posting_run = Table(
    "posting_run",  # rows of `posting` that are no longer new, many to a row: see store.posting_runs
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("stored", Instant, primary_key=True),  # of the first
    Column("seq", BigInteger, nullable=False),  # of the first
    Column("members", LargeBinary, nullable=False),  # the rows, packed
)

attachment = Table(
    "attachment",  # data that came with statements; what it is (type, name, use) the statements say
    metadata,
    Column("sha2", Text, primary_key=True),  # lower-case hexadecimal
    Column("data", LargeBinary, nullable=False),
    Column("stored", Instant, nullable=False),
)

document = Table(
    "document",  # of the state, activity profile and agent profile resources
    metadata,
    Column("place", Text, primary_key=True),  # digest of kind, activity and ifi: see core.xapi.documents
    Column("registration", Text, primary_key=True),  # "" for none
    Column("id", Text, primary_key=True),  # stateId or profileId
    Column("kind", Text, nullable=False),  # state | activity-profile | agent-profile
    Column("activity", Text, nullable=False),  # "" for agent profiles
    Column("ifi", Text, nullable=False, index=True),  # "" for activity profiles
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("updated", Instant, nullable=False),
)

definition = Table(
    "definition",  # every distinct definition of an activity that a statement brought; merged when it is asked for
    metadata,
    Column("activity", Text, primary_key=True),  # SHA-256 of the IRI in hexadecimal
    Column("digest", Text, primary_key=True),  # SHA-256 of the definition in hexadecimal
    Column("stored", Instant, nullable=False),
    Column("raw", LargeBinary, nullable=False),  # the definition as UTF-8 JSON
)
