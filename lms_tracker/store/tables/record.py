"""The record: what was sent, and what it says of activities and documents."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from lms_tracker.store.tables.types import BigKey, Instant, metadata

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
