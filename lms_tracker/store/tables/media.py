"""What our own player shows: a unit of the catalogue, and its media (a file of ours, an address, an object of a store)."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from lms_tracker.store.tables.types import Instant, metadata

unit = Table(
    "unit",  # an activity that our player can show; made with its first medium
    metadata,
    Column("id", Integer, primary_key=True),
    Column("activity", ForeignKey("activity.iri"), nullable=False, unique=True),
    Column("chapters", Text, nullable=False, server_default="[]"),  # JSON, as core.media writes it
    Column("opened_at", Instant),  # null: learners do not see it yet, or no longer
    Column("opened_by", ForeignKey("account.id")),
)

medium = Table(
    "medium",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("unit_id", ForeignKey("unit.id"), nullable=False, index=True),
    Column("place", Text, nullable=False),  # file | url | s3
    Column("form", Text, nullable=False),  # video | audio | pdf | web
    Column("content_type", Text, nullable=False),
    Column("location", Text, nullable=False),  # a name under the media folder, an https: address, s3://bucket/key
    Column("name", Text, nullable=False),  # as whoever uploaded it called it
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("added_at", Instant, nullable=False),
    Column("added_by", ForeignKey("account.id")),  # null: an operator's command
    Column("replaced_at", Instant),  # a medium is never edited: a new one replaces it
    Index(
        "uq_medium_in_force",
        "unit_id",
        unique=True,
        sqlite_where=text("replaced_at IS NULL"),
        postgresql_where=text("replaced_at IS NULL"),
    ),
)
