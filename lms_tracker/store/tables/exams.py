"""Exams and what people reached in them; panels of experts for research output; the list of books."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from lms_tracker.store.tables.types import DecimalText, Instant, metadata

exam = Table(
    "exam",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("counts_as", Text, nullable=False),  # exam | course | certification: kinds of core.grading.kinds
    Column("held_on", Date, nullable=False),
    Column("out_of", DecimalText, nullable=False),
    Column("pass_mark", DecimalText, nullable=False),
    Column("resit_of", ForeignKey("exam.id"), unique=True),  # the attempt before; null: the first
    Column("attempt", Integer, nullable=False),
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("programme_id", "title"),
)

exam_result = Table(
    "exam_result",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exam_id", ForeignKey("exam.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("status", Text, nullable=False),  # of core.exams.STATUSES
    Column("mark", DecimalText),
    Column("started_at", Instant),
    Column("minutes", Integer),
    Column("address", Text),
    Column("device", Text),
    Column("words", Text),
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant),  # never edited: a new one replaces it
    Index(
        "uq_exam_result_in_force",
        "exam_id",
        "learner_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)

exam_note = Table(
    "exam_note",  # what a person should look at again; it changes no mark
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exam_id", ForeignKey("exam.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("signal", Text, nullable=False),  # of core.exams.Signal
    Column("others", Text, nullable=False),  # JSON: numbers of the learners with whom
    Column("noted_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", ForeignKey("account.id"), index=True),
    Column("words", Text),  # what was found
    UniqueConstraint("exam_id", "learner_id", "signal"),
)

panel_seat = Table(
    "panel_seat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("declaration_id", ForeignKey("declaration.id"), nullable=False),
    Column("account_id", ForeignKey("account.id"), index=True),  # null: whose account is gone
    Column("part", Text, nullable=False),  # expert | third
    Column("seated_by", ForeignKey("account.id")),
    Column("seated_at", Instant, nullable=False),
    UniqueConstraint("declaration_id", "account_id"),
)

panel_grade = Table(
    "panel_grade",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seat_id", ForeignKey("panel_seat.id"), nullable=False),
    Column("level", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("graded_at", Instant, nullable=False),
    Column("replaced_at", Instant),
    Index(
        "uq_panel_grade_in_force",
        "seat_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)

panel_ruling = Table(
    "panel_ruling",  # the chair's word where the panel's rule is not enough
    metadata,
    Column("id", Integer, primary_key=True),
    Column("declaration_id", ForeignKey("declaration.id"), nullable=False, index=True),
    Column("level", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant),
)

book = Table(
    "book",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("monograph", Boolean, nullable=False),  # on education
    Column("added_at", Instant, nullable=False),
    Column("retired_at", Instant),
    UniqueConstraint("programme_id", "title", "author"),
)
