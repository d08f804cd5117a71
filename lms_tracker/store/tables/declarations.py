"""What learners declare and somebody confirms: one table for leave, research output, notes and books."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from lms_tracker.store.tables.types import Instant, metadata

declaration = Table(
    "declaration",  # as it is now; declaration_step keeps how it came about
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # of core.declarations.KINDS
    Column("state", Text, nullable=False),  # declared | confirmed | returned | withdrawn
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("happened_on", Date),  # the day of it: of publication, of reading; null: none
    Column("about", Integer),  # leave: meeting.id; reading: book.id
    Column("facts", Text, nullable=False),  # JSON, as core.declarations.FACTS says for the kind
    Column("declared_at", Instant, nullable=False),
    Column("decided_by", ForeignKey("account.id"), index=True),
    Column("decided_at", Instant),
    Column("reason", Text),  # what was said with the last decision
    Index("ix_declaration_programme_kind_state", "programme_id", "kind", "state"),
)

declaration_step = Table(
    "declaration_step",  # never edited
    metadata,
    Column("id", Integer, primary_key=True),
    Column("declaration_id", ForeignKey("declaration.id"), nullable=False, index=True),
    Column("step", Text, nullable=False),  # declared | confirmed | returned | reopened | withdrawn
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("words", Text, nullable=False),
    Column("content", Text),  # JSON: core.declarations.Content as declared; null where it did not change
)

declaration_file = Table(
    "declaration_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("declaration_id", ForeignKey("declaration.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("sha256", ForeignKey("stored_file.sha256"), nullable=False, index=True),
    Column("added_at", Instant, nullable=False),
)
