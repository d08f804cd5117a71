"""Whoever goes through the record by number passes nobody by who was slow to commit."""

import threading

from sqlalchemy import Engine, text

from lms_tracker.store import postgresql
from lms_tracker.store.db import writing
from lms_tracker.store.horizon import complete_through
from tests.lrs.conftest import make_statement
from tests.patience import PATIENCE_S
from tests.stores import keep


def test_the_record_is_complete_up_to_the_last_statement(any_db: Engine) -> None:
    assert complete_through(any_db) == 0
    keep(any_db, make_statement(), make_statement())
    assert complete_through(any_db) == 2


def test_a_number_that_was_given_and_is_not_visible_yet_is_waited_for(pg: Engine) -> None:
    keep(pg, make_statement())
    with writing(pg) as slow:
        postgresql.look_up(slow, [], [], [], voids=False)
        slow.execute(text("SELECT nextval('statement_seq_seq')"))  # 2, not stored yet
        keep(pg, make_statement())  # 3, stored
        assert complete_through(pg, wait_s=0.2) is None
        found: list[int | None] = []
        waiting = threading.Thread(target=lambda: found.append(complete_through(pg, wait_s=PATIENCE_S)))
        waiting.start()
        waiting.join(0.2)
        assert found == []
    waiting.join()
    assert found == [3]


def test_whoever_begins_later_is_not_waited_for(pg: Engine) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            keep(pg, make_statement())

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        reached = [complete_through(pg, wait_s=5) for _ in range(5)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert None not in reached and reached == sorted(reached, key=lambda through: through or 0)
