"""People and programmes: organisations, cohorts, courses, marks, bulletins."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from lms_tracker.store.tables.types import DecimalText, Instant, metadata

organisation = Table(
    "organisation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # a key of core.organisations.KINDS
    Column("school_kind", Text),  # city | town, for schools
    Column("parent_id", ForeignKey("organisation.id")),  # what it stands under: a school under its district, and so on
    Column("closed_at", Instant),  # nobody is put there any more
)

programme = Table(
    "programme",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("policy", Text, nullable=False),  # that of the beginning: a file under config/programmes, without .toml
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),  # last day
    Column("organisation_id", ForeignKey("organisation.id")),  # the bureau it is run for
    Column("cohort_size", Integer, nullable=False, server_default="40"),  # learners that a class should have at most
)

programme_policy = Table(
    "programme_policy",  # the policies of a programme in the order of adoption: superseded from a date, never edited
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("policy", Text, nullable=False),  # name@hash
    Column("content", Text, nullable=False),  # TOML as it was adopted: the file may change, what is in force does not
    Column("from_on", Date),  # first local date that it judges; null: the policy of the beginning
    Column("reason", Text, nullable=False),
    Column("adopted_by", ForeignKey("account.id")),  # null: an operator's command
    Column("adopted_at", Instant, nullable=False),
    Column("effect", Text),  # JSON, as core.grading.compare sums it up: what it changed for whom
)

cohort = Table(
    "cohort",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    UniqueConstraint("programme_id", "name"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("cohort_id", ForeignKey("cohort.id"), nullable=False, index=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("organisation_id", ForeignKey("organisation.id")),  # the learner's school
    Column("enrolled_on", Date, nullable=False),
    Column("left_on", Date),
    UniqueConstraint("programme_id", "learner_id"),
)

course = Table(
    "course",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # required | elective | extension
    Column("position", Integer, nullable=False),
    UniqueConstraint("programme_id", "title"),
)

activity = Table(
    "activity",
    metadata,
    Column("iri", Text, primary_key=True),
    Column("course_id", ForeignKey("course.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # video | audio | document | live
    Column("length_us", BigInteger),
    Column("position", Integer, nullable=False),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("component", Text, nullable=False),  # assignments | research: the policy's component that its marks feed
    Column("title", Text, nullable=False),
    Column("due_on", Date),
    UniqueConstraint("programme_id", "title"),
)

mark = Table(
    "mark",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignment.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("mark", DecimalText, nullable=False),  # 0-100
    Column("comment", Text),
    Column("marked_by", ForeignKey("account.id")),
    Column("marked_at", Instant, nullable=False),
    Column("replaced_at", Instant),  # a mark is never edited: a new one replaces it
    Column("days_late", Integer),  # the work came so many days after its deadline; null: in time, or nobody knows
    Index(
        "uq_mark_in_force",
        "assignment_id",
        "learner_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)

achievement = Table(
    "achievement",  # what counts besides study time and marks; core.grading.kinds says what each kind needs
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("item", Text, nullable=False),  # which exam, course, topic, title
    Column("attempt", Integer, nullable=False),  # 1; 2 is the resit
    Column("value", DecimalText),
    Column("out_of", DecimalText),
    Column("level", Text),
    Column("happened_on", Date, nullable=False),  # local date
    Column("days_late", Integer, nullable=False),  # after its deadline; 0: in time, or it has none
    Column("source", Text, nullable=False),  # where it is recorded in full: "attendance:12"
    Column("proof", Text),  # the document that shows it
    Column("note", Text),
    Column("recorded_by", ForeignKey("account.id")),
    Column("recorded_at", Instant, nullable=False),  # in force from here …
    Column("replaced_at", Instant),  # … and before here: never edited, replaced or withdrawn
    Column("replaced_by", ForeignKey("account.id")),
    Column("replaced_reason", Text),
    Column("replaces", ForeignKey("achievement.id")),  # the one before; null: the first
    Index("ix_achievement_programme_id_learner_id", "programme_id", "learner_id"),
    Index("ix_achievement_source", "source"),
    Index(
        "uq_achievement_in_force",
        "programme_id",
        "learner_id",
        "kind",
        "item",
        "attempt",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)

grade_override = Table(
    "grade_override",  # a result that a person set in place of what the policy makes of it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("part", Text, nullable=False),  # key of a part of the policy, or "final" or "status"
    Column("before", Text, nullable=False),  # what stood there when it was set
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", ForeignKey("account.id")),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),  # withdrawn, or replaced by another
    Column("ended_by", ForeignKey("account.id")),
    Column("ended_reason", Text),
    Column("period", Text, nullable=False, server_default=""),  # the year that begins in "2026"; "": the programme
    Index(
        "uq_grade_override_in_force",
        "programme_id",
        "learner_id",
        "part",
        "period",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

bulletin = Table(
    "bulletin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("period", Text, nullable=False),  # 2026-03-H1 | 2026-03-H2 | 2026-03
    Column("version", Integer, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("content", Text, nullable=False),  # JSON, the bytes that were issued; never edited
    Column("issued_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    UniqueConstraint("programme_id", "period", "version"),
)
