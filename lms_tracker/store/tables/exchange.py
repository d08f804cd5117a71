"""What goes on to other record stores, and what was refused at the door."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from lms_tracker.store.tables.types import BigKey, Instant, metadata

forward_target = Table(
    "forward_target",  # another record store; the outbox is `position` and the rows of forward_aside
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("endpoint", Text, nullable=False),
    Column("version", Text, nullable=False),  # of xAPI that it is spoken to in: 1.0.3 | 2.0.0
    Column("username", Text, nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),  # encrypted by actions.seal
    Column("filter", Text, nullable=False),  # JSON of core.forwarding.Filter
    Column("position", BigInteger, nullable=False),  # statement.seq: whatever is not later is sent, or put aside
    Column("sent", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),  # failures in a row
    Column("error", Text),  # a key of core.forwarding.TROUBLES
    Column("error_detail", Text),
    Column("error_at", Instant),
    Column("sent_at", Instant),
    Column("next_try_at", Instant, nullable=False),
    Column("claimed_until", Instant),  # by the worker that sends just now
    Column("paused_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("given_up", BigInteger, nullable=False, server_default="0"),  # put aside, and not to be sent again
)

former_target = Table(
    "former_target",  # removed, and still named where somebody is erased: what it got, it has
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # statement.seq: it got nothing later
    Column("sent", BigInteger, nullable=False),
    Column("removed_at", Instant, nullable=False),
)

forward_aside = Table(
    "forward_aside",  # what a target did not take; the rest goes on without
    metadata,
    Column("target_id", ForeignKey("forward_target.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # statement.seq
    Column("statement_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),  # a key of core.forwarding.ASIDE
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("again", Boolean, nullable=False),  # somebody asked to send it once more
)

quarantine = Table(
    "quarantine",  # requests of known sources that were refused; one row however often the same came
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("credential_id", ForeignKey("credential.id"), nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of the request in hexadecimal
    Column("raw", LargeBinary),  # the body as it came; null where it was too large to keep
    Column("size", BigInteger, nullable=False),  # bytes of the body as it came
    Column("edited", LargeBinary),  # the JSON as an administrator mended it
    Column("content_type", Text, nullable=False),
    Column("version", Text),  # X-Experience-API-Version, if it named one that is spoken here
    Column("put_id", Text),  # the parameter statementId of a PUT
    Column("status", Integer, nullable=False),  # what was answered
    Column("path", Text),
    Column("rule", Text),
    Column("reason", Text, nullable=False),
    Column("position", Integer),  # of the faulty statement in its batch
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Column("state", Text, nullable=False),  # open | replayed | dismissed
    Column("closed_at", Instant),
    Column("closed_by", ForeignKey("account.id")),  # null: by command
    Column("edited_at", Instant),
    Column("edited_by", ForeignKey("account.id")),
    Column("note", Text),  # why it was mended or dismissed
    Column("stored", Integer),  # statements that replaying stored
    UniqueConstraint("credential_id", "digest"),
    Index("ix_quarantine_state", "state", "last_at"),
)

quarantine_dropped = Table(
    "quarantine_dropped",  # what a source sent beyond what is kept for it
    metadata,
    Column("credential_id", ForeignKey("credential.id"), primary_key=True, autoincrement=False),
    Column("requests", BigInteger, nullable=False),
    Column("unread", BigInteger, nullable=False),  # of those, how many nobody had looked at
    Column("bytes", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
)
