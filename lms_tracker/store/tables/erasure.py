"""What remains of persons who were erased: proof, and enough to keep them from coming back unasked."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, Uuid

from lms_tracker.store.tables.types import Instant, metadata

erasure = Table(
    "erasure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("ordered_by", Text, nullable=False),  # a login, or "operator" at the command line
    Column("reason", Text, nullable=False),
    Column("certificate", Text, nullable=False),  # JSON, the bytes that were sealed; never edited
    Column("scrubbed_at", Instant),  # when the database's files were rid of what the rows had held
)

erased_statement = Table(
    "erased_statement",  # statements deleted or redacted for an erasure: sent again, they count as stored already
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Instant, nullable=False),
)

blocked_identity = Table(
    "blocked_identity",  # identifiers of erased persons whose evidence is to be refused from then on
    metadata,
    Column("digest", Text, primary_key=True),  # HMAC-SHA256 of the identifier under a key outside of the database
    Column("at", Instant, nullable=False),
)
