"""Our own player: who watches what just now, what the page told, and what was asked."""

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
    Uuid,
    text,
)

from lms_tracker.store.tables.types import BigKey, Instant, Word, metadata

STREAM_STATES = ("open", "superseded", "revoked", "closed")
"""Stored as numbers: only add at the end."""
CHECK_STATES = ("open", "answered", "missed", "wrong", "dropped")
"""Stored as numbers: only add at the end."""

player_session = Table(
    "player_session",  # one opening of one activity on one device: what never changes of it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),  # the session id in statements
    Column("learner_id", ForeignKey("learner.id"), nullable=False),
    Column("ifi", Text, nullable=False),  # by which the learner was known; goes with it when people are joined or split
    Column("actor", Text, nullable=False),  # JSON, as its statements name the learner
    Column("activity", Text, nullable=False),
    Column("registration", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("account_id", ForeignKey("account.id"), index=True),  # who was logged in; null: a source asked for the grant
    Column("login", Text),  # which of the account's logins: its end ends the grant
    Column("credential_id", ForeignKey("credential.id"), index=True),  # the source that asked for the grant
    Column("media", Boolean, nullable=False),
    Column("length_us", BigInteger, nullable=False),  # of the activity, as far as it was known; else -1
    Column("opened_at", Instant, nullable=False),
    Index("ix_player_session_learner_id", "learner_id", "id"),
)

player_stream = Table(
    "player_stream",  # where a session stands; written with every request, so without any index that this would touch
    metadata,
    Column("session_id", ForeignKey("player_session.id"), primary_key=True, autoincrement=False),
    Column("learner_id", Integer, nullable=False),
    Column("n", Integer, nullable=False),  # the last request that was accepted
    Column("last_at", BigInteger, nullable=False),  # its receipt, in microseconds since 1970
    Column("state", Word(*STREAM_STATES), nullable=False),
    Column("live", LargeBinary, nullable=False),  # core.player.live.Live
    Index(  # one open stream a person, in all tabs and on all devices
        "uq_player_stream_open",
        "learner_id",
        unique=True,
        sqlite_where=text("state = 0"),
        postgresql_where=text("state = 0"),
    ),
    postgresql_with={"fillfactor": "60"},  # room for the next version beside this one
)

beat = Table(
    "beat",  # what one accepted request told; the widest first, for PostgreSQL pads what does not fit
    metadata,
    Column("at", BigInteger, nullable=False),  # its receipt, in microseconds since 1970
    # No foreign keys: looking each time whether the session is there costs more than storing the beat.
    Column("session_id", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("told", LargeBinary, nullable=False),  # core.player.tape.pack
)

player_refusal = Table(
    "player_refusal",  # requests that were refused: how many of a kind in a session
    metadata,
    Column("session_id", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, primary_key=True),  # a key of core.player.refusals.REFUSALS
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

player_event = Table(
    "player_event",  # state changes that are still to become statements
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("session_id", Integer, nullable=False, index=True),
    Column("said", LargeBinary, nullable=False),  # JSON of core.player.statements.Said
)

player_check = Table(
    "player_check",
    metadata,
    Column("id", Text, primary_key=True),
    Column("session_id", Integer, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # core.player.policy.Kind
    Column("question_id", Integer),  # of the bank
    Column("asked", Text, nullable=False),  # JSON: text and options as the page gets them
    Column("right", Text, nullable=False),  # id of the right option; never leaves the server
    Column("issued_at", Instant, nullable=False),
    Column("shown_at", Instant),  # the page says that it has rendered it
    Column("answered_at", Instant),
    Column("given", Text),
    Column("state", Word(*CHECK_STATES), nullable=False),
    Index("ix_player_check_open", "issued_at", sqlite_where=text("state = 0"), postgresql_where=text("state = 0")),
)

question = Table(
    "question",  # the bank: questions on what is shown in a part of an activity
    metadata,
    Column("id", Integer, primary_key=True),
    Column("activity", Text, nullable=False, index=True),
    Column("from_ms", Integer, nullable=False),  # the part of the media that it is about
    Column("until_ms", Integer, nullable=False),
    Column("asked", Text, nullable=False),  # JSON: text, right and wrong answers, each in both languages
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command, or whose account is gone
    Column("made_at", Instant, nullable=False),
    Column("retired_at", Instant),  # asked no more, kept for what was asked
)
