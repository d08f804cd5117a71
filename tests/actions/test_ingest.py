"""Ingesting, on both databases: together or not at all, whoever else writes at the time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import Conflict, ingest
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.terms import ACTOR, fold, term
from lms_tracker.store.db import reading, writing
from lms_tracker.store.learners import learner_of
from lms_tracker.store.settling import claim_unsettled, pending
from lms_tracker.store.tables import identity, learner, posting, statement, touched_learner

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def make(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:li@example.org"},
        "verb": {"id": "https://example.org/verb"},
        "object": {"id": "https://example.org/activity"},
    } | changes


def put(db: Engine, *statements: Any, **kw: Any) -> Any:
    return ingest(db, list(statements), **{"credential": None, "evidence": "declared", "now": NOW} | kw)


def count(db: Engine, table: Any) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def test_a_row_says_what_the_statement_says(any_db: Engine) -> None:
    credential, _ = create_credential(any_db, "player", evidence="proved", now=NOW)
    registration = uuid4()
    sent = make(timestamp="2026-03-01T09:00:00+08:00", context={"registration": str(registration)})
    put(any_db, sent, credential=credential, evidence="proved")
    with reading(any_db) as tx:
        row = tx.execute(select(statement)).one()
    assert row.id == UUID(sent["id"])
    assert (row.stored, row.timestamp) == (NOW, datetime(2026, 3, 1, 1, tzinfo=UTC))
    assert (row.registration, row.target, row.voids, row.voided_by) == (fold(registration), None, False, None)
    assert (row.ifi, row.credential_id) == (term(ACTOR, "mbox:mailto:li@example.org"), credential.id)
    assert (row.evidence, row.received) == ("proved", True)


def test_stored_may_be_given_for_each_statement(any_db: Engine) -> None:
    times = [NOW - timedelta(days=2), NOW - timedelta(days=1)]
    put(any_db, make(), make(), stored=times, received=False)
    with reading(any_db) as tx:
        rows = tx.execute(select(statement.c.stored, statement.c.received).order_by(statement.c.seq)).all()
    assert [tuple(row) for row in rows] == [(times[0], False), (times[1], False)]


def test_a_fault_or_a_conflict_keeps_everything_out(any_db: Engine) -> None:
    first = make()
    put(any_db, first)
    tables = (statement, learner, touched_learner, posting)
    before = [count(any_db, table) for table in tables]
    other = {"mbox": "mailto:new@example.org"}
    with pytest.raises(StatementError) as caught:
        put(any_db, make(actor=other), make(verb={"id": "x"}))
    assert (caught.value.path, caught.value.index) == ("$[1].verb.id", 1)
    with pytest.raises(Conflict) as conflict:
        put(any_db, make(actor=other), first | {"verb": {"id": "https://example.org/other"}})
    assert (conflict.value.id, conflict.value.index) == (UUID(first["id"]), 1)
    assert [count(any_db, table) for table in tables] == before


def test_one_person_is_one_learner_and_an_anonymous_group_none(any_db: Engine) -> None:
    group = {"objectType": "Group", "mbox": "mailto:class@example.org"}
    anonymous = {"objectType": "Group", "member": [{"mbox": "mailto:li@example.org"}]}
    put(any_db, make(), make(actor={"name": "Li", "mbox": "mailto:li@example.org"}), make(actor=group))
    put(any_db, make(), make(actor=anonymous))
    with reading(any_db) as tx:
        rows = tx.execute(select(statement.c.ifi, statement.c.learner_id).order_by(statement.c.seq)).all()
    assert [row.ifi for row in rows][-1] is None
    assert rows[-1].learner_id is None
    assert len({row.learner_id for row in rows[:-1]}) == 2 == count(any_db, learner)
    with writing(any_db) as tx:
        assert learner_of(tx, {"mbox": "mailto:li@example.org"}, NOW) == rows[0].learner_id
        with pytest.raises(ValueError):
            learner_of(tx, anonymous, NOW)


def test_more_people_than_a_query_has_parameters(any_db: Engine) -> None:
    people = [make(actor={"mbox": f"mailto:{i}@example.org"}) for i in range(1500)]
    assert put(any_db, *people).stored == 1500
    assert put(any_db, *people).already == 1500
    assert count(any_db, learner) == 1500
    with writing(any_db) as tx:
        assert pending(tx) == 1500 == len(claim_unsettled(tx, NOW, timedelta(seconds=30), 2000))


def test_writers_that_share_everything_neither_fail_nor_double(any_db: Engine) -> None:
    people = [{"mbox": f"mailto:{i}@example.org"} for i in range(20)]
    shared = [make(actor=people[i % 20]) for i in range(40)]

    def write(number: int) -> int:
        own = [make(actor=person) for person in people]
        mixed = shared[:: 1 if number % 2 else -1] + own[:: -1 if number % 3 else 1]
        stored: int = put(any_db, *mixed).stored
        return stored

    with ThreadPoolExecutor(6) as pool:
        stored = list(pool.map(write, range(12)))
    assert sum(stored) == 40 + 12 * 20 == count(any_db, statement)
    assert count(any_db, learner) == 20 == count(any_db, identity) / 2  # each mail address with its SHA-1
    with reading(any_db) as tx:
        orphans = select(learner.c.id).where(learner.c.id.not_in(select(identity.c.learner_id)))
        assert tx.execute(orphans).all() == []


def test_an_authority_of_an_imported_statement_stands(any_db: Engine) -> None:
    boss = {"objectType": "Agent", "mbox": "mailto:boss@example.org"}
    put(any_db, make(authority=boss), make(), home_page="https://lrs.example.org")
    with reading(any_db) as tx:
        raws = [bytes(raw) for raw in tx.scalars(select(statement.c.raw).order_by(statement.c.seq))]
    assert b'"authority":{"objectType":"Agent","mbox":"mailto:boss@example.org"}' in raws[0]
    assert b'"homePage":"https://lrs.example.org","name":"operator"' in raws[1]
