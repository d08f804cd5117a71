"""Counting wrong passwords, on both databases and when guesses come at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.create_account import create_account
from lms_tracker.actions.log_in import LOCKED_FOR, MAX_FAILURES, Outcome, log_in
from lms_tracker.store.accounts import FORGET_FAILURES_AFTER, account_by_login, login_locked_until
from lms_tracker.store.db import reading
from lms_tracker.store.tables import login_failure

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
PASSWORD = "four calm herons"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared at all; only PASSWORD is right."""
    seen: list[str] = []

    def compare(kept: str | None, password: str) -> bool:
        seen.append(password)
        return kept is not None and password == PASSWORD

    monkeypatch.setattr("lms_tracker.actions.log_in.password_matches", compare)
    return seen


def test_guesses_sent_at_once_are_looked_at_ten_times_at_most(any_db: Engine, looked_at: list[str]) -> None:
    create_account(any_db, "li", "李明", PASSWORD, now=NOW)
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda n: log_in(any_db, "li", f"guess {n}", now=NOW).outcome, range(40)))
    assert len(looked_at) == MAX_FAILURES
    assert outcomes.count(Outcome.REFUSED) == MAX_FAILURES - 1
    assert log_in(any_db, "li", PASSWORD, now=NOW).outcome is Outcome.LOCKED


def test_the_tenth_try_still_opens_when_it_is_right(any_db: Engine, looked_at: list[str]) -> None:
    account = create_account(any_db, "li", "李明", PASSWORD, now=NOW)
    for n in range(MAX_FAILURES - 1):
        assert log_in(any_db, "li", f"guess {n}", now=NOW).outcome is Outcome.REFUSED
    assert log_in(any_db, "li", PASSWORD, now=NOW).account_id == account
    with reading(any_db) as db:
        assert login_locked_until(db, "li", NOW) is None


def test_a_lock_ends_on_its_minute(any_db: Engine, looked_at: list[str]) -> None:
    create_account(any_db, "li", "李明", PASSWORD, now=NOW)
    for _ in range(MAX_FAILURES):
        log_in(any_db, "li", "guess", now=NOW)
    before, at = NOW + LOCKED_FOR - timedelta(seconds=1), NOW + LOCKED_FOR
    assert log_in(any_db, "li", PASSWORD, now=before).outcome is Outcome.LOCKED
    assert log_in(any_db, "li", PASSWORD, now=at).outcome is Outcome.WELCOME


def test_made_up_logins_leave_nothing_for_good(any_db: Engine, looked_at: list[str]) -> None:
    for n in range(20):
        log_in(any_db, f"made up {n}", "guess", now=NOW)
    log_in(any_db, "one more", "guess", now=NOW + FORGET_FAILURES_AFTER + timedelta(seconds=1))
    with reading(any_db) as db:
        assert db.scalar(select(func.count()).select_from(login_failure)) == 1


def test_blanks_around_a_login_are_nobodys_way_around_the_count(any_db: Engine, looked_at: list[str]) -> None:
    create_account(any_db, "li", "李明", PASSWORD, now=NOW)
    for n in range(MAX_FAILURES):
        log_in(any_db, "li" + " " * n, "guess", now=NOW)
    assert log_in(any_db, "li", PASSWORD, now=NOW).outcome is Outcome.LOCKED
    with reading(any_db) as db:
        assert account_by_login(db, " li ") is not None
