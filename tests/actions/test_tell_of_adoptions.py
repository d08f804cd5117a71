"""Mails about an adopted policy against a real server: to whom it changed something and who leads their class, once, and
nothing of whose time it is."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from lms_tracker.actions import tell_of_adoptions as action
from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.tell_of_adoptions import PATIENCE, TOLD_FOR, tell_of_adoptions
from lms_tracker.core.study.decisions import windows_of
from lms_tracker.core.study.events import Kind
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from lms_tracker.store.settling import mark_unsettled
from tests.actions.mailbox import Box, box, deliver, run_at_once
from tests.actions.test_adopt_policy import LATER, MONDAY, NOW, TUESDAY, files, programme
from tests.actions.test_hold_study import MODEL, WHY
from tests.actions.test_settle_study import in_force, send
from tests.core.study.tape import Tape, us
from tests.web.people import add

__all__ = ["box", "files", "programme"]  # fixtures

MINE = "计分规则有变化，您的学习时间已重新计算"
CLASS = "计分规则有变化，您班里有人的学习时间已重新计算"
AHEAD = date(2026, 4, 1)


class Class:
    """Learner 1, whose Tuesday counts less by stricter rules, 2, who never looked away, 3 and 4, who never studied; 4 in another
    class. Everybody has an address, which is the login, as have who leads, runs or watches the classes, and those of another
    programme."""

    def __init__(self, db: Engine, programme: int, mailbox: Box, server: Any) -> None:
        self.db, self.programme, self.box, self.server = db, programme, mailbox, server
        with db.begin() as tx:
            tx.exec_driver_sql(
                "INSERT INTO identity (ifi, learner_id) VALUES ('account:https://lms.example.edu bob', 2)"
            )
        send(db, Tape("b", start=86400.0).watch(600).events, "bob")
        settle_all(db, lambda: NOW)
        with writing(db) as tx:
            other = add(
                tx,
                t.programme,
                id=50,
                slug="q",
                name="q",
                policy="default",
                starts_on=MONDAY,
                ends_on=date(2027, 1, 31),
            )
            two = add(tx, t.cohort, id=50, programme_id=programme, name="二班")
            far = add(tx, t.cohort, id=51, programme_id=other, name="远")
            tx.execute(update(t.enrolment).where(t.enrolment.c.learner_id == 4).values(cohort_id=two))
            self.account = {f"learner{n}": self._account(tx, f"learner{n}", learner_id=n) for n in (1, 2, 3, 4)}
            for login, role, place in (
                ("head", "head_teacher", {"cohort_id": 1}),
                ("monitor", "monitor", {"cohort_id": 1}),
                ("head-of-two", "head_teacher", {"cohort_id": two}),
                ("liaison", "liaison", {"programme_id": programme}),
                ("head-of-q", "head_teacher", {"cohort_id": far}),
            ):
                self.account[login] = self._account(tx, login)
                add(tx, t.role, account_id=self.account[login], role=role, **place)

    def _account(self, tx: Any, login: str, **more: Any) -> int:
        values = {"name": login, "password_hash": "", "session_token": "", "created_at": NOW}
        return add(tx, t.account, login=login, mail=f"{login}@example.org", **values, **more)

    def adopt(self, name: str = "strict", day: date = TUESDAY, at: Any = LATER, *, settled: bool = True) -> None:
        adopt_policy(self.db, self.programme, name, day, "会议决定", now=at)
        if settled:
            settle_all(self.db, lambda: at)

    def arrived(self, at: Any = LATER + timedelta(minutes=1)) -> set[tuple[str, str]]:
        """(login, Chinese subject) of all that is in the mailbox after the job ran twice; then it is emptied."""
        for _ in range(2):
            tell_of_adoptions(self.db, at)
            deliver(self.db, self.server, at)
        found = [(mail["To"].split("@")[0], mail["Subject"].split(" | ")[0]) for mail in self.box.mails]
        assert len(found) == len(set(found)), "nobody is told twice"
        self.texts = {mail["To"].split("@")[0]: mail.get_content() for mail in self.box.mails}
        self.box.mails.clear()
        return set(found)


@pytest.fixture
def case(any_db: Engine, programme: int, box: tuple[Box, Any]) -> Class:
    return Class(any_db, programme, *box)


def test_whose_time_changed_and_who_leads_their_class_are_told_once_and_nobody_else(case: Class) -> None:
    case.adopt()
    assert case.arrived() == {("learner1", MINE), ("head", CLASS)}
    assert "2026-03-03" in case.texts["learner1"] and "校长培训" in case.texts["learner1"]
    assert "https://study.example.edu/study?programme=1#rules-2026-03-03\n" in case.texts["learner1"]
    assert "https://study.example.edu/cohorts/1?rules=2026-03-03#rules-2026-03-03\n" in case.texts["head"]
    assert not any(name in text for text in case.texts.values() for name in ("李一凡", "learner1", "王二妮"))
    assert case.arrived(LATER + timedelta(days=2)) == set()


def test_rules_for_a_day_to_come_are_told_to_all_whom_they_will_judge(case: Class) -> None:
    case.adopt(day=AHEAD)
    learners = {(f"learner{n}", f"计分规则将有变化：自 {AHEAD} 起") for n in (1, 2, 3, 4)}
    heads = {(login, f"您班的计分规则将有变化：自 {AHEAD} 起") for login in ("head", "head-of-two")}
    assert case.arrived() == learners | heads
    send(case.db, Tape("later", start=30 * 86400.0).watch(600).events, "bob")
    settle_all(case.db, lambda: LATER + timedelta(days=30))
    assert case.arrived(LATER + timedelta(days=31)) == set(), "what is studied from then on was never judged otherwise"


def test_new_weights_and_a_policy_that_counts_the_same_are_told_to_nobody(case: Class) -> None:
    case.adopt("light")
    assert case.arrived() == set()


def test_an_adoption_that_was_undone_before_anybody_heard_is_not_told_by_itself(case: Class) -> None:
    case.adopt()
    case.adopt("p1-principals", at=LATER + timedelta(seconds=20))
    assert case.arrived() == {("learner1", MINE), ("head", CLASS)}, "one mail each: of what stands"


def test_adopted_once_more_it_is_told_once_more(case: Class) -> None:
    for n, name in enumerate(("strict", "p1-principals", "strict")):
        at = LATER + timedelta(hours=n)
        case.adopt(name, at=at)
        assert case.arrived(at + timedelta(minutes=1)) == {("learner1", MINE), ("head", CLASS)}


def test_nobody_is_told_before_the_ledgers_have_followed_but_newer_evidence_is_not_waited_for(case: Class) -> None:
    case.adopt(settled=False)
    assert case.arrived() == set()
    settle_all(case.db, lambda: LATER + timedelta(seconds=30))
    with writing(case.db) as tx:
        mark_unsettled(tx, [1, 2], LATER + timedelta(seconds=40))
    assert case.arrived() == {("learner1", MINE), ("head", CLASS)}


def test_after_a_day_whoever_can_be_told_is_told(case: Class) -> None:
    case.adopt()
    with writing(case.db) as tx:
        mark_unsettled(tx, [3], LATER)  # as if settling failed
    assert case.arrived() == set()
    assert case.arrived(LATER + PATIENCE) == {("learner1", MINE), ("head", CLASS)}


def test_what_nobody_could_tell_for_a_fortnight_is_no_news(case: Class) -> None:
    case.adopt()
    assert case.arrived(LATER + TOLD_FOR + timedelta(seconds=1)) == set()


def test_a_process_that_dies_in_the_middle_has_told_nobody_and_the_next_tells_all(
    case: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.adopt()
    whole, calls = action.enqueue_mail, []

    def dies(*args: Any, **more: Any) -> bool:
        calls.append(args)
        return whole(*args, **more) if len(calls) == 1 else 1 / 0  # type: ignore[return-value]

    monkeypatch.setattr(action, "enqueue_mail", dies)
    with pytest.raises(ZeroDivisionError):
        tell_of_adoptions(case.db, LATER + timedelta(seconds=30))
    monkeypatch.setattr(action, "enqueue_mail", whole)
    with case.db.connect() as tx:
        assert tx.scalar(select(func.count()).select_from(t.mail)) == 0
    assert case.arrived() == {("learner1", MINE), ("head", CLASS)}


def test_who_left_no_address_gets_no_mail_and_who_is_judged_elsewhere_hears_nothing(case: Class) -> None:
    with writing(case.db) as tx:
        tx.execute(update(t.account).where(t.account.c.login == "learner2").values(mail=None))
        add(tx, t.enrolment, programme_id=50, cohort_id=51, learner_id=3, enrolled_on=date(2026, 3, 9))
    case.adopt(day=AHEAD)
    assert {login for login, _ in case.arrived()} == {"learner1", "learner4", "head", "head-of-two"}


def test_held_time_that_becomes_another_is_told_too(case: Class) -> None:
    """What is held may count after all."""
    tape = Tape("h", activity="urn:h", start=5 * 86400.0).play(0, 0, inputs=1).beats(0, 300, 0)
    tape.add(Kind.UNFOCUSED, 300, 300).add(Kind.FOCUSED, 330, 330, inputs=1).beats(330, 600, 330)
    send(case.db, tape.pause(600, 600, inputs=1).events, "bob")
    settle_all(case.db, lambda: NOW)
    theirs = [entry for entry in in_force(case.db) if entry.session == "h"]
    hold(case.db, 2, windows_of(theirs), WHY, MODEL, NOW)
    settle_all(case.db, lambda: NOW)
    held = {entry.session: (entry.credited_us, entry.held_us) for entry in in_force(case.db)}
    assert held["h"] == (0, us(600))
    case.adopt()
    held = {entry.session: (entry.credited_us, entry.held_us) for entry in in_force(case.db)}
    assert held["h"] == (0, us(570))
    assert case.arrived() == {("learner1", MINE), ("learner2", MINE), ("head", CLASS)}


def test_two_workers_at_the_same_moment_tell_each_person_once(case: Class) -> None:
    case.adopt()
    at = LATER + timedelta(minutes=1)
    run_at_once([lambda: tell_of_adoptions(case.db, at), lambda: deliver(case.db, case.server, at)] * 2, times=3)
    assert case.arrived(at) == {("learner1", MINE), ("head", CLASS)}
