"""What becomes of ledgers when the database loses what it had only in memory: posting does not wait for the disk."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from sqlalchemy import URL, Engine

from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.settle_study import settle_pending
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.core.study.entries import Entry
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.settling import anybody_waits
from tests import services
from tests.actions.test_settle_study import NOW, a_fortnight, send


def test_who_was_settled_just_before_a_crash_is_so_after_it_or_waits_again() -> None:
    tape = a_fortnight()
    with services.postgresql() as url, ExitStack() as crashes:
        _do(url, upgrade_database)
        for first in range(3):
            said = tape[first::3]
            _do(url, lambda db, said=said: send(db, said))
            _do(url, lambda db: settle_pending(db, lambda: NOW))
            crashes.enter_context(services.after_a_crash(url))
            _do(url, _settle_what_waits)


def _settle_what_waits(db: Engine) -> None:
    with reading(db) as tx:
        assert anybody_waits(tx) or _in_order(entries_in_force(tx, [1])) == _in_order(derive_ledger(tx, 1))
    settle_pending(db, lambda: NOW, take_over=True)
    with reading(db) as tx:
        assert not anybody_waits(tx)
        assert _in_order(entries_in_force(tx, [1])) == _in_order(derive_ledger(tx, 1)) != []


def _do(url: URL, what: Callable[..., Any]) -> None:
    db = open_db(url.render_as_string(hide_password=False))
    try:
        what(db)
    finally:
        db.dispose()


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.key)
