"""Every table of the product, in one place. Migrations are written by hand; a test holds the two equal.

Instants are aware UTC datetimes in Python and integer microseconds since the epoch on disk: exact, sortable,
the same in SQLite and PostgreSQL. Durations are integer microseconds (`_us`). Marks are decimals kept as text.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.types import TypeDecorator

from lms_tracker.core.instants import from_us, to_us


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else from_us(value)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal kept exactly as written."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


# SQLite only autoincrements INTEGER keys.
LARGEST_ID = 2**31 - 1
"""Of the tables whose id is an Integer. PostgreSQL cannot even be asked for a larger one."""

BigKey = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the record -------------------------------------------------------------------------------------------------

credential = Table(
    "credential",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # the *source* that policies speak of
    Column("key", Text, nullable=False, unique=True),
    Column("secret_sha256", Text, nullable=False),  # the secret has 256 random bits: a fast digest is enough
    Column("evidence", Text, nullable=False, server_default="declared"),  # declared | proved
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

learner = Table(
    "learner",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text),
    Column("actor", Text, nullable=False),  # JSON: the actor under which the learner was first seen
    Column("created_at", Instant, nullable=False),
)

identity = Table(
    "identity",
    metadata,
    Column("ifi", Text, primary_key=True),  # inverse functional identifier in the form of core.xapi.actors
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
)

statement = Table(
    "statement",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),  # order of storing; pages of a query follow it
    Column("id", Uuid, nullable=False, unique=True),
    Column("stored", Instant, nullable=False),
    Column("timestamp", Instant, nullable=False),
    Column("learner_id", ForeignKey("learner.id")),  # null for an anonymous group
    Column("ifi", Text),
    Column("verb", Text, nullable=False),
    Column("activity", Text),  # IRI when the object is an activity
    Column("registration", Uuid),
    Column("target", Uuid),  # the statement that a StatementRef object names, whether it is here or not
    Column("voided_by", Uuid),
    Column("credential_id", ForeignKey("credential.id")),  # null for a file imported by the operator
    Column("evidence", Text, nullable=False),  # declared | proved
    Column("received", Boolean, nullable=False),  # whether `stored` is a receipt time that lateness can be judged by
    Column("raw", LargeBinary, nullable=False),  # the statement as UTF-8 JSON, complete
    Index("ix_statement_stored", "stored", "seq"),
    Index("ix_statement_ifi", "ifi", "stored"),
    Index("ix_statement_learner_id", "learner_id", "stored"),
    Index("ix_statement_verb", "verb", "stored"),
    Index("ix_statement_activity", "activity", "stored"),
    Index("ix_statement_registration", "registration", "stored"),
    Index(
        "ix_statement_target",
        "target",
        sqlite_where=text("target IS NOT NULL"),
        postgresql_where=text("target IS NOT NULL"),
    ),
)

related = Table(
    "related",  # who and what a statement names elsewhere than as its actor or object: GET by agent, related_*
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),  # 64-bit digest, see core.xapi.terms
    Column("stored", Instant, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # statement.seq
    sqlite_with_rowid=False,
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

# --- study time -------------------------------------------------------------------------------------------------

unsettled = Table(
    "unsettled",  # learners whose evidence changed since their ledger was posted
    metadata,
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
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
)

# --- people and programmes --------------------------------------------------------------------------------------

organisation = Table(
    "organisation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # bureau | centre | school
    Column("school_kind", Text),  # city | town, for schools
    Column("parent_id", ForeignKey("organisation.id")),
)

programme = Table(
    "programme",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("policy", Text, nullable=False),  # file name under config/programmes, without .toml
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),  # last day
    Column("organisation_id", ForeignKey("organisation.id")),  # the bureau it is run for
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
    Index(
        "uq_mark_in_force",
        "assignment_id",
        "learner_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
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

# --- accounts ---------------------------------------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("session_token", Text, nullable=False),  # in the cookie; changing it ends all sessions of the account
    Column("locale", Text),
    Column("learner_id", ForeignKey("learner.id"), unique=True),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

login_failure = Table(
    "login_failure",  # of known and unknown logins alike, so that a lock does not tell which logins exist
    metadata,
    Column("login_sha256", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
    Column("locked_until", Instant),
)

role = Table(
    "role",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),  # learner | monitor | head_teacher | liaison | expert | staff | bureau
    Column("programme_id", ForeignKey("programme.id")),  # scope of liaison, expert, staff
    Column("cohort_id", ForeignKey("cohort.id")),  # scope of monitor, head_teacher
    Column("organisation_id", ForeignKey("organisation.id")),  # scope of bureau
)

job_run = Table(
    "job_run",  # one row per job and due time: whoever inserts it runs the job, everybody else does not
    metadata,
    Column("job", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", Text),
)
