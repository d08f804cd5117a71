"""Statements as files that plain tools read: JSON lines as they are stored, and Parquet with columns to filter by."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import UNSET

from lms_tracker.core.xapi.model import Statement, identifier
from lms_tracker.core.xapi.timestamps import parse_timestamp

ROWS, BYTES = 5000, 16 * 1024 * 1024
"""Of one row group: what is in memory at once."""
INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("stored", INSTANT, nullable=False),
        pa.field("timestamp", INSTANT, nullable=False),
        pa.field("actor", pa.string()),  # identifier as core.xapi.actors writes it; null for an anonymous group
        pa.field("verb", pa.string(), nullable=False),
        pa.field("object", pa.string()),  # IRI of an activity, id of a statement, identifier of an agent
        pa.field("registration", pa.string()),
        pa.field("raw", pa.string(), nullable=False),  # the statement, complete, byte for byte as it is stored
    ]
)
_decode = msgspec.json.Decoder(Statement).decode


def write_jsonl(raws: Iterable[bytes], file: IO[bytes]) -> int:
    """One statement a line; how many."""
    count = 0
    for raw in raws:
        file.write(raw + b"\n")
        count += 1
    file.flush()
    return count


def write_parquet(raws: Iterable[bytes], file: IO[bytes]) -> int:
    """Row groups of SCHEMA; how many statements."""
    count = 0
    with pq.ParquetWriter(pa.PythonFile(file, "w"), SCHEMA, compression="zstd") as writer:
        for group in _groups(raws):
            writer.write_table(pa.Table.from_pylist([_row(raw) for raw in group], SCHEMA))
            count += len(group)
    return count


WRITERS: dict[str, Callable[[Iterable[bytes], IO[bytes]], int]] = {"jsonl": write_jsonl, "parquet": write_parquet}


def _groups(raws: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for raw in raws:
        group.append(raw)
        size += len(raw)
        if len(group) == ROWS or size >= BYTES:
            yield group
            group, size = [], 0
    yield group  # an empty file has its columns, too


def _row(raw: bytes) -> dict[str, Any]:
    s = _decode(raw)
    registration = UNSET if s.context is UNSET else s.context.registration
    return {
        "id": s.id,
        "stored": parse_timestamp(str(s.stored)),
        "timestamp": parse_timestamp(str(s.timestamp)),
        "actor": identifier(s.actor),
        "verb": s.verb.id,
        "object": identifier(s.object) if s.object.id is UNSET else s.object.id,
        "registration": None if registration is UNSET else registration,
        "raw": raw.decode(),
    }
