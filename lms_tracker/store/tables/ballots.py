"""Secret ballots: whose code was used stands apart from what was voted, and neither table has a time or an order.

As with surveys, both are written anew in random order when a ballot is over (`actions.ballots.count_closed`).
"""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text

from lms_tracker.store.tables.types import Instant, metadata

ballot = Table(
    "ballot",  # the staff of one unit judge who leads it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("quorum_pct", Integer, nullable=False),  # of the papers given out; below it nothing counts
    Column("issued", Integer, nullable=False),  # how many codes were given out
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("counted_at", Instant),
    Column("annulled_at", Instant),
    Column("annulled_by", ForeignKey("account.id"), index=True),
    Column("annulled_reason", Text),
)

ballot_candidate = Table(
    "ballot_candidate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ballot_id", ForeignKey("ballot.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),  # on the paper, from 0
    Column("learner_id", ForeignKey("learner.id"), index=True),  # null: erased
    Column("outcome", Text),  # of core.ballot.Outcome; null: not counted yet
    Column("steps", Text),  # JSON: how often each step was chosen; null unless it may be told
)

ballot_code = Table(
    "ballot_code",
    metadata,
    Column("digest", Text, primary_key=True),  # core.ballot.digest_of
    Column("ballot_id", ForeignKey("ballot.id"), nullable=False, index=True),
    Column("used", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

ballot_paper = Table(
    "ballot_paper",
    metadata,
    Column("id", Text, primary_key=True),  # 128 random bits
    Column("ballot_id", ForeignKey("ballot.id"), nullable=False, index=True),
    Column("answers", Text, nullable=False),  # JSON by position
    sqlite_with_rowid=False,
)
