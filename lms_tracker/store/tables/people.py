"""Who sends, who is spoken of, and how we came to know that two actors are one person."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from lms_tracker.store.tables.types import Instant, metadata

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
    Column("scopes", Text, nullable=False, server_default="all"),  # of core.xapi.scopes, separated by blanks
    Column("bound_actor", Text),  # identifier of the only actor it may speak of; null: of anybody
    Column("bound_activity", Text),  # IRI of the only activity it may speak of; null: of any
    Column("expires_at", Instant),
    Column("last_used_at", Instant),  # to the minute
    Column("keep_days", Integer),  # statements stored longer ago than this are deleted; null: kept for ever
)

learner = Table(
    "learner",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text),
    Column("actor", Text, nullable=False),  # JSON: the actor under which the learner was first seen
    Column("created_at", Instant, nullable=False),
    Column("joined_into", Integer, index=True),  # learner.id of who has the identities now; never one joined itself
    Column("erased_at", Instant),  # since then a pseudonym: no name, no identity, a ledger that stays as it is
)

identity = Table(
    "identity",
    metadata,
    Column("ifi", Text, primary_key=True),  # inverse functional identifier in the form of core.xapi.actors
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("how", Text, nullable=False, server_default="seen"),  # seen | implied | roster | rule | hand
    Column("since", Instant),  # with this learner; null: from the beginning
)

identity_rule = Table(
    "identity_rule",  # which actors of two places are one person by their names
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # a key of core.identities.KINDS
    Column("one", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant, nullable=False),
    Column("retired_at", Instant),
)

identity_event = Table(
    "identity_event",  # every join and split; never deleted, and edited by erasure only
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # join | split
    Column("from_learner", ForeignKey("learner.id"), nullable=False, index=True),
    Column("to_learner", ForeignKey("learner.id"), nullable=False, index=True),
    Column("moved", Text, nullable=False),  # JSON: what went over, as store.identity_history.Moved
    Column("reason", Text, nullable=False),
    Column("rule_id", ForeignKey("identity_rule.id")),  # null: by hand
    Column("made_by", ForeignKey("account.id")),  # null: an operator's command
    Column("made_at", Instant, nullable=False),
)

namesake_dismissed = Table(
    "namesake_dismissed",  # two of one name who are two people, as somebody found: they are not asked about again
    metadata,
    Column("younger", ForeignKey("learner.id"), primary_key=True, autoincrement=False),  # the higher number
    Column("older", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("made_by", ForeignKey("account.id")),  # null: whose account is gone
    Column("made_at", Instant, nullable=False),
)

unposted_cause = Table(
    "unposted_cause",  # why a learner's ledger will change, until it has: the reversals say it
    metadata,
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("event_id", ForeignKey("identity_event.id"), primary_key=True, autoincrement=False),
)
