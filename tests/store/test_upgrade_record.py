"""A record from before 0003 is carried over whole: each statement byte for byte, and found by what it was found by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Engine, select

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.core.instants import to_us
from lms_tracker.core.xapi.terms import AGENT, RELATED_ACTIVITY, term
from lms_tracker.store.db import reading, writing
from lms_tracker.store.evidence import stored_statements
from lms_tracker.store.migrations import _config
from lms_tracker.store.settling import claim_unsettled, pending
from lms_tracker.store.statement_queries import Query, find_statements
from lms_tracker.store.statements import all_statements, statement_by_id
from lms_tracker.store.tables import statement
from tests.store.test_migrations import blank

__all__ = ["blank"]

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LI, WANG, TEACHER = "mbox:mailto:li@x.cn", "mbox:mailto:wang@x.cn", "mbox:mailto:t@x.cn"
PLAYED, VIDEO, COURSE = "https://w3id.org/xapi/video/verbs/played", "https://x.cn/v/1", "https://x.cn/course"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
COUNT = 2500  # more than a piece of the migration


def _raw(n: int) -> bytes:
    return b'{"actor":{"mbox":"mailto:li@x.cn"},"verb":{"id":"%b"},"n":"%d \xe6\xb1\x89"}' % (PLAYED.encode(), n)


def _row(n: int) -> dict[str, Any]:
    """Statements in batches of 100 of one instant; number 7 voids number 5, 8 is of an anonymous group."""
    row: dict[str, Any] = {
        "seq": n,
        "id": UUID(int=n),
        "stored": to_us(NOW + timedelta(seconds=n // 100)),
        "raw": _raw(n),
    }
    row |= {"timestamp": row["stored"] - 5, "learner_id": 1 + n % 2, "ifi": (LI, WANG)[n % 2], "verb": PLAYED}
    row |= {"activity": VIDEO if n % 3 else None, "registration": UUID(int=n % 50), "target": None, "voided_by": None}
    row |= {
        "credential_id": 1 if n % 4 else None,
        "evidence": "proved" if n % 5 else "declared",
        "received": n % 2 == 0,
    }
    if n == 5:
        row["voided_by"] = UUID(int=7)
    if n == 7:
        row |= {"verb": VOIDED, "activity": None, "target": UUID(int=5)}
    if n == 8:
        row |= {"learner_id": None, "ifi": None, "registration": None}
    return row


@pytest.fixture
def old(blank: Engine) -> Engine:
    """COUNT statements under 0002; every tenth names the teacher, every third the course."""
    with writing(blank) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0002")
        uuids = {name: sa.Uuid() for name in ("id", "registration", "target", "voided_by")}
        columns = [sa.column(name, uuids.get(name)) for name in _row(1)]
        for id, ifi in ((1, LI), (2, WANG)):
            tx.execute(sa.text(f"INSERT INTO learner (id, actor, created_at) VALUES ({id}, '{{}}', 0)"))
            tx.execute(sa.text("INSERT INTO identity (ifi, learner_id) VALUES (:ifi, :id)"), {"ifi": ifi, "id": id})
        credential = "INSERT INTO credential (id, name, key, secret_sha256, evidence, created_at)"
        tx.execute(sa.text(f"{credential} VALUES (1, 'moodle', 'k', 's', 'declared', 0)"))
        rows = [_row(n) for n in range(1, COUNT + 1)]
        tx.execute(sa.insert(sa.table("statement", *columns)), rows)
        terms = [(term(AGENT, TEACHER), row) for row in rows if row["seq"] % 10 == 0]
        terms += [(term(RELATED_ACTIVITY, COURSE), row) for row in rows if row["seq"] % 3 == 0]
        related = sa.table("related", *(sa.column(name) for name in ("term", "stored", "seq")))
        tx.execute(sa.insert(related), [{"term": t, "stored": row["stored"], "seq": row["seq"]} for t, row in terms])
        if blank.dialect.name == "postgresql":
            tx.execute(sa.text(f"SELECT setval('statement_seq_seq', {COUNT})"))
    return blank


FOUND: dict[str, tuple[Query, Callable[[int], bool]]] = {
    "everything": (Query(), lambda n: True),
    "the actor": (Query(agent=LI), lambda n: n % 2 == 0 and n != 8),
    "somebody named": (Query(agent=TEACHER), lambda n: n % 10 == 0),
    "the verb": (Query(verb=PLAYED), lambda n: n != 7),
    "the verb that voids": (Query(verb=VOIDED), lambda n: n == 7),
    "the activity": (Query(activity=VIDEO), lambda n: n % 3 != 0 and n != 7),
    "a related activity": (Query(activity=COURSE, related_activities=True), lambda n: n % 3 == 0),
    "the registration": (Query(registration=UUID(int=3)), lambda n: n % 50 == 3),
}


def test_every_statement_is_found_by_what_it_was_found_by(old: Engine) -> None:
    upgrade_database(old)
    with reading(old) as tx:
        for what, (query, expected) in FOUND.items():
            query.limit, query.ascending = COUNT, True
            page, _ = find_statements(tx, query)
            assert [one.seq for one in page] == [
                n for n in range(1, COUNT + 1) if n != 5 and (expected(n) or (n == 7 and expected(5)))
            ], what


def test_every_statement_is_as_it_was(old: Engine) -> None:
    upgrade_database(old)
    with reading(old) as tx:
        assert list(all_statements(tx, None, None)) == [_raw(n) for n in range(1, COUNT + 1)]
        voided = statement_by_id(tx, UUID(int=5), voided=True)
        assert voided == (_raw(5), NOW)
        mine = sorted(stored_statements(tx, [2]), key=lambda one: one[1])
        rows = sorted((_row(n) for n in range(1, COUNT + 1, 2) if n != 5), key=lambda row: row["raw"])
        kept = [(raw, at, received, source, proved) for _, raw, at, _, received, source, proved, _ in mine]
        assert kept == [
            (r["raw"], r["timestamp"], r["received"], "moodle" if r["credential_id"] else "", r["evidence"] == "proved")
            for r in rows
        ]
        assert tx.scalars(select(statement.c.seq).where(statement.c.voids)).all() == [7]


def test_what_comes_afterwards_is_numbered_on(old: Engine) -> None:
    upgrade_database(old)
    new = {
        "actor": {"mbox": "mailto:li@x.cn"},
        "verb": {"id": PLAYED},
        "object": {"id": VIDEO},
        "id": str(UUID(int=9999)),
    }
    assert ingest(old, [new], credential=None, evidence="declared", now=NOW).stored == 1
    with reading(old) as tx:
        assert tx.scalar(select(statement.c.seq).where(statement.c.id == UUID(int=9999))) == COUNT + 1


def test_who_waits_to_be_settled_goes_on_waiting(old: Engine) -> None:
    with writing(old) as tx:
        tx.execute(sa.text("INSERT INTO unsettled (learner_id, version, since) VALUES (1, 3, 7), (2, 1, 5)"))
    upgrade_database(old)
    with writing(old) as tx:
        assert pending(tx) == 2
        assert [claim[:2] for claim in claim_unsettled(tx, NOW, timedelta(seconds=30), 1)] == [(2, 1)]
