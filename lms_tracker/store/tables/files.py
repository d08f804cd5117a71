"""Files that people handed in, each content once; whose they are stands where they were handed in."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from lms_tracker.store.tables.types import Instant, metadata

stored_file = Table(
    "stored_file",
    metadata,
    Column("sha256", Text, primary_key=True),  # lower-case hexadecimal, of the content
    Column("kind", Text, nullable=False),  # a key of core.uploads.KINDS
    Column("size", Integer, nullable=False),  # bytes
    Column("content", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False),
)
