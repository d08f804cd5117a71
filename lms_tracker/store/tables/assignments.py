"""Assignments: their terms, what was handed in, what markers and peers found, and which texts say the same."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from lms_tracker.store.tables.types import DecimalText, Instant, metadata

assignment_terms = Table(
    "assignment_terms",  # the latest are in force, those before stay on record
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignment.id"), nullable=False, index=True),
    Column("content", Text, nullable=False),  # JSON, a core.assignments.terms.Terms
    Column("seed", Text, nullable=False),  # drawn once for an assignment: who reviews whom follows from it
    Column("set_by", ForeignKey("account.id")),  # null: an operator's command
    Column("set_at", Instant, nullable=False),
)

assignment_weight = Table(
    "assignment_weight",  # where its marks count and how much, from an instant on; before the first, as the first says
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignment.id"), nullable=False, index=True),
    Column("component", Text, nullable=False),
    Column("weight", DecimalText, nullable=False),
    Column("set_by", ForeignKey("account.id")),  # null: an operator's command
    Column("set_at", Instant, nullable=False),
)

submission = Table(
    "submission",  # one version of a learner's work; the latest counts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignment.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),  # 1, 2, …
    Column("text", Text),
    Column("receipt", Text, nullable=False),  # of core.assignments.receipt
    Column("handed_in_at", Instant, nullable=False),
    UniqueConstraint("assignment_id", "learner_id", "version"),
)

submission_file = Table(
    "submission_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("sha256", ForeignKey("stored_file.sha256"), nullable=False, index=True),
)

submission_draft = Table(
    "submission_draft",  # what was typed and not handed in yet
    metadata,
    Column("assignment_id", ForeignKey("assignment.id"), primary_key=True, autoincrement=False),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

submission_return = Table(
    "submission_return",  # sent back to be revised
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, unique=True),
    Column("words", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("returned_by", ForeignKey("account.id")),
    Column("returned_at", Instant, nullable=False),
)

IN_FORCE = text("replaced_at IS NULL")

assessment = Table(
    "assessment",  # what one marker, or one peer, found; never edited: a new one replaces it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, index=True),
    Column("terms_id", ForeignKey("assignment_terms.id"), nullable=False),  # whose rubric was used
    Column("kind", Text, nullable=False),  # marker | peer
    Column("marker_id", ForeignKey("account.id")),  # of a marker; null when the account is gone
    Column("learner_id", ForeignKey("learner.id"), index=True),  # of a peer: who reviewed
    Column("mark", DecimalText, nullable=False),  # 0-100
    Column("chosen", Text, nullable=False),  # JSON: criterion -> level, both by number from 0
    Column("remarks", Text, nullable=False),  # JSON: criterion -> remark
    Column("comment", Text),
    Column("made_at", Instant, nullable=False),
    Column("replaced_at", Instant),
    Index(
        "uq_assessment_marker", "submission_id", "marker_id", unique=True,
        sqlite_where=IN_FORCE, postgresql_where=IN_FORCE,
    ),
    Index(
        "uq_assessment_peer", "submission_id", "learner_id", unique=True,
        sqlite_where=IN_FORCE, postgresql_where=IN_FORCE,
    ),
)  # fmt: skip

peer_pair = Table(
    "peer_pair",  # who reviews whose work
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignment.id"), nullable=False, index=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, index=True),  # the version to be read
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),  # who reviews
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),  # it went to somebody else
    UniqueConstraint("submission_id", "learner_id"),
)

mark_objection = Table(
    "mark_objection",  # a learner's, against the mark of a work that peers had a share in
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, unique=True),
    Column("words", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("outcome", Text),  # upheld | declined; null: open
    Column("outcome_words", Text),
    Column("decided_by", ForeignKey("account.id")),
    Column("decided_at", Instant),
)

unread_text = Table(
    "unread_text",  # works whose text is still to be compared with all others
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False, index=True),
    Column("claimed_until", Instant),
)

text_print = Table(
    "text_print",  # what of a work is compared: its text, also out of files, and its print
    metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True, autoincrement=False),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),  # core.originality.prints.VERSION
    Column("text", Text, nullable=False),
    Column("unread", Text, nullable=False),  # JSON: names of files that no text could be read from
    Column("marks", LargeBinary),  # null: too short to be compared
    Column("signature", LargeBinary),
    Column("made_at", Instant, nullable=False),
)

text_match = Table(
    "text_match",  # two works of different people with passages in common
    metadata,
    Column("one_id", ForeignKey("submission.id"), primary_key=True, autoincrement=False),  # the lower id
    Column("other_id", ForeignKey("submission.id"), primary_key=True, autoincrement=False, index=True),
    Column("same", Integer, nullable=False),  # characters in common passages
    Column("one_permille", Integer, nullable=False),  # share of the characters that count
    Column("other_permille", Integer, nullable=False),
    Column("found_at", Instant, nullable=False),
)
