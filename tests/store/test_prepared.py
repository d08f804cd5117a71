"""Questions that PostgreSQL has ready, asked on connections that commit by themselves and within transactions."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, IntegrityError, NotSupportedError, OperationalError, ProgrammingError

from lms_tracker.store import prepared
from lms_tracker.store.db import asking, reading, writing
from lms_tracker.store.driver import rows, rows_of_all, tell, together
from lms_tracker.store.tables import attachment
from tests.lrs.conftest import START

ID = UUID(int=7, version=4)
VALUES = {
    ":n::bigint": 2**62,
    ":n >> 28": 2**61,
    ":n::uuid": ID,
    ":n::text": """'"\\ {},NULL';--\\' 张""",
    ":n::boolean": False,
    ":n::integer": None,
}


@pytest.mark.parametrize("said", VALUES)
def test_each_kind_of_value_arrives_as_it_was_given(pg: Engine, said: str) -> None:
    value = VALUES[said]
    with asking(pg) as tx:
        assert rows(tx, f"SELECT {said}, {said}", n=value) == [(value >> 28 if ">>" in said else value,) * 2]


def test_lists_arrive_in_order(pg: Engine) -> None:
    with asking(pg) as tx:
        assert rows(tx, "SELECT value FROM EACH(:n) i", n=[3, -1, 2**40]) == [(3,), (-1,), (2**40,)]
        assert rows(tx, "SELECT 'a,\"' = ANY(:n::text[])", n=["b", 'a,"']) == [(True,)]
        assert rows(tx, "SELECT 1 = ANY(:n), 1 = ANY(:n)", n=[]) == [(False, False)]


def test_a_text_that_postgresql_cannot_hold_is_refused_and_not_cut(pg: Engine) -> None:
    for value in ("a\0b", ["a\0b"]):
        with pytest.raises(DataError), asking(pg) as tx:
            rows(tx, "SELECT :n::text", n=value)


def test_a_fault_in_a_query_is_raised_as_sqlalchemy_does_and_the_next_one_is_answered(pg: Engine) -> None:
    for sql in ("SELECT nothing", "SELECT 1 FROM generate_series(1, 'a')"):
        with pytest.raises((ProgrammingError, DataError)), asking(pg) as tx:
            rows(tx, sql)
    with asking(pg) as tx:
        assert rows(tx, "SELECT 1") == [(1,)]


def test_what_was_dropped_is_prepared_anew(pg: Engine) -> None:
    with asking(pg) as tx:
        assert rows(tx, "SELECT :n::text", n="a") == [("a",)]
        tx.exec_driver_sql("DEALLOCATE ALL")
        assert rows(tx, "SELECT :n::text", n="b") == [("b",)]


def test_a_column_that_has_another_type_since_is_read_as_that(pg: Engine) -> None:
    sql = "SELECT stored FROM attachment"
    with writing(pg) as tx:
        tx.execute(attachment.insert().values(sha2="ab", data=b"", stored=START))
    with asking(pg) as tx:
        assert isinstance(rows(tx, sql)[0][0], int)
        with writing(pg) as other:
            other.execute(text("ALTER TABLE attachment ALTER stored TYPE text"))
        assert isinstance(rows(tx, sql)[0][0], str)


