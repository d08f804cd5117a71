"""What the demo shows of the pool of reserve leaders."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.stand import stand
from lms_tracker.commands.demo import SHOWN, _print_accounts
from lms_tracker.demo.reserve import SLUG, add_reserve_pool
from lms_tracker.settings import Settings
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import programme_by_slug
from tests.demo.twice import added_twice


@pytest.mark.parametrize("today", [date(2026, 4, 20), date(2026, 1, 1)])
def test_the_pool_is_there_once_and_the_ballot_says_who_would_leave(db: Engine, today: date) -> None:
    now = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    dates = date(2025, 1, 1), date(2026, 12, 31)
    tables = (t.ballot, t.ballot_paper, t.declaration, t.meeting, t.achievement, t.account)
    counts = added_twice(db, lambda: add_reserve_pool(db, today, lambda: now), tables, dates, now)
    with reading(db) as tx:
        programme = programme_by_slug(tx, SLUG)
    assert counts[0] == counts[1] and counts[0][:4] == [5, 84, 3, 3]
    assert programme is not None
    stood = stand(db, programme.id, now)
    out = {p.name for p in stood.people if any(one.key == "vote" for one in stood.out.get(p.learner_id, ()))}
    assert "沐晨曦" in out and "楚云霄" not in out
    late = [row.days_late for row in _reports(db)]
    assert late[0] <= 0 and late[1] > 0


def _reports(db: Engine) -> list:  # type: ignore[type-arg]
    with reading(db) as tx:
        query = select(t.achievement.c.days_late).where(t.achievement.c.kind == "report").order_by(t.achievement.c.id)
        return list(tx.execute(query))


def test_every_account_that_is_worth_being_is_listed_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    _print_accounts(Settings())
    listed = capsys.readouterr().out
    assert all(f"{login} " in listed for login in SHOWN) and "楚云霄" in listed
