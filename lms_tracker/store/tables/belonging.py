"""Who belonged where, and who looked after whom: histories beside the rows that say how things are now."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, Table, Text

from lms_tracker.store.tables.types import Instant, metadata

organisation_event = Table(
    "organisation_event",  # what became of an organisation; only ever added to
    metadata,
    Column("id", Integer, primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("what", Text, nullable=False),  # added | renamed | moved | closed | opened
    Column("before", Text),  # a name, or the name of what was above it
    Column("after", Text),
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant, nullable=False),
)

enrolment_event = Table(
    "enrolment_event",  # how an enrolment came to be as it is; an enrolment without any has always been as it is
    metadata,
    Column("id", Integer, primary_key=True),
    Column("enrolment_id", ForeignKey("enrolment.id"), nullable=False, index=True),
    Column("what", Text, nullable=False),  # began | moved | left | returned
    Column("on", Date, nullable=False),  # first local date on which it is so
    Column("cohort_id", ForeignKey("cohort.id"), nullable=False, index=True),
    Column("organisation_id", ForeignKey("organisation.id")),  # the learner's school from then on
    Column("reason", Text, nullable=False),
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant),  # null: from the beginning, as it was before anything changed
)

role_event = Table(
    "role_event",  # who gave and who took a role; only ever added to
    metadata,
    Column("id", Integer, primary_key=True),
    Column("role_id", ForeignKey("role.id"), nullable=False, index=True),
    Column("what", Text, nullable=False),  # granted | ended
    Column("reason", Text, nullable=False),
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant, nullable=False),
)

contact_note = Table(
    "contact_note",  # who was called when and what about; never edited, only withdrawn
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("cohort_id", ForeignKey("cohort.id"), nullable=False, index=True),  # the class at that time
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("on", Date, nullable=False),
    Column("way", Text, nullable=False),  # phone | message | visit | other
    Column("reached", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    Column("again_on", Date),  # when to ask again
    Column("made_by", ForeignKey("account.id")),  # null: whose account is gone
    Column("made_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)