@pytest.mark.parametrize("dropped", [False, True])
def test_after_a_rollback_it_is_looked_up_what_is_still_there(pg: Engine, dropped: bool) -> None:
    for name in "ab":
        with reading(pg) as tx:
            assert rows(tx, "SELECT :n::text", n=name) == [(name,)]
            # Nothing that is looked up before it has begun another transaction than this.
            assert rows(
                tx, "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
            ) == [("repeatable read", "on")]
            there = rows(tx, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::text'")
            assert there == [(1,)], "what is there is not prepared twice"
        with pytest.raises(ZeroDivisionError), reading(pg) as tx:
            if dropped:  # the driver drops everything only where it has prepared something itself
                tx.connection.driver_connection.execute("SELECT 1", prepare=True)
            rows(tx, "SELECT 1")
            raise ZeroDivisionError


def test_the_first_question_begins_a_transaction_that_is_taken_back_as_a_whole(pg: Engine) -> None:
    insert = "INSERT INTO attachment (sha2, data, stored) VALUES (:sha2, :data, 0) RETURNING data"
    with pytest.raises(ZeroDivisionError), writing(pg) as tx:
        assert rows(tx, insert, sha2="ab", data=b"\0'\\") == [(b"\0'\\",)]
        raise ZeroDivisionError
    with reading(pg) as tx:
        assert rows(tx, "SELECT sha2 FROM attachment") == []
        with writing(pg) as other:
            rows(other, insert, sha2="ab", data=b"")
        assert rows(tx, "SELECT sha2 FROM attachment") == [], "one snapshot from the first question on"
    with reading(pg) as tx:
        assert rows(tx, "SELECT sha2 FROM attachment") == [("ab",)]


def test_several_are_answered_in_their_order(any_db: Engine) -> None:
    count, add = (
        "SELECT count(*) FROM attachment",
        "INSERT INTO attachment (sha2, data, stored) VALUES (:sha2, :data, 0)",
    )
    questions = [
        (count, {}),
        (add, {"sha2": "ab", "data": b"a"}),
        (count, {}),
        (add, {"sha2": "cd", "data": b""}),
        (count, {}),
    ]
    for opened in (writing, reading):
        with opened(any_db) as tx:
            assert rows_of_all(tx) == []
            if opened is writing:
                assert rows_of_all(tx, *questions) == [[(0,)], [], [(1,)], [], [(2,)]]
            assert rows_of_all(tx, (count, {}), ("SELECT 5", {})) == [[(2,)], [(5,)]]
    with asking(any_db) as tx:
        assert rows_of_all(tx, (count, {}), (count, {})) == [[(2,)], [(2,)]]


@pytest.mark.parametrize("first", [True, False])
def test_one_of_several_that_fails_is_raised_and_nothing_of_them_stays(pg: Engine, first: bool) -> None:
    add = "INSERT INTO attachment (sha2, data, stored) VALUES (:sha2, :data, 0)", {"sha2": "ab", "data": b"a"}
    with pytest.raises(IntegrityError), writing(pg) as tx:
        if not first:
            rows(tx, "SELECT 1")
        rows_of_all(tx, add, add, ("SELECT 1", {}))
    with writing(pg) as tx:
        assert rows_of_all(tx, ("SELECT count(*) FROM attachment", {}), ("SELECT 1", {})) == [[(0,)], [(1,)]]


def test_what_is_told_together_happens_at_the_end_as_a_whole_or_not_at_all(pg: Engine) -> None:
    add, count = "INSERT INTO attachment (sha2, data, stored) VALUES (:sha2, '', 0)", "SELECT count(*) FROM attachment"
    with writing(pg) as tx:
        tell(tx, add, sha2="a")
        assert rows(tx, count) == [(1,)], "nothing waits outside"
        with together(tx):
            for sha2 in "bc":
                tell(tx, add, sha2=sha2)
            assert rows(tx, count) == [(1,)]
        assert rows(tx, count) == [(3,)]
    with pytest.raises(IntegrityError), writing(pg) as tx, together(tx):
        for sha2 in "dd":
            tell(tx, add, sha2=sha2)
    with pytest.raises(ZeroDivisionError), writing(pg) as tx, together(tx):
        tell(tx, add, sha2="e")
        raise ZeroDivisionError
    with writing(pg) as tx:
        assert rows(tx, count) == [(3,)]
        tell(tx, add, sha2="f")
        assert rows(tx, count) == [(4,)], "what was raised left nobody waiting"


def test_a_connection_that_is_lost_is_raised_and_the_next_one_is_answered(pg: Engine) -> None:
    questions = ("SELECT pg_terminate_backend(pg_backend_pid())", {}), ("SELECT 1", {})
    for asked in (questions[:1], questions):
        with pytest.raises(OperationalError), writing(pg) as tx:
            rows_of_all(tx, *asked)
    with pytest.raises(OperationalError), writing(pg) as tx:
        rows(tx, "SELECT 1")
        rows_of_all(tx, *questions)
    with writing(pg) as tx:
        assert rows(tx, "SELECT 1") == [(1,)]


def test_within_a_transaction_a_column_that_has_another_type_since_is_told_once(pg: Engine) -> None:
    sql = "SELECT stored FROM attachment"
    with writing(pg) as tx:
        assert rows(tx, sql) == []
        with pytest.raises(NotSupportedError), tx.begin_nested():
            tx.execute(text("ALTER TABLE attachment ALTER stored TYPE text"))
            rows(tx, sql)
    with writing(pg) as tx:
        assert rows(tx, sql) == []


def test_a_connection_has_so_many_ready_and_not_more(pg: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 3)
    with asking(pg) as tx:
        for n in (1, 2, 3, 1, 4, 1, 5):
            assert rows(tx, f"SELECT {n}") == [(n,)]
        there = rows(tx, "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'ready%'")
    assert {sql for (sql,) in there if len(sql) < 10} == {"SELECT 1", "SELECT 5"}  # in no order


def test_who_waits_for_a_lock_with_the_first_question_lets_other_threads_run(pg: Engine) -> None:
    lock, waiting = "SELECT pg_advisory_xact_lock(1)", threading.Event()

    def ask() -> int:
        with writing(pg) as tx:
            tx.exec_driver_sql("SET lock_timeout = '5s'")  # of the connection, which is taken again
        with writing(pg) as tx:
            waiting.set()
            return len(rows(tx, lock))

    with ThreadPoolExecutor() as threads:
        with writing(pg) as other:
            rows(other, lock)
            asked = threads.submit(ask)
            waiting.wait()
            time.sleep(0.2)
        assert asked.result() == 1
