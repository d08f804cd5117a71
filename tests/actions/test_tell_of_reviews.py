"""Mails about reviews and appeals against a real server, as a person finds them in the mailbox: whom, what, once, and by when."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.keep_deadlines import keep_deadlines
from lms_tracker.core.study.decisions import windows_of
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.actions.mailbox import Box, box, deliver, run_at_once
from tests.actions.test_hold_study import MODEL, WHY
from tests.actions.test_review import DAY, NOW, Case
from tests.actions.test_settle_study import in_force, settle
from tests.web.people import add

__all__ = ["box"]  # a fixture

HELD = "您有学习时间等待复核 | Some of your study time waits for review"
TO_REVIEW = "有学习时间等待您复核 | Study time waits for your review"


class Class(Case):
    """Ann's class with its head teacher, a monitor, the programme's liaison and staff, and people of elsewhere; all have an
    address, which is their login."""

    def __init__(self, db: Engine, mailbox: Box, server: Any) -> None:
        super().__init__(db)
        self.box, self.server = mailbox, server
        with writing(db) as tx:
            other = add(tx, t.programme, slug="q", name="q", policy="default", starts_on=DAY, ends_on=DAY)
            beside = add(tx, t.cohort, programme_id=self.programme, name="two")
            self.roles = {
                login: self._role(tx, login, role, **place)
                for login, role, place in (
                    ("head", "head_teacher", {"cohort_id": self.cohort}),
                    ("monitor", "monitor", {"cohort_id": self.cohort}),
                    ("liaison", "liaison", {"programme_id": self.programme}),
                    ("staff", "staff", {"programme_id": self.programme}),
                    ("head-of-two", "head_teacher", {"cohort_id": beside}),
                    ("liaison-of-q", "liaison", {"programme_id": other}),
                )
            }
            self._role(tx, "ann", "monitor", cohort_id=self.cohort)

    def _role(self, tx: Any, login: str, role: str, **place: Any) -> int:
        known = {"ann": self.ann, "head": self.head, "monitor": self.monitor}
        people = {"password_hash": "", "session_token": "", "created_at": NOW}
        account = known.get(login) or add(tx, t.account, login=login, name=login, **people)
        tx.execute(update(t.account).where(t.account.c.id == account).values(mail=f"{login}@example.org"))
        return add(tx, t.role, account_id=account, role=role, **place)

    def hold_all(self) -> list[int]:
        """Both sessions are held, each by itself."""
        ids = hold(self.db, self.learner, windows_of(in_force(self.db)), WHY, MODEL, NOW)
        settle(self.db)
        return ids

    def appoint(self, login: str, **more: Any) -> int:
        with writing(self.db) as tx:
            return self._role(tx, login, "head_teacher", cohort_id=self.cohort, **more)

    def end(self, login: str, at: Any) -> None:
        with writing(self.db) as tx:
            tx.execute(update(t.role).where(t.role.c.id == self.roles[login]).values(ended_at=at))

    def arrived(self, days: float) -> set[tuple[str, str]]:
        """(login, subject) of all that is in the mailbox after the jobs ran at that time, twice; then it is emptied."""
        at = NOW + timedelta(days=days)
        for _ in range(2):
            keep_deadlines(self.db, at)
            deliver(self.db, self.server, at)
        found = [(mail["To"].split("@")[0], mail["Subject"]) for mail in self.box.mails]
        assert len(found) == len(set(found)), "nobody is told twice"
        self.texts = [mail.get_content() for mail in self.box.mails]
        self.box.mails.clear()
        return set(found)


@pytest.fixture
def case(any_db: Engine, box: tuple[Box, Any]) -> Class:
    return Class(any_db, *box)


def kinds(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """With the Chinese half of the subject alone."""
    return {(login, subject.split(" | ")[0]) for login, subject in found}


def test_the_learner_and_who_decides_are_told_once_and_nobody_else_and_never_whose_time_it_is(case: Class) -> None:
    case.hold()
    assert case.arrived(0) == {("ann", HELD), ("head", TO_REVIEW)}
    assert all("2026-03-27" in text for text in case.texts), "the last day to decide"
    assert not any("Ann" in text or "ann" in text for text in case.texts)
    links = sorted(line for text in case.texts for line in text.splitlines()[:5] if line.startswith("http"))
    assert links == ["https://study.example.edu/review"] * 2 + ["https://study.example.edu/study"] * 2
    assert case.arrived(1) == set()
    assert kinds(case.arrived(6)) == {("head", "复核期限将到")}
    assert kinds(case.arrived(8)) == {("head", "复核已过第一个期限"), ("liaison", "复核已过第一个期限")}
    assert kinds(case.arrived(15)) == {("ann", "您的学习时间已经恢复")}


def test_several_holds_are_one_mail_that_says_how_many(case: Class) -> None:
    assert len(case.hold_all()) == 2
    assert kinds(case.arrived(0)) == {("ann", "您有学习时间等待复核（2）"), ("head", "有学习时间等待您复核（2）")}
    assert all("（共 2 项）" in text and "(2 in all)" in text for text in case.texts)


def test_two_workers_at_the_same_moment_tell_each_person_once(case: Class) -> None:
    case.hold_all()
    case.appeal("a", "gap")
    run_at_once([lambda: keep_deadlines(case.db, NOW), lambda: deliver(case.db, case.server, NOW)] * 2, times=5)
    deliver(case.db, case.server, NOW)
    got = sorted(kinds({(mail["To"].split("@")[0], mail["Subject"]) for mail in case.box.mails}))
    assert len(case.box.mails) == len(got)
    assert got == [
        ("ann", "您有学习时间等待复核（2）"),
        ("head", "有学习时间等待您复核（2）"),
        ("head", "有新的申诉"),
        ("liaison", "有新的申诉"),
        ("monitor", "有新的申诉"),
    ]


def test_when_the_reviewers_role_ended_the_next_one_is_told_of_what_waits_and_the_first_no_more(case: Class) -> None:
    case.end("head", NOW)
    case.hold()
    assert case.arrived(0.1) == {("ann", HELD)}, "there is nobody to tell"
    case.appoint("new-head", from_at=NOW + timedelta(days=2))
    assert case.arrived(1) == set(), "not before the role begins"
    assert case.arrived(2) == {("new-head", TO_REVIEW)}
    assert kinds(case.arrived(6)) == {("new-head", "复核期限将到")}


def test_who_takes_over_late_is_told_how_it_stands_and_not_all_that_was_due_before(case: Class) -> None:
    case.hold()
    case.arrived(8)
    case.end("head", NOW + timedelta(days=8))
    case.appoint("new-head")
    assert kinds(case.arrived(9)) == {("new-head", "复核已过第一个期限")}


def test_an_address_that_is_left_later_gets_what_still_waits(case: Class) -> None:
    with writing(case.db) as tx:
        tx.execute(update(t.account).where(t.account.c.id == case.ann).values(mail=None))
    case.hold()
    assert case.arrived(0) == {("head", TO_REVIEW)}
    with writing(case.db) as tx:
        tx.execute(update(t.account).where(t.account.c.id == case.ann).values(mail="ann@example.org"))
    assert case.arrived(1) == {("ann", HELD)}


def test_an_appeal_is_told_to_its_class_and_its_outcome_to_the_learner_with_the_way_there(case: Class) -> None:
    appeal = case.appeal()
    assert kinds(case.arrived(0.1)) == {(who, "有新的申诉") for who in ("head", "monitor", "liaison")}
    assert kinds(case.arrived(6)) == {("liaison", "申诉期限将到")}
    assert kinds(case.arrived(8)) == {("staff", "申诉已过第一个期限")}
    case.decide(appeal, uphold=True)
    assert case.arrived(9) == {("ann", "您的申诉有了结果 | Your appeal was decided")}
    assert f"https://study.example.edu/appeals/{appeal}\n" in case.texts[0]


def test_what_a_reviewer_decided_is_told_to_the_learner_once(case: Class) -> None:
    held = case.hold_all()
    case.arrived(0)
    case.review(*held, release=False)
    assert case.arrived(1) == {("ann", "您的学习时间有了复核结果 | Your held study time was reviewed")}
