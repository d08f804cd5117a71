"""Mails about assignments: to whom, when, once a deadline, and to nobody who left no address or need not act."""

from datetime import datetime, timedelta
from decimal import Decimal as D

import msgspec
import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.assess import Judgement, review, send_back
from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.actions.mail import set_address
from lms_tracker.actions.remind_of_work import remind_of_work
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.reminding import TO_MARK, is_near, is_overdue, marked_by
from lms_tracker.core.assignments.terms import PeerRules, Terms
from lms_tracker.core.mail import write
from lms_tracker.store import assessments
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.actions.assigned import DAY, DUE, TERMS, Case
from tests.web import people
from tests.web.people import NOW

HOUR = timedelta(hours=1)
PEERS = PeerRules(1, DUE + 10 * DAY)


@pytest.fixture
def case(any_db: Engine) -> Case:
    """Of test_assignments: the small world with one assignment."""
    world = people.build(any_db)
    id = set_terms(any_db, world.programme["p1"], TERMS, by=world.account["p1.staff"], now=NOW)
    return Case(any_db, world, id)


@pytest.fixture
def mailed(case: Case) -> Case:
    """Everybody has an address but Zhao."""
    for login, account_id in case.world.account.items():
        if login != "p1.zhao":
            set_address(case.db, account_id, f"{login}@example.org")
    return case


def told(case: Case, kind: str) -> list[str]:
    """Logins, in the order of the alphabet."""
    names = {id: login for login, id in case.world.account.items()}
    with reading(case.db) as tx:
        return sorted(names[row.account_id] for row in tx.execute(select(t.mail).where(t.mail.c.kind == kind)))


def run(case: Case, at: datetime) -> dict[str, int]:
    return remind_of_work(case.db, at)


def test_who_has_handed_in_nothing_is_told_two_days_before_and_once(mailed: Case) -> None:
    mailed.hand_in("p1.wang")
    assert run(mailed, DUE - 2 * DAY - HOUR) == {}
    assert run(mailed, DUE - 2 * DAY) == {"work_due": 1}
    # Wang has handed in, Zhao has no address, the second programme has nothing to do with it.
    assert told(mailed, "work_due") == ["p1.li"]
    for at in (DUE - 2 * DAY, DUE - DAY, DUE - HOUR, DUE, DUE + DAY):
        assert run(mailed, at) == {}, at
    with reading(mailed.db) as tx:
        row = tx.execute(select(t.mail)).one()
    subject, text = write(row.kind, msgspec.json.decode(row.facts), "https://study.example.org")
    assert "校本研修案例" in subject and "2026-" in text and "https://study.example.org/tasks" in text
    assert "李明" not in subject + text and "Peer" not in text


def test_an_address_that_comes_later_still_gets_it_and_one_taken_out_does_not(mailed: Case) -> None:
    set_address(mailed.db, mailed.world.account["p1.li"], "")
    assert run(mailed, DUE - 2 * DAY) == {"work_due": 1} and told(mailed, "work_due") == ["p1.wang"]
    set_address(mailed.db, mailed.world.account["p1.zhao"], "zhao@example.org")
    assert run(mailed, DUE - DAY) == {"work_due": 1}
    assert told(mailed, "work_due") == ["p1.wang", "p1.zhao"]


def test_a_deadline_that_is_moved_is_another_one(mailed: Case) -> None:
    assert run(mailed, DUE - DAY) == {"work_due": 2}
    mailed.change(due_at=DUE + 7 * DAY, now=DUE - DAY)
    assert run(mailed, DUE) == {}
    assert run(mailed, DUE + 6 * DAY) == {"work_due": 2}


def test_work_that_is_not_open_yet_reminds_nobody(mailed: Case) -> None:
    mailed.change(opens_at=DUE - HOUR)
    assert run(mailed, DUE - DAY) == {}
    assert run(mailed, DUE - HOUR) == {"work_due": 2}


def test_work_sent_back_has_a_deadline_of_its_own(mailed: Case) -> None:
    sent = mailed.hand_in("p1.li").submission_id
    expert = mailed.world.account["p1.expert"]
    send_back(mailed.db, mailed.id, sent, words="请补数据", until=DUE + 5 * DAY, by=expert, now=DUE + HOUR)
    assert "work_returned" not in run(mailed, DUE + 2 * DAY)
    assert run(mailed, DUE + 4 * DAY) == {"work_returned": 1} and told(mailed, "work_returned") == ["p1.li"]
    mailed.hand_in("p1.li", "第二稿", now=DUE + 4 * DAY + HOUR)
    assert run(mailed, DUE + 5 * DAY - HOUR) == {}


def test_reviews_that_are_to_be_done_are_told_of(mailed: Case) -> None:
    mailed.change(peer=PEERS)
    for login in ("p1.li", "p1.wang"):
        mailed.hand_in(login)
    keep_assignments(mailed.db, DUE + HOUR)
    with reading(mailed.db) as tx:
        pairs = {row.learner_id: row.id for row in assessments.pairs_of(tx, mailed.id)}
    li = mailed.world.learner["p1.li"]
    review(mailed.db, pairs[li], Judgement({0: 0, 1: 0}, {}, "好"), reviewer=li, now=DUE + DAY)
    assert run(mailed, DUE + 7 * DAY) == {}
    assert run(mailed, PEERS.due_at - DAY)["reviews_due"] == 1
    assert told(mailed, "reviews_due") == ["p1.wang"]


def test_markers_are_told_when_works_have_waited_too_long(mailed: Case) -> None:
    sent = mailed.hand_in("p1.li").submission_id
    assert run(mailed, DUE + TO_MARK - HOUR) == {}
    assert run(mailed, DUE + TO_MARK + HOUR) == {"marking_overdue": 2}
    assert told(mailed, "marking_overdue") == ["p1.expert", "p1.liaison"]
    assert run(mailed, DUE + TO_MARK + DAY) == {}
    mailed.change(release_at=DUE + 20 * DAY, now=DUE + 15 * DAY)
    mailed.assess(sent, 0, 0, now=DUE + 16 * DAY)
    assert run(mailed, DUE + 21 * DAY) == {}, "all is marked"


def test_without_any_address_nothing_fails(case: Case) -> None:
    case.hand_in("p1.li")
    for days in (4, 10, 20, 60):
        assert run(case, NOW + days * DAY) == {}


def test_when_markers_should_be_done() -> None:
    assert marked_by(Terms("x", "assignments")) is None
    assert marked_by(TERMS) == DUE + TO_MARK
    late = msgspec.structs.replace(TERMS, late="deduct", late_until=DUE + 3 * DAY, deduct_per_day=D(1))
    assert marked_by(late) == DUE + 3 * DAY + TO_MARK
    assert marked_by(msgspec.structs.replace(late, peer=PEERS)) == PEERS.due_at + TO_MARK
    assert marked_by(msgspec.structs.replace(late, release_at=DUE + DAY)) == DUE + DAY
    overdue = [is_overdue(TERMS, DUE + TO_MARK + days * DAY) for days in (0, 1, 30, 31)]
    assert overdue == [False, True, True, False]
    assert [is_near(DUE, DUE - n * HOUR) for n in (49, 48, 1, 0)] == [False, True, True, False] and not is_near(
        None, DUE
    )
