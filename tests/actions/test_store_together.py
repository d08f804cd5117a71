"""Requests that wait at one moment share a transaction, and nothing else."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from lms_tracker.actions import store_together
from lms_tracker.actions.credentials import create_credential, revoke_credential
from lms_tracker.actions.ingest import Conflict, Credential, Revoked, ingest
from lms_tracker.actions.store_together import IngestResult, Request
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.store.db import reading
from lms_tracker.store.settling import pending
from lms_tracker.store.tables import statement
from tests.patience import PATIENCE_S, wait_until

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
Outcome = Any


def _make(verb: str = "https://a.b/played", **changes: Any) -> dict[str, Any]:
    actor = {"mbox": "mailto:li@example.org"}
    return {"id": str(uuid4()), "actor": actor, "verb": {"id": verb}, "object": {"id": "https://a.b/c"}} | changes


def _put(db: Engine, *statements: dict[str, Any], credential: Credential | None = None) -> Outcome:
    try:
        return ingest(db, statements, credential=credential, evidence="declared", now=NOW)
    except Exception as e:  # noqa: BLE001 - the tests look at it
        return e


@pytest.fixture
def together(any_db: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Outcome]]:
    """Runs calls that all wait while the first is writing; checks that the rest shared one group."""
    real, groups = store_together._store_all, []

    def run(*calls: Callable[[], Outcome]) -> list[Outcome]:
        outcomes: list[Outcome] = [None] * len(calls)
        store_together._lines.pop(any_db, None)

        def spy(db: Engine, requests: list[Request]) -> list[IngestResult | Exception]:
            if not groups:
                wait_until(lambda: len(store_together._lines[any_db]._waiting) >= len(calls))
            groups.append(len(requests))
            return real(db, requests)

        monkeypatch.setattr(store_together, "_store_all", spy)

        def call(index: int) -> None:
            outcomes[index] = calls[index]()

        threads = [threading.Thread(target=_put, args=(any_db, _make()))]
        threads += [threading.Thread(target=call, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert groups[:2] == [1, len(calls)]
        return outcomes

    return run


def _count(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(statement)) or 0


def test_everybody_gets_an_answer_of_their_own(any_db: Engine, together: Callable[..., list[Outcome]]) -> None:
    mine, yours = [_make(), _make()], [_make()]
    first, second = together(lambda: _put(any_db, *mine), lambda: _put(any_db, *yours))
    assert [str(id) for id in first.ids] == [s["id"] for s in mine] and first.stored == 2
    assert [str(id) for id in second.ids] == [yours[0]["id"]] and second.stored == 1
    assert _count(any_db) == 4
    with reading(any_db) as tx:
        assert pending(tx) == 1


def test_a_conflict_keeps_out_its_own_batch_and_no_other(
    any_db: Engine, together: Callable[..., list[Outcome]]
) -> None:
    there = _make()
    _put(any_db, there)
    other = _make("https://a.b/paused", id=there["id"])
    good, bad, again = together(
        lambda: _put(any_db, _make()), lambda: _put(any_db, _make(), other), lambda: _put(any_db, there)
    )
    assert good.stored == 1 and isinstance(bad, Conflict) and bad.index == 1
    assert (again.stored, again.already) == (0, 1)
    assert _count(any_db) == 3


def test_of_two_with_one_id_the_first_is_stored(any_db: Engine, together: Callable[..., list[Outcome]]) -> None:
    one = _make()
    other = one | {"verb": {"id": "https://a.b/paused"}}
    outcomes = together(lambda: _put(any_db, one), lambda: _put(any_db, other))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "IngestResult"]


def test_a_twin_in_the_same_transaction_is_there_already(
    any_db: Engine, together: Callable[..., list[Outcome]]
) -> None:
    one = _make()
    outcomes = together(lambda: _put(any_db, one), lambda: _put(any_db, one))
    assert sorted((o.stored, o.already) for o in outcomes) == [(0, 1), (1, 0)]


def test_a_revoked_key_stores_nothing_and_stops_nobody(any_db: Engine, together: Callable[..., list[Outcome]]) -> None:
    credential, _ = create_credential(any_db, "moodle", now=NOW)
    revoke_credential(any_db, "moodle", now=NOW)
    good, refused = together(lambda: _put(any_db, _make()), lambda: _put(any_db, _make(), credential=credential))
    assert good.stored == 1 and isinstance(refused, Revoked)
    assert _count(any_db) == 2


def test_a_statement_and_what_voids_it_may_share_a_transaction(
    any_db: Engine, together: Callable[..., list[Outcome]]
) -> None:
    one = _make()
    void = _make("http://adlnet.gov/expapi/verbs/voided", object={"objectType": "StatementRef", "id": one["id"]})
    together(lambda: _put(any_db, void), lambda: _put(any_db, one))
    with reading(any_db) as tx:
        voided = tx.execute(select(statement.c.id).where(statement.c.voided_by.is_not(None))).scalars().all()
    assert [str(id) for id in voided] == [one["id"]]


def test_what_the_database_refuses_of_one_is_refused_of_one_only(
    any_db: Engine, together: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store_together._store

    def store(tx: Any, db: Engine, requests: list[store_together.Request]) -> Any:
        if any(row.verb == "https://a.b/poison" for request in requests for row in request.rows):
            raise ValueError("poison")
        return real(tx, db, requests)

    monkeypatch.setattr(store_together, "_store", store)
    good, bad, fine = together(
        lambda: _put(any_db, _make()),
        lambda: _put(any_db, _make("https://a.b/poison")),
        lambda: _put(any_db, _make()),
    )
    assert (good.stored, fine.stored) == (1, 1) and isinstance(bad, ValueError)
    assert _count(any_db) == 3


def test_a_database_that_is_away_is_asked_once_for_all(
    any_db: Engine, together: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def store(tx: Any, db: Engine, requests: list[store_together.Request]) -> Any:
        asked.append(len(requests))
        raise OperationalError("COMMIT", None, RuntimeError("disk full"))

    monkeypatch.setattr(store_together, "_store", store)
    outcomes = together(lambda: _put(any_db, _make()), lambda: _put(any_db, _make()))
    assert [type(outcome) for outcome in outcomes] == [OperationalError, OperationalError]
    assert asked == [1, 2]


def test_a_group_refuses_only_the_request_that_voids_what_another_source_brings_with_it(
    any_db: Engine, together: Callable[..., list[Outcome]]
) -> None:
    """Whichever of the two comes first in the group: it is never voided."""
    own, _ = create_credential(any_db, "own", scopes=["statements/write"], now=NOW)
    other, _ = create_credential(any_db, "other", scopes=["statements/write"], now=NOW)
    sent = _make()
    ref = {"objectType": "StatementRef", "id": sent["id"]}
    voiding = _make("http://adlnet.gov/expapi/verbs/voided", object=ref)
    outcomes = together(
        lambda: _put(any_db, sent, credential=own),
        lambda: _put(any_db, _make(), voiding, credential=other),
        lambda: _put(any_db, _make(), credential=other),
    )
    assert outcomes[0].stored == outcomes[2].stored == 1
    assert isinstance(outcomes[1], StatementError) or outcomes[1].stored == 2
    with reading(any_db) as tx:
        assert tx.scalar(select(func.count()).where(statement.c.voided_by.is_not(None))) == 0


def test_what_shares_a_transaction_is_stored_at_one_instant(
    any_db: Engine, together: Callable[..., list[Outcome]]
) -> None:
    credential, _ = create_credential(any_db, "moodle", now=NOW)
    earlier, later = NOW + timedelta(seconds=1), NOW + timedelta(seconds=2)
    timed = {"timestamp": "2026-03-01T07:00:00Z"}
    calls = {
        "early": (earlier, _make(**timed, version="1.0.2")),
        "late": (later, _make(**timed)),
        "a list": (earlier, _make(**timed, context={"statement": {"objectType": "StatementRef", "id": str(uuid4())}})),
        "without a timestamp": (earlier, _make()),  # which then is that of storing, and was told
    }

    def put(at: datetime, said: dict[str, Any]) -> Callable[[], Outcome]:
        raw = [msgspec.json.encode(said)]
        return lambda: ingest(any_db, raw, credential=credential, evidence="declared", now=at, version="1.0.3")

    assert all(outcome.stored == 1 for outcome in together(*(put(at, said) for at, said in calls.values())))
    with reading(any_db) as tx:
        found = {str(row.id): row for row in tx.execute(select(statement))}
    stored = {name: found[said["id"]].stored for name, (_, said) in calls.items()}
    assert stored == {"early": later, "late": later, "a list": later, "without a timestamp": earlier}
    for _, said in calls.values():
        row = found[said["id"]]
        kept = msgspec.json.decode(row.raw)
        assert parse_timestamp(kept["stored"]) == row.stored
        assert kept["version"] == said.get("version", "1.0.0")
        assert parse_timestamp(kept["timestamp"]) == (
            parse_timestamp(said["timestamp"]) if "timestamp" in said else earlier
        )
        assert kept["authority"]["account"]["name"] == "moodle"
