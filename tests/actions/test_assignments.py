"""An assignment from its terms to the mark that counts: learners, markers, peers, staff, and the clock."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, func, select, update

from lms_tracker.actions.assess import Judgement, assess, review, send_back
from lms_tracker.actions.hand_in import HandedIn, WorkRefused, hand_in, save_draft
from lms_tracker.actions.keep_assignments import keep_assignments, pass_on
from lms_tracker.actions.object_to_mark import decide_objection, file_objection
from lms_tracker.actions.record_mark import record_mark
from lms_tracker.actions.set_terms import TermsRefused, set_terms
from lms_tracker.actions.standing import Standings, standings
from lms_tracker.core.assignments.rubric import parse_rubric
from lms_tracker.core.assignments.terms import PeerRules, Terms
from lms_tracker.store import assessments, assignments, submissions
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.marks import marks_in_force
from lms_tracker.store.weights import weights_now
from tests.web import people
from tests.web.people import NOW, World, add_account, add_role, enrol

DAY = timedelta(days=1)
DUE = NOW + 5 * DAY
RUBRIC = parse_rubric("论证：有数据 | 优 60 | 良 45 | 差 15\n结构 | 好 40 | 差 10")
TERMS = Terms("校本研修案例", "assignments", "写一个案例。", RUBRIC, due_at=DUE)
PDF = b"%PDF-1.4 a"


@dataclass
class Case:
    """The small world with one assignment; people by login."""

    db: Engine
    world: World
    id: int

    def hand_in(self, login: str, text: str = "我的案例", now: datetime = NOW, **more: Any) -> HandedIn:
        return hand_in(self.db, self.id, self.world.learner[login], text=text, now=now, **more)

    def change(self, now: datetime = NOW, **values: Any) -> None:
        with reading(self.db) as tx:
            setting = assignments.setting_of(tx, self.id)
        assert setting is not None
        terms = msgspec.structs.replace(setting.terms, **values)
        set_terms(self.db, self.world.programme["p1"], terms, assignment_id=self.id, by=None, now=now)

    def assess(self, submission: int, *levels: int, by: str = "p1.expert", now: datetime = NOW, **more: Any) -> D:
        made = Judgement(dict(enumerate(levels)), more.pop("remarks", {}), more.pop("comment", None))
        return assess(self.db, self.id, submission, made, by=self.world.account[by], now=now)

    def all(self, now: datetime = NOW) -> Standings:
        with reading(self.db) as tx:
            setting = assignments.setting_of(tx, self.id)
            assert setting is not None
            return standings(tx, setting, now)

    def marks(self, assignment_id: int | None = None) -> dict[str, D]:
        names = {id: login for login, id in self.world.learner.items()}
        with reading(self.db) as tx:
            return {names[who]: row.mark for who, row in marks_in_force(tx, assignment_id or self.id).items()}

    def crowd(self, count: int) -> list[str]:
        """More learners of class one; their logins."""
        logins = [f"p1.n{n}" for n in range(count)]
        with writing(self.db) as tx:
            for login in logins:
                enrol(
                    tx,
                    self.world,
                    self.world.programme["p1"],
                    self.world.cohort["p1.one"],
                    login,
                    login,
                    "town",
                    NOW.date(),
                )
        return logins


@pytest.fixture
def case(any_db: Engine) -> Case:
    world = people.build(any_db)
    id = set_terms(any_db, world.programme["p1"], TERMS, by=world.account["p1.staff"], now=NOW)
    return Case(any_db, world, id)


def refused(action: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(WorkRefused) as caught:
        action(*args, **more)
    return caught.value.why


def test_terms_are_set_anew_and_those_before_stay_on_record(case: Case) -> None:
    case.change(title="研修案例", due_at=DUE + DAY, now=NOW + DAY)
    with reading(case.db) as tx:
        history = assignments.history_of(tx, case.id)
        row = assignments.assignment_row(tx, case.id)
        dates = assignments.due_dates(tx, case.world.programme["p1"])
    assert [(terms.title, by) for terms, by, _ in history] == [("研修案例", None), ("校本研修案例", "东湖区staff")]
    assert row is not None and (row.title, row.due_on) == ("研修案例", (DUE + DAY).date())
    assert [(due.what, due.at) for due in dates] == [("due", DUE + DAY)]
    case.change(title="研修案例")
    with reading(case.db) as tx:
        assert len(assignments.history_of(tx, case.id)) == 2, "the same again changes nothing"


def test_terms_that_cannot_be_are_refused_with_all_faults(case: Case) -> None:
    programme = case.world.programme["p1"]
    for terms, programme_id, faults in (
        (msgspec.structs.replace(TERMS, component="coursework"), programme, ["component", "title-taken"]),
        (msgspec.structs.replace(TERMS, title="作业一"), programme, ["title-taken"]),
        (TERMS, 999, ["programme"]),
    ):
        with pytest.raises(TermsRefused) as caught:
            set_terms(case.db, programme_id, terms, by=None, now=NOW)
        assert caught.value.faults == faults
    with pytest.raises(TermsRefused):
        set_terms(case.db, case.world.programme["p2"], TERMS, assignment_id=case.id, by=None, now=NOW)


def test_versions_are_kept_with_receipts_and_the_draft_goes(case: Case) -> None:
    li, before = case.world.learner["p1.li"], _files(case)
    save_draft(case.db, case.id, li, "还没写完", NOW)
    first = case.hand_in("p1.li", "第一稿", files=[("案例.pdf", PDF), ("图.png", b"\x89PNG\r\n\x1a\n")])
    with reading(case.db) as tx:
        files = submissions.files_of(tx, [first.submission_id])[first.submission_id]
        assert submissions.draft_of(tx, case.id, li) is None
    second = case.hand_in("p1.li", "第二稿", files=[("表.txt", b"x")], keep=[files[0].id], now=NOW + DAY)
    assert (first.version, second.version, second.late) == (1, 2, False) and first.receipt != second.receipt
    with reading(case.db) as tx:
        versions = submissions.versions_of(tx, case.id, li)
        assert [row.text for row in versions] == ["第二稿", "第一稿"]
        assert [row.name for row in submissions.files_of(tx, [second.submission_id])[second.submission_id]] == [
            "案例.pdf",
            "表.txt",
        ]
        assert _files(case) == before + 3, "the PDF is kept once"
        assert [row.id for row in submissions.latest_works(tx, case.id)] == [second.submission_id]


def _files(case: Case) -> int:
    """How many files are kept; the world has some of other matters."""
    with reading(case.db) as tx:
        return tx.scalar(select(func.count()).select_from(t.stored_file)) or 0


def test_what_cannot_be_taken_is_refused_and_nothing_is_kept(case: Case) -> None:
    before = _files(case)
    assert refused(case.hand_in, "p1.li", "  ") == "empty"
    assert refused(case.hand_in, "p1.li", "字" * 60_001) == "text"
    assert refused(case.hand_in, "p1.li", files=[("a.exe", b"MZ\x90\x00")]) == "file-kind"
    assert refused(case.hand_in, "p1.li", files=[("a.pdf", PDF)] * 6) == "files"
    assert refused(case.hand_in, "p2.li") == "enrolled"
    assert refused(case.hand_in, "p1.li", now=DUE + DAY) == "closed"
    case.change(opens_at=NOW + DAY, text=False)
    assert refused(case.hand_in, "p1.li") == "early"
    assert refused(case.hand_in, "p1.li", now=NOW + 2 * DAY) == "text-not-taken"
    case.change(text=True, files=False)
    assert refused(case.hand_in, "p1.li", now=NOW + 2 * DAY, files=[("a.pdf", PDF)]) == "files-not-taken"
    other = case.world.assignment["p1.assignments"]
    assert refused(hand_in, case.db, other, case.world.learner["p1.li"], text="x", now=NOW) == "nothing"
    with reading(case.db) as tx:
        assert tx.execute(select(t.submission)).first() is None
    assert _files(case) == before


def test_a_marker_s_finding_counts_at_once_and_a_later_one_replaces_it(case: Case) -> None:
    handed_in = case.hand_in("p1.li")
    assert case.assess(handed_in.submission_id, 1, 0, comment="论证充分") == D("85.00")
    assert case.marks() == {"p1.li": D("85.00")}
    case.assess(handed_in.submission_id, 0, 0, now=NOW + DAY)
    assert case.marks() == {"p1.li": D("100.00")}
    with reading(case.db) as tx:
        rows = tx.execute(
            select(t.mark.c.mark, t.mark.c.comment, t.mark.c.replaced_at).where(t.mark.c.assignment_id == case.id)
        )
        assert sorted((str(row.mark), row.comment, row.replaced_at is None) for row in rows) == [
            ("100.00", None, True), ("85.00", "论证充分", False),
        ]  # fmt: skip
        assert len(assessments.found_of(tx, case.id, replaced=True)) == 2


def test_late_work_costs_by_the_day_and_is_noted_where_the_policy_judges(case: Case) -> None:
    case.change(late="deduct", deduct_per_day=D("2.5"), late_until=DUE + 3 * DAY)
    late = case.hand_in("p1.li", now=DUE + timedelta(hours=30))
    assert late.late
    case.assess(late.submission_id, 0, 0, now=DUE + 2 * DAY)
    assert case.marks() == {"p1.li": D("95.00")}
    case.change(late="accept", late_until=None)
    wang = case.hand_in("p1.wang", now=DUE + timedelta(hours=30))
    case.assess(wang.submission_id, 0, 0, now=DUE + 2 * DAY)
    with reading(case.db) as tx:
        row = marks_in_force(tx, case.id)[case.world.learner["p1.wang"]]
    assert (row.mark, row.days_late) == (D("100.00"), 2)


def test_marks_wait_for_their_release(case: Case) -> None:
    case.change(release_at=DUE + 2 * DAY)
    case.assess(case.hand_in("p1.li").submission_id, 0, 0)
    assert case.marks() == {} and keep_assignments(case.db, DUE + DAY) == 0
    assert keep_assignments(case.db, DUE + 2 * DAY) == 1
    assert case.marks() == {"p1.li": D("100.00")}
    assert keep_assignments(case.db, DUE + 2 * DAY) == 0


def test_a_mark_given_by_hand_afterwards_stands(case: Case) -> None:
    case.change(release_at=DUE)
    submission = case.hand_in("p1.li").submission_id
    case.assess(submission, 0, 0)
    li = case.world.learner["p1.li"]
    keep_assignments(case.db, DUE)
    record_mark(case.db, case.id, li, D(61), marked_by=None, comment="复核", now=DUE + DAY)
    assert keep_assignments(case.db, DUE + 2 * DAY) == 0 and case.marks() == {"p1.li": D(61)}
    case.assess(submission, 1, 1, now=DUE + 3 * DAY)
    assert case.marks() == {"p1.li": D("55.00")}, "a later finding replaces it"


def test_two_markers_do_not_see_each_other_and_a_third_is_asked_where_they_are_far_apart(case: Case) -> None:
    with writing(case.db) as tx:
        for login in ("p1.expert2", "p1.expert3"):
            add_account(tx, case.world, login, login)
            add_role(tx, case.world, login, "expert", programme_id=case.world.programme["p1"])
    case.change(markers=2, difference=D(10))
    near, far = (case.hand_in(login).submission_id for login in ("p1.li", "p1.wang"))
    for one, levels in ((near, ((0, 0), (0, 0))), (far, ((0, 0), (1, 1)))):
        case.assess(one, *levels[0], by="p1.expert")
        assert case.marks().get("p1.wang") is None
        case.assess(one, *levels[1], by="p1.expert2")
    assert case.marks() == {"p1.li": D("100.00")}, "100 and 55 are too far apart"
    assert refused(case.assess, near, 0, 0, by="p1.expert3") == "enough"
    assert refused(case.assess, near, 1, 1, by="p1.expert2") == "final"
    assert refused(case.assess, far, 1, 1, by="p1.expert2") == "final", "a third is asked: the first two stand"
    case.assess(far, 1, 0, by="p1.expert3")
    assert case.marks()["p1.wang"] == D("92.50"), "85 is closer to 100"
    assert refused(case.assess, far, 0, 0, by="p1.liaison") == "enough"


def test_work_that_is_sent_back_comes_again_in_its_own_time_and_is_not_late(case: Case) -> None:
    first = case.hand_in("p1.li")
    until = DUE + 3 * DAY
    expert = case.world.account["p1.expert"]
    send_back(case.db, case.id, first.submission_id, words="请补充数据", until=until, by=expert, now=NOW + DAY)
    assert (
        refused(send_back, case.db, case.id, first.submission_id, words="再", until=until, by=expert, now=NOW)
        == "returned"
    )
    assert refused(case.assess, first.submission_id, 0, 0) == "returned"
    assert refused(case.hand_in, "p1.wang", now=DUE + DAY) == "closed"
    second = case.hand_in("p1.li", "补充了数据", now=DUE + 2 * DAY)
    assert not second.late
    assert refused(case.assess, first.submission_id, 0, 0) == "version"
    case.assess(second.submission_id, 0, 0, now=DUE + 3 * DAY)
    assert case.marks() == {"p1.li": D("100.00")}


def test_judgements_have_every_criterion_and_bounds(case: Case) -> None:
    submission = case.hand_in("p1.li").submission_id
    assert refused(case.assess, submission, 0) == "rubric"
    assert refused(case.assess, submission, 0, 9) == "rubric"
    assert refused(case.assess, submission, 0, 0, comment="字" * 2001) == "words"
    case.change(rubric=())
    assert refused(case.assess, submission) == "mark"
    made = Judgement({}, {}, None, D(101))
    assert refused(assess, case.db, case.id, submission, made, by=case.world.account["p1.expert"], now=NOW) == "mark"
    with writing(case.db) as tx:
        accounts = t.account.c
        tx.execute(update(t.account).where(accounts.login == "p1.li").values(learner_id=None))
        marker = update(t.account).where(accounts.login == "p1.expert")
        tx.execute(marker.values(learner_id=case.world.learner["p1.li"]))
    assert refused(case.assess, submission) == "own"


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
