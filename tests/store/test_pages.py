"""Pages of a query: bounded by bytes too, and read by an index whoever asks."""

import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.store import driver, postings, statement_pages, statement_walks
from lms_tracker.store.credentials import Closed, revoke
from lms_tracker.store.db import asking, reading, writing
from lms_tracker.store.statement_pages import PAGE_BYTES
from lms_tracker.store.statement_queries import Query, find_statements
from lms_tracker.store.statement_walks import INLINE
from lms_tracker.store.statements import delete_statements, statement_by_id

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ACTOR = {"mbox": "mailto:li@example.org"}
LARGE = 1_000_000


def _make(n: int, text: str) -> dict[str, Any]:
    return {
        "id": str(UUID(int=n, version=4)),
        "actor": ACTOR,
        "verb": {"id": "https://example.org/verbs/said"},
        "object": {"id": "https://example.org/things/1"},
        "result": {"response": text},
    }


def _store(db: Engine, made: list[dict[str, Any]], **given: Any) -> None:
    ingest(db, made, **{"credential": None, "evidence": "declared", "now": NOW} | given)


def _random(rng: random.Random, size: int) -> str:
    return rng.randbytes(size // 2).hex()


def _pages(db: Engine, query: Query) -> list[list[bytes]]:
    pages = []
    while True:
        with asking(db) as tx:
            page, query.after = find_statements(tx, query)
        pages.append([one.raw for one in page])
        if query.after is None:
            return pages


@pytest.fixture
def large(any_db: Engine) -> list[str]:
    """Ids of thirty statements of 1 MB in the order of storing: every third hardly packs, the others well."""
    rng = random.Random(7)
    made = [_make(n, _random(rng, LARGE) if n % 3 == 0 else "study " * (LARGE // 6)) for n in range(30)]
    for one in made:
        _store(any_db, [one])
    return [one["id"] for one in made]


@pytest.mark.parametrize(
    "filters", [{}, {"agent": "mbox:mailto:li@example.org"}, {"verb": "https://example.org/verbs/said"}]
)
def test_a_page_ends_where_its_bytes_do_and_the_next_goes_on_there(
    any_db: Engine, large: list[str], filters: dict[str, str]
) -> None:
    pages = _pages(any_db, Query(**filters, limit=1000, ascending=True))
    assert len(pages) == 4
    assert all(sum(map(len, page)) <= PAGE_BYTES for page in pages)
    found = [raw for page in pages for raw in page]
    assert len(found) == len(large)
    assert all(id.encode() in raw for id, raw in zip(large, found, strict=True))


def test_a_page_of_large_statements_takes_bounded_memory(any_db: Engine, large: list[str]) -> None:
    tracemalloc.start()
    with asking(any_db) as tx:
        find_statements(tx, Query(limit=1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * PAGE_BYTES


def test_a_statement_larger_than_a_page_comes_alone(any_db: Engine) -> None:
    for n, size in enumerate((10, PAGE_BYTES + 1000, 10)):
        _store(any_db, [_make(n, "x" * size)])
    assert [len(page) for page in _pages(any_db, Query(limit=3))] == [1, 1, 1]
    assert [len(page) for page in _pages(any_db, Query(limit=1))] == [1, 1, 1]


def test_of_what_is_deleted_between_two_pages_nothing_is_missed_or_shown(any_db: Engine) -> None:
    rng = random.Random(8)
    for n in range(4):
        _store(any_db, [_make(n, _random(rng, 4 * INLINE))])
    query = Query(limit=2, ascending=True)
    with asking(any_db) as tx:
        page, query.after = find_statements(tx, query)
    with writing(any_db) as tx:
        second = page.entries[1][1]
        delete_statements(tx, [second, second + 1])
    assert [len(page) for page in _pages(any_db, query)] == [1]


@pytest.mark.parametrize("filters", [{}, {"agent": "mbox:mailto:li@example.org"}, {"registration": UUID(int=5)}])
def test_whoever_has_no_key_any_more_gets_no_page_and_no_statement(any_db: Engine, filters: dict[str, Any]) -> None:
    source, _ = create_credential(any_db, "moodle", now=NOW)
    _store(any_db, [_make(1, "x")], credential=source)
    query = Query(**filters, secret=source.secret_sha256)
    with asking(any_db) as tx:
        find_statements(tx, query)
        assert statement_by_id(tx, UUID(int=1, version=4), voided=False, secret=source.secret_sha256)
        assert statement_by_id(tx, UUID(int=2, version=4), voided=False, secret=source.secret_sha256) is None
    with writing(any_db) as tx:
        revoke(tx, "moodle", NOW)
    with asking(any_db) as tx:
        with pytest.raises(Closed):
            find_statements(tx, query)
        for n in (1, 2):
            with pytest.raises(Closed):
                statement_by_id(tx, UUID(int=n, version=4), voided=False, secret=source.secret_sha256)


def test_one_sources_statements_among_many_are_walked_by_an_index(any_db: Engine) -> None:
    few, many = (create_credential(any_db, name, now=NOW)[0] for name in ("few", "many"))
    _store(any_db, [_make(0, "x")], credential=few)
    for n in range(100):
        later = NOW + timedelta(minutes=n)
        _store(any_db, [_make(50 * n + i, "x") for i in range(1, 51)], credential=many, now=later)
    with writing(any_db) as tx:
        tx.execute(text("ANALYZE"))
    with reading(any_db) as tx:
        for _ in range(8):  # a query that is asked often is planned for whatever is asked
            assert len(find_statements(tx, Query(sent_by=many.id))[0]) == 100
        before = _looked_at(tx)
        assert len(find_statements(tx, Query(sent_by=few.id))[0]) == 1
        assert _looked_at(tx) - before <= 2


def _looked_at(tx: Connection) -> int:
    """Rows of statements that this transaction has looked at; 0 on SQLite, which does not say."""
    if tx.dialect.name != "postgresql":
        return 0
    sql = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'statement'"
    return int(tx.execute(text(sql)).scalar_one())


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database is asked by the driver's queries."""
    asked: list[str] = []
    real = driver.rows

    def counted(db: Connection, sql: str, **given: Any) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return real(db, sql, **given)

    for module in (driver, postings, statement_pages, statement_walks):
        monkeypatch.setattr(module, "rows", counted)
    return asked


@pytest.mark.parametrize(
    ("filters", "most"),
    [
        ({"registration": UUID(int=7, version=4)}, 1),
        ({"agent": "mbox:mailto:li@example.org"}, 1),
        ({"verb": "https://example.org/verbs/said"}, 2),
        ({"activity": "https://example.org/things/1", "related_activities": True}, 2),
        ({}, 1),
    ],
)
def test_a_page_takes_a_question_or_two_until_statements_refer_to_others(
    any_db: Engine, filters: dict[str, Any], most: int, questions: list[str]
) -> None:
    source, _ = create_credential(any_db, "moodle", now=NOW)
    with_it = {"context": {"registration": str(UUID(int=7, version=4))}}
    _store(any_db, [_make(n, "") | with_it for n in range(3)])
    for limit, ascending in ((2, False), (3, True)):
        questions.clear()
        query = Query(**filters, limit=limit, ascending=ascending, secret=source.secret_sha256)
        with asking(any_db) as tx:
            page, more = find_statements(tx, query)
        assert len(page) == limit
        assert (more is None) == (limit == 3)
        assert len(questions) == most
    about = _make(3, "") | {"object": {"objectType": "StatementRef", "id": _make(1, "")["id"]}}
    _store(any_db, [about])
    with asking(any_db) as tx:
        assert len(find_statements(tx, Query(**filters))[0]) == 4


def test_statements_of_a_page_are_the_same_singly_and_together(any_db: Engine) -> None:
    _store(any_db, [_make(n, "'\"\\ 学\n,]" * n) for n in range(5)])
    with asking(any_db) as tx:
        page, _ = find_statements(tx, Query(limit=4))
        together = page.array
        assert together == b"[" + b",".join(one.raw for one in page) + b"]"
        single = statement_by_id(tx, UUID(int=4, version=4), voided=False)
    assert single is not None
    assert page.raws[0] == single.raw
    assert page.newest == single.stored == NOW
