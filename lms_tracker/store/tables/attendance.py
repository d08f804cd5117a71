"""Meetings of a class or a programme, and who was there."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from lms_tracker.store.tables.types import Instant, metadata

meeting = Table(
    "meeting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("cohort_id", ForeignKey("cohort.id"), index=True),  # null: all classes
    Column("kind", Text, nullable=False),  # weekend | live | activity | exchange
    Column("title", Text, nullable=False),
    Column("place", Text, nullable=False),  # a room, or an address on the net
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("late_min", Integer, nullable=False),
    Column("least_pct", Integer, nullable=False),
    Column("secret", Text, nullable=False),  # hex: the codes follow from it
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    Column("cancelled_by", ForeignKey("account.id")),
    Column("cancel_reason", Text),
)

presence = Table(
    "presence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("meeting_id", ForeignKey("meeting.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("status", Text, nullable=False),  # of core.attendance.presence.STATUSES
    Column("how", Text, nullable=False),  # code | list | import | leave
    Column("minutes", Integer),  # connected, where a report said so
    Column("words", Text),  # why it was corrected
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant),  # never edited: a new one replaces it
    Index(
        "uq_presence_in_force",
        "meeting_id",
        "learner_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)

code_failure = Table(
    "code_failure",  # wrong codes of a learner for a meeting
    metadata,
    Column("meeting_id", ForeignKey("meeting.id"), primary_key=True, autoincrement=False),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)
