"""An assignment from its terms to the mark that counts: learners, markers, staff, and the clock."""

from datetime import timedelta
from decimal import Decimal as D

import msgspec
import pytest
from sqlalchemy import func, select, update

from lms_tracker.actions.assess import Judgement, assess, send_back
from lms_tracker.actions.hand_in import hand_in, save_draft
from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.actions.record_mark import record_mark
from lms_tracker.actions.set_terms import TermsRefused, set_terms
from lms_tracker.store import assessments, assignments, submissions
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.marks import marks_in_force
from tests.actions.assigned import DAY, DUE, PDF, TERMS, Case, case, refused
from tests.web.people import NOW, add_account, add_role

__all__ = ["case"]  # the fixture


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
