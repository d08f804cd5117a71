"""Learners review each other's work: who gets whose, what counts, who lets it lie, and who objects to the mark."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import msgspec
from sqlalchemy import select, update

from lms_tracker.actions.assess import Judgement, review
from lms_tracker.actions.keep_assignments import keep_assignments, pass_on
from lms_tracker.actions.object_to_mark import decide_objection, file_objection
from lms_tracker.core.assignments.terms import PeerRules
from lms_tracker.store import assessments, assignments
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.weights import weights_now
from tests.actions.assigned import DAY, DUE, Case, case, refused

__all__ = ["case"]  # the fixture

PEER = PeerRules(reviews=2, due_at=DUE + 6 * DAY, counts_pct=D(40), component="assignments")


def peer_case(case: Case, **values: Any) -> dict[str, int]:
    """Six have handed in; their submissions by login."""
    case.change(peer=msgspec.structs.replace(PEER, **values))
    logins = ["p1.li", "p1.wang", *case.crowd(4)]
    return {login: case.hand_in(login, f"{login} 的案例").submission_id for login in logins}


def pairs(case: Case) -> list[Any]:
    with reading(case.db) as tx:
        return assessments.pairs_of(tx, case.id)


def reviewed(case: Case, pair: Any, *levels: int, now: datetime = DUE + DAY) -> D:
    made = Judgement(dict(enumerate(levels)), {}, "互评意见")
    return review(case.db, pair.id, made, reviewer=pair.learner_id, now=now)


def test_peers_review_after_the_deadline_each_as_many_as_each_gets(case: Case) -> None:
    peer_case(case)
    assert keep_assignments(case.db, DUE) == 0
    assert keep_assignments(case.db, DUE + timedelta(minutes=1)) == 12
    assert keep_assignments(case.db, DUE + timedelta(minutes=2)) == 0
    made = pairs(case)
    for side in ("author", "learner_id"):
        assert set(Counter(getattr(pair, side) for pair in made).values()) == {2}
    assert all(pair.author != pair.learner_id for pair in made)


def test_reviews_are_refused_to_whom_they_do_not_belong_and_after_the_end(case: Case) -> None:
    peer_case(case)
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    pair = pairs(case)[0]
    made = Judgement({0: 0, 1: 0}, {}, "好")
    assert refused(review, case.db, pair.id, made, reviewer=pair.author, now=DUE + DAY) == "pair"
    assert refused(review, case.db, 999, made, reviewer=pair.learner_id, now=DUE + DAY) == "pair"
    silent = Judgement({0: 0, 1: 0}, {}, " ")
    assert refused(review, case.db, pair.id, silent, reviewer=pair.learner_id, now=DUE + DAY) == "comment"
    assert refused(reviewed, case, pair, 0, 0, now=DUE + 7 * DAY) == "closed"
    assert reviewed(case, pair, 0, 0) == D("100.00")
    reviewed(case, pair, 1, 0)
    assert [one.mark for one in case.all().works if one.peers for one in one.peers] == [D("85.00")], (
        "replaced by the later one"
    )


def test_peers_and_marker_make_the_mark_when_reviewing_is_over_and_reviewing_is_marked_apart(case: Case) -> None:
    works = peer_case(case)
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    lazy = pairs(case)[0].learner_id
    for pair in pairs(case):
        if pair.learner_id != lazy:
            reviewed(case, pair, 1, 0)  # 85
    for submission in works.values():
        case.assess(submission, 0, 0, now=DUE + 2 * DAY)  # 100
    assert case.marks() == {}, "peers' share waits for the end of reviewing"
    keep_assignments(case.db, PEER.due_at + timedelta(minutes=1))
    assert set(case.marks().values()) == {D("94.00")}  # 60 + 34
    with reading(case.db) as tx:
        reviewing = assignments.assignment_titled(tx, case.world.programme["p1"], "校本研修案例（互评）")
    assert reviewing is not None
    marks = case.marks(reviewing.id)
    names = {id: login for login, id in case.world.learner.items()}
    # 60 + 40 x (1 - 15 / 30) = 80 each; nothing for who did nothing.
    assert marks.pop(names[lazy]) == D("0.00") and set(marks.values()) == {D("80.00")} and len(marks) == 5
    assert keep_assignments(case.db, PEER.due_at + DAY) == 0


def test_marks_for_reviewing_weigh_what_the_terms_say_and_follow_the_assignment_to_another_title(case: Case) -> None:
    works = peer_case(case)
    case.change(peer=msgspec.structs.replace(PEER, weight=D("0.5")))
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    for pair in pairs(case):
        reviewed(case, pair, 1, 0)
    for submission in works.values():
        case.assess(submission, 0, 0, now=DUE + 2 * DAY)
    keep_assignments(case.db, PEER.due_at + timedelta(minutes=1))
    programme = case.world.programme["p1"]
    with reading(case.db) as tx:
        there = assignments.assignment_titled(tx, programme, "校本研修案例（互评）")
        assert there is not None and weights_now(tx, programme)[there.id] == D("0.5")
    case.change(title="研修案例", peer=msgspec.structs.replace(PEER, weight=D("0.25")))
    assert keep_assignments(case.db, PEER.due_at + DAY) == 0, "nobody gets the marks for reviewing twice"
    with reading(case.db) as tx:
        again = assignments.assignment_titled(tx, programme, "研修案例（互评）")
        assert again is not None and again.id == there.id and weights_now(tx, programme)[there.id] == D("0.25")


def test_late_work_joins_the_reviewing(case: Case) -> None:
    peer_case(case)
    case.change(late="accept")
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    case.hand_in("p1.zhao", now=DUE + DAY)
    assert keep_assignments(case.db, DUE + DAY) >= 2
    zhao = case.world.learner["p1.zhao"]
    made = pairs(case)
    assert sum(pair.author == zhao for pair in made) == 2
    assert sum(pair.learner_id == zhao for pair in made) == 2


def test_who_lets_reviews_lie_is_passed_over_and_who_leaves_at_once(case: Case) -> None:
    peer_case(case)
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    made = pairs(case)
    lazy, gone = made[0].learner_id, next(pair.learner_id for pair in made if pair.learner_id != made[0].learner_id)
    with writing(case.db) as tx:
        tx.execute(update(t.enrolment).where(t.enrolment.c.learner_id == gone).values(left_on=DUE.date()))
    for pair in made:
        if pair.learner_id not in (lazy, gone):
            reviewed(case, pair, 0, 0, now=DUE + timedelta(hours=1))
    keep_assignments(case.db, DUE + DAY)
    now = pairs(case)
    assert all(gone in (pair.learner_id, pair.author) for pair in now if pair.ended_at)
    assert not any(gone == pair.learner_id for pair in now if not pair.ended_at)
    assert sum(pair.learner_id == lazy and pair.ended_at is None for pair in now) >= 1, "there is time yet"
    keep_assignments(case.db, DUE + 5 * DAY)
    now = pairs(case)
    assert not any(pair.learner_id == lazy and pair.ended_at is None for pair in now)
    standing = [pair for pair in now if pair.ended_at is None]
    for login in ("p1.li", "p1.wang", "p1.n0", "p1.n1", "p1.n2", "p1.n3"):
        author = case.world.learner[login]
        if author != gone:
            assert sum(pair.author == author for pair in standing) >= 2, login
    assert not {lazy, gone} & {pair.learner_id for pair in standing}
    mine = next(pair for pair in now if pair.learner_id == lazy)
    assert refused(reviewed, case, mine, 0, 0) == "pair"


def test_staff_may_have_reviews_passed_on_at_once(case: Case) -> None:
    peer_case(case)
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    lazy = pairs(case)[0].learner_id
    for pair in pairs(case):
        if pair.learner_id != lazy:
            reviewed(case, pair, 0, 0)
    assert pass_on(case.db, case.id, DUE + 2 * DAY) == 2
    assert not any(pair.learner_id == lazy and pair.ended_at is None for pair in pairs(case))


def test_members_of_one_school_never_review_each_other(case: Case) -> None:
    works = peer_case(case, apart="school")
    schools: dict[int, int | None] = {}
    with writing(case.db) as tx:
        school = tx.scalar(
            select(t.enrolment.c.organisation_id).where(t.enrolment.c.learner_id == case.world.learner["p1.li"])
        )
        tx.execute(
            update(t.enrolment)
            .where(t.enrolment.c.learner_id == case.world.learner["p1.wang"])
            .values(organisation_id=school)
        )
        schools = {row.learner_id: row.organisation_id for row in tx.execute(select(t.enrolment))}
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    made = pairs(case)
    assert len(made) == 2 * len(works)
    assert all(schools[pair.author] != schools[pair.learner_id] for pair in made)


def test_a_learner_objects_once_and_staff_decide(case: Case) -> None:
    peer_case(case)
    keep_assignments(case.db, DUE + timedelta(minutes=1))
    for pair in pairs(case):
        reviewed(case, pair, 2, 1)
    li, staff = case.world.learner["p1.li"], case.world.account["p1.staff"]
    assert refused(file_objection, case.db, case.id, li, "太低", DUE + 2 * DAY) == "nothing"
    case.change(peer=msgspec.structs.replace(PEER, counts_pct=D(100)))
    after = PEER.due_at + timedelta(minutes=1)
    keep_assignments(case.db, after)
    assert case.marks()["p1.li"] == D("25.00")
    assert refused(file_objection, case.db, case.id, li, " ", after) == "words"
    assert refused(file_objection, case.db, case.id, li, "太低", after + 15 * DAY) == "late"
    number = file_objection(case.db, case.id, li, "评语没有看到第二部分", after)
    assert refused(file_objection, case.db, case.id, li, "再次", after) == "filed"
    decide = {"words": "重新评阅", "by": staff, "now": after + DAY}
    assert refused(decide_objection, case.db, case.id, 999, mark=D(80), **decide) == "none"
    decide_objection(case.db, case.id, number, mark=D(80), **decide)
    assert refused(decide_objection, case.db, case.id, number, mark=None, **decide) == "decided"
    assert case.marks()["p1.li"] == D(80)
    assert keep_assignments(case.db, after + 2 * DAY) == 0, "what a person decided stands"
