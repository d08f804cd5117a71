"""Study time: what waits to be settled, and the ledger."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table, Text, text

from lms_tracker.store.tables.types import BigKey, Instant, metadata

touched_learner = Table(
    "touched_learner",  # whose evidence changed: one row each time, taken into `unsettled` by whoever settles
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    # No foreign key, no unique index: who stores statements only adds rows here, and so never waits for anybody.
    Column("learner_id", Integer, nullable=False, index=True),
    Column("since", Instant, nullable=False),
)

unsettled = Table(
    "unsettled",  # learners whose evidence changed since their ledger was posted; only who settles writes here
    metadata,
    # No foreign key: taking learners in would wait for an erasure that has locked them, and waits for what is taken in.
    Column("learner_id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # +1 with every change; settling removes the row it saw, no newer
    Column("since", Instant, nullable=False, index=True),
    Column("claimed_until", Instant),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False),
    Column("activity", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("registration", Text, nullable=False),  # "" when the statements name none
    Column("date", Date, nullable=False),  # local date of the policy's time zone
    Column("raw_us", BigInteger, nullable=False),
    Column("credited_us", BigInteger, nullable=False),
    Column("held_us", BigInteger, nullable=False),
    Column("discounted", Text, nullable=False),  # JSON: reason -> microseconds
    Column("intervals", Text, nullable=False),  # JSON, as core.study.ledger writes it
    Column("evidence", Text, nullable=False),  # proved | declared | aggregate
    Column("policy", Text, nullable=False),  # name@hash
    Column("engine", Text, nullable=False),
    Column("posted_at", Instant, nullable=False),
    Column("reversed_at", Instant),
    Column("cause", Text),  # why it was reversed
    Column("frozen_at", Instant),  # since then its evidence is gone, erased or aged out: it stays as it was posted
    Index("ix_ledger_learner_id", "learner_id", "date"),
    Index(
        "uq_ledger_in_force",
        "learner_id",
        "activity",
        "session",
        "registration",
        "date",
        unique=True,
        sqlite_where=text("reversed_at IS NULL"),
        postgresql_where=text("reversed_at IS NULL"),
    ),
    Index(
        "ix_ledger_frozen",
        "learner_id",
        sqlite_where=text("frozen_at IS NOT NULL"),
        postgresql_where=text("frozen_at IS NOT NULL"),
    ),
)
