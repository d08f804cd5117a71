"""Distinct definitions of activities."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from lms_tracker.core.xapi.definitions import activity_digest
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.tables import definition

LATEST = 1000
"""Of an activity with more definitions than these, the oldest no longer count."""


def add_definitions(db: Connection, said: Mapping[tuple[str, str], bytes], now: datetime) -> None:
    """`said` as core.xapi.definitions gives it. What is there already stays."""
    # sorted: writers that share activities wait in one direction only
    rows = [{"activity": key[0], "digest": key[1], "stored": now, "raw": said[key]} for key in sorted(said)]
    if rows:
        db.execute(
            inserting(db.dialect.name, definition).on_conflict_do_nothing(index_elements=["activity", "digest"]), rows
        )


def definitions(db: Connection, iris: Iterable[str]) -> dict[str, list[bytes]]:
    """Definitions of those activities that have any, in the order in which they were first heard."""
    d = definition.c
    named = {activity_digest(iri): iri for iri in iris}
    rows = list(rows_among(db, select(d.activity, d.digest, d.stored, d.raw), d.activity, named))
    found: dict[str, list[bytes]] = {}
    for row in sorted(rows, key=lambda row: (row.stored, row.digest)):
        found.setdefault(named[row.activity], []).append(bytes(row.raw))
    return {iri: raws[-LATEST:] for iri, raws in found.items()}
