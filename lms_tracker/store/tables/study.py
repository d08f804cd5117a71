"""Study time: what waits to be settled, the ledger, and what was decided about it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lms_tracker.store.tables.types import BigKey, Instant, metadata

touched_learner = Table(
    "touched_learner",  # whose evidence changed: a row each time, taken into `unsettled` by whoever settles
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    # No foreign key, no unique index: who stores statements only adds rows here, and so never waits for anybody.
    Column("learner_id", Integer, nullable=False, index=True),  # 0 for several, whom `marks` names
    Column("since", Instant, nullable=False),
    Column("seqs", Text),  # what is new: numbers of statements, with commas; null when anything may have changed
    Column("marks", Text),  # what is new of several, whose statements were stored together: JSON, learner -> as `seqs`
)

unsettled = Table(
    "unsettled",  # learners whose evidence changed since their ledger was posted; only who settles writes here
    metadata,
    # No foreign key: taking learners in would wait for an erasure that has locked them, and waits for what is taken in.
    Column("learner_id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # +1 with every change; settling removes the row it saw, no newer
    Column("since", Instant, nullable=False, index=True),
    Column("claimed_until", Instant),
    Column("seqs", Text),  # as above, of all the marks that were taken in
)

remembered = Table(
    "remembered",  # of whom `remembered_session` holds every session, whose entries in force are the rules' own
    metadata,
    # No foreign key, as below: who settles has locked the learner already.
    Column("learner_id", Integer, primary_key=True, autoincrement=False),
    Column("policy", Text, nullable=False),  # name@hash of the rules that judged all of it
    Column("engine", Text, nullable=False),
)

remembered_session = Table(
    "remembered_session",  # what newer evidence needs to know of a session without reading all evidence again
    metadata,
    Column("learner_id", Integer, primary_key=True, autoincrement=False),
    Column("activity", Text, primary_key=True),
    Column("session", Text, primary_key=True),
    Column("registration", Text, primary_key=True),
    Column("start_us", BigInteger, nullable=False),  # when it began, by the corrected clock
    Column("length_us", BigInteger, nullable=False),  # of the activity, as far as the session claims one; else 0 or -1
    Column("seqs", LargeBinary, nullable=False),  # statement.seq of its evidence, see store.remembered
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

decision = Table(
    "decision",  # what people (and a machine that may only hold) decided about study time; never edited
    metadata,
    Column("id", Integer, primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("activity", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("registration", Text, nullable=False),  # "" when the statements name none
    Column("start_us", BigInteger, nullable=False),  # the part of the session: microseconds since 1970
    Column("end_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # hold | release | reject | grant
    Column("reason", Text, nullable=False),  # of a grant the discount; of a release "lapsed" when nobody decided
    Column("words", Text),
    Column("signals", Text),  # of a hold: JSON, a list of core.study.decisions.Signal
    Column("model", Text),  # of a hold: name@hash of the detector
    Column("decided_by", ForeignKey("account.id"), index=True),  # null: the machine, or somebody erased
    Column("decided_at", Instant, nullable=False),
    Column("replaces", ForeignKey("decision.id"), unique=True),  # the hold that it answers, the rejection it takes back
)

unposted_decision = Table(
    "unposted_decision",  # decisions that the learner's ledger does not follow yet: its reversals will say them
    metadata,
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("decision_id", ForeignKey("decision.id"), primary_key=True, autoincrement=False),
)

appeal = Table(
    "appeal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),  # whose people decide
    Column("cohort_id", ForeignKey("cohort.id"), nullable=False),  # whose monitor is asked
    Column("activity", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("registration", Text, nullable=False),
    Column("date", Date, nullable=False),  # of the entry
    Column("about", Text, nullable=False),  # "held", or the reason of a discount
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("amount_us", BigInteger, nullable=False),  # of study time, when it was filed
    Column("hold_id", ForeignKey("decision.id"), unique=True),  # the hold appealed against; null for a discount
    Column("words", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("outcome", Text),  # upheld | declined | released (before a second reviewer was needed); null: open
    Column("outcome_words", Text),
    Column("decided_by", ForeignKey("account.id"), index=True),
    Column("decided_at", Instant),
    Column("decision_id", ForeignKey("decision.id")),  # what the outcome did to the ledger, if anything
    Index(
        "uq_appeal_discount",
        "learner_id",
        "activity",
        "session",
        "registration",
        "date",
        "about",
        unique=True,
        sqlite_where=text("hold_id IS NULL"),
        postgresql_where=text("hold_id IS NULL"),
    ),
)

appeal_file = Table(
    "appeal_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("appeal_id", ForeignKey("appeal.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a key of core.uploads.KINDS
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

appeal_statement = Table(
    "appeal_statement",  # what the monitor, or the head teacher, has to say on it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("appeal_id", ForeignKey("appeal.id"), nullable=False, index=True),
    Column("made_by", ForeignKey("account.id"), index=True),  # null: somebody erased
    Column("role", Text, nullable=False),  # monitor | head_teacher
    Column("words", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)

reminder = Table(
    "reminder",  # who is to be told what, once; sent by whatever can send
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hold_id", ForeignKey("decision.id")),  # of these two, the one it is about
    Column("appeal_id", ForeignKey("appeal.id")),
    Column("kind", Text, nullable=False),  # held | soon | overdue | lapsed | filed | decided
    Column("role", Text, nullable=False),  # learner | head_teacher | liaison
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),  # whose time it is
    Column("programme_id", ForeignKey("programme.id"), index=True),  # null: of a learner in no programme
    Column("cohort_id", ForeignKey("cohort.id")),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("hold_id", "kind", "role"),
    UniqueConstraint("appeal_id", "kind", "role"),
)
