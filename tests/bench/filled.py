"""A record with many statements, as ingesting them leaves it, and the same ones in the reference table beside it."""

import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from sqlalchemy import URL, Engine, event

from lms_tracker.actions.fold_postings import NEW, fold_postings
from lms_tracker.actions.ingest import authority_of
from lms_tracker.core.xapi.model import Actor, Statement, identifier
from lms_tracker.core.xapi.parse import encode_statement, parse_statement
from lms_tracker.core.xapi.terms import terms_of
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.store.credentials import credentials
from lms_tracker.store.db import open_db, writing
from lms_tracker.store.learners import learners_of
from lms_tracker.store.statements import NewStatement, add_statements
from tests import services
from tests.bench.statements import Mint

BATCH = 500
LONG_S = 600.0
EVERY = timedelta(seconds=4)
"""From batch to batch: a million statements take a working day."""
REFERENCE = """
    CREATE TABLE reference (id uuid, stored timestamptz, actor text, verb text, registration uuid, raw text);
    CREATE TABLE reference_activity (activity text, stored timestamptz, id uuid)
"""
"""The table of tests.bench.ingest, and what it takes to find statements by related activities."""
INDEXES = {
    "reference_id": "UNIQUE INDEX reference_id ON reference (id)",
    "reference_actor": "INDEX reference_actor ON reference (actor, stored)",
    "reference_verb": "INDEX reference_verb ON reference (verb, stored)",
    "reference_registration": "INDEX reference_registration ON reference (registration, stored)",
    "reference_activities": "INDEX reference_activities ON reference_activity (activity, stored)",
}
"""Of the reference. Made when it is full: so they are as small and fast as they can be, and filling takes half as long."""


class Sample(msgspec.Struct, frozen=True):
    """What one of the statements can be found by."""

    id: str
    stored: datetime
    actor: dict[str, object]
    ifi: str
    verb: str
    registration: str
    parent: str


class Filler:
    """Adds statements of the mint to a migrated database, `stored` running on from year's begin.

    With `apart` each statement has an instant of its own, so long after the one before on average: as those that come one
    by one have.
    """

    def __init__(self, server: URL, pool: int = 4000, apart: timedelta | None = None) -> None:
        self.server, self.choose, self.apart = server, random.Random(3), apart
        minted = msgspec.json.decode(Mint(pool=pool).body(pool), type=list[msgspec.Raw])
        self.pool = [parse_statement(bytes(raw)) for raw in minted]
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.samples: list[Sample] = []
        self.count, self.json_bytes = 0, 0
        with psycopg.connect(services.libpq(server)) as connection:
            connection.execute(REFERENCE.encode())

    def fill(self, until: int, meanwhile: Callable[[Engine], object] | None = None) -> None:
        """Up to that many statements, as the product stores them; then both sides are vacuumed, so that nobody does it
        while they are measured. `meanwhile` is called after every BATCH of them."""
        db = open_db(self.server.render_as_string())
        event.listen(db, "connect", lambda connection, _: _hurry(connection))
        with psycopg.connect(services.libpq(self.server), autocommit=True) as beside, ThreadPoolExecutor(1) as thread:
            _hurry(beside)
            for name in INDEXES:
                beside.execute(f"DROP INDEX IF EXISTS {name}".encode())
            copying = thread.submit(int)
            for new, said in self._batches(db, until):
                lines = _reference_lines(new, said)
                copying.result()
                copying = thread.submit(_copy_reference, beside, lines)
                with writing(db) as tx:
                    add_statements(tx, new, range(self.count + 1, self.count + 1 + len(new)))
                self.count += len(new)
                if meanwhile is not None:
                    meanwhile(db)
            copying.result()
            fold_postings(db, self.at + 2 * NEW, most_s=LONG_S)  # as the worker has, a minute later
            for index in INDEXES.values():
                beside.execute(f"CREATE {index}".encode())
            beside.execute("SELECT setval('statement_seq_seq', %s)", [self.count])
            beside.execute("VACUUM ANALYZE")
            beside.execute("CHECKPOINT")
        db.dispose()

    def _batches(self, db: Engine, until: int) -> Iterator[tuple[list[NewStatement], list[Statement]]]:
        with writing(db) as tx:
            actors = {identifier(s.actor): msgspec.to_builtins(s.actor) for s in self.pool}
            learners = learners_of(tx, {ifi: actor for ifi, actor in actors.items() if ifi}, self.at)
            [source] = credentials(tx)
            authority = msgspec.convert(authority_of(source, "http://127.0.0.1:8000"), Actor)
        for _ in range(self.count, until, BATCH):
            self.at += timedelta(0) if self.apart else EVERY
            said = [self.pool[(self.count + n) % len(self.pool)] for n in range(BATCH)]
            new = []
            for s in said:
                if self.apart:
                    self.at += self.choose.expovariate(1) * self.apart
                stored = format_timestamp(self.at)
                s.id, s.timestamp, s.stored, s.authority = str(_id(self.choose)), stored, msgspec.UNSET, msgspec.UNSET
                self.json_bytes += len(encode_statement(s))  # as it is sent
                s.stored, s.authority, s.version = stored, authority, "1.0.0"
                ifi = identifier(s.actor)
                assert ifi is not None and isinstance(s.context.registration, str)
                row = NewStatement(
                    id=uuid.UUID(s.id),
                    stored=self.at,
                    timestamp=self.at,
                    learner_id=learners[ifi],
                    ifi=ifi,
                    verb=s.verb.id,
                    activity=s.object.id,
                    registration=uuid.UUID(s.context.registration),
                    target=None,
                    credential_id=source.id,
                    evidence="declared",
                    received=True,
                    raw=encode_statement(s),
                    terms=frozenset(terms_of(s, authority=None)),
                )
                s.version = msgspec.UNSET
                new.append(row)
            self.samples += [_sample(new[n], said[n]) for n in self.choose.sample(range(BATCH), 1)]
            yield new, said


def _id(choose: random.Random) -> uuid.UUID:
    return uuid.UUID(int=choose.getrandbits(128), version=4)


def _sample(row: NewStatement, said: Statement) -> Sample:
    assert row.ifi is not None
    parents = said.context.contextActivities.parent
    actor = {"account": msgspec.to_builtins(said.actor.account)}
    return Sample(str(row.id), row.stored, actor, row.ifi, row.verb, str(row.registration), parents[0].id)


def _hurry(connection: psycopg.Connection[Any]) -> None:
    """What is filled in need not be durable, other than what is measured."""
    connection.execute("SET synchronous_commit = off")
    connection.commit()


def _reference_lines(new: list[NewStatement], said: list[Statement]) -> dict[str, str]:
    rows, activities = [], []
    for row, s in zip(new, said, strict=True):
        rows.append(f"{row.id}\t{row.stored}\t{row.ifi}\t{row.verb}\t{row.registration}\t{row.raw.decode()}\n")
        of = s.context.contextActivities
        named = {row.activity, *(a.id for kind in (of.parent, of.grouping, of.category) for a in kind)}
        activities += [f"{activity}\t{row.stored}\t{row.id}\n" for activity in named]
    assert "\\" not in rows[0]  # nothing to escape
    return {"reference": "".join(rows), "reference_activity": "".join(activities)}


def _copy_reference(connection: psycopg.Connection[Any], lines: dict[str, str]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for table, text in lines.items():
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(text)
