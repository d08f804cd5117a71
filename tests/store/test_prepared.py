"""Questions that PostgreSQL has ready, asked on connections that commit by themselves."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, ProgrammingError

from lms_tracker.store import prepared
from lms_tracker.store.db import asking, writing
from lms_tracker.store.driver import rows
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


def test_a_connection_has_so_many_ready_and_not_more(pg: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 3)
    with asking(pg) as tx:
        for n in (1, 2, 3, 1, 4, 1, 5):
            assert rows(tx, f"SELECT {n}") == [(n,)]
        there = rows(tx, "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'ready%'")
    assert {sql for (sql,) in there if len(sql) < 10} == {"SELECT 1", "SELECT 5"}  # in no order
