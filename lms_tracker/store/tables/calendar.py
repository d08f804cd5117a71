"""The calendar of a programme, and the keys under which a person's own calendar may be subscribed to."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from lms_tracker.store.tables.types import Instant, metadata

calendar_event = Table(
    "calendar_event",  # versions of what was announced: a new one replaces the one before, which stays
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),  # the same for all versions of one event: that of the first
    Column("version", Integer, nullable=False),
    Column("cohort_id", ForeignKey("cohort.id")),  # null: for the whole programme
    Column("kind", Text, nullable=False),  # a key of core.calendar.KINDS
    Column("title", Text, nullable=False),
    Column("on", Date, nullable=False),  # local date of its beginning
    Column("until_on", Date, nullable=False),  # local date of its end, its last day
    Column("starts_at", Instant),  # null: all day
    Column("ends_at", Instant),
    Column("place", Text),
    Column("words", Text),
    Column("cancelled", Boolean, nullable=False),
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant),
    UniqueConstraint("number", "version"),
)

calendar_key = Table(
    "calendar_key",  # opens one person's calendar to a program, and nothing else
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("secret_sha256", Text, nullable=False, unique=True),  # 256 random bits: a fast digest is enough
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),  # to the hour
)
