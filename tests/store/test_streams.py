"""Rows that come in lists: never all of an answer are in memory."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError

from lms_tracker.store.db import asking, reading
from lms_tracker.store.driver import rows, stream

NUMBERS = "SELECT i.value, CAST(i.value AS text) FROM EACH(:n) i ORDER BY 1"
THREE = "SELECT 10 / (3 - value) FROM generate_series(1, 1000) i (value)"


@pytest.mark.parametrize("count", [0, 1, 5, 6, 11])
def test_rows_come_in_lists_of_which_the_last_may_be_shorter(any_db: Engine, count: int) -> None:
    with reading(any_db) as tx:
        lists = list(stream(tx, NUMBERS, 5, n=list(range(count))))
        assert [row for some in lists for row in some] == [(n, str(n)) for n in range(count)]
        assert [len(some) for some in lists] == [5] * (count // 5) + ([count % 5] if count % 5 else [])
        assert len(rows(tx, NUMBERS, n=[1, 2])) == 2


def test_whoever_has_read_all_may_ask_again_in_the_same_transaction(any_db: Engine) -> None:
    with asking(any_db) as tx:
        for _ in range(2):
            assert sum(map(len, stream(tx, NUMBERS, 100, n=list(range(1000))))) == 1000


def test_a_stream_begins_the_snapshot_that_was_asked_for(pg: Engine) -> None:
    with reading(pg) as tx:
        assert list(stream(tx, "SELECT current_setting('transaction_isolation')", 5)) == [[("repeatable read",)]]
        assert tx.scalar(text("SELECT current_setting('transaction_isolation')")) == "repeatable read"


def test_whoever_stops_before_the_end_leaves_a_connection_that_can_be_used_again(any_db: Engine) -> None:
    for _ in range(2):
        with reading(any_db) as tx:
            some = stream(tx, NUMBERS, 5, n=list(range(100_000)))
            assert len(next(some)) == 5
            some.close()  # type: ignore[attr-defined]
    with reading(any_db) as tx:
        assert rows(tx, NUMBERS, n=[3]) == [(3, "3")]


def test_a_fault_in_the_midst_is_raised_as_sqlalchemy_does(pg: Engine) -> None:
    with pytest.raises(DataError, match="division by zero"), reading(pg) as tx:
        list(stream(tx, THREE, 1))
    with reading(pg) as tx:
        assert rows(tx, "SELECT 1") == [(1,)]
