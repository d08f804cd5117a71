"""Review and appeal on real databases: two people before anything is lost, deadlines, and a ledger that says who and why."""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.appealable import Target, appealable, grounds_of, look_at
from lms_tracker.actions.decide_appeal import decide_appeal, state_on_appeal
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.export_person import export_person
from lms_tracker.actions.file_appeal import file_appeal
from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.keep_deadlines import keep_deadlines
from lms_tracker.actions.review_hold import review_holds
from lms_tracker.actions.settle_study import request_recompute
from lms_tracker.core.study.decisions import windows_of
from lms_tracker.core.study.review import APPEAL_FILES, NotAllowed
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.actions.test_hold_study import MODEL, WHY
from tests.actions.test_settle_study import NOW, in_force, send, settle
from tests.core.study.tape import VIDEO, Tape
from tests.web.people import add

DAY = date(2026, 3, 2)
PDF = b"%PDF-1.7 notes"


class Case:
    """Ann studied in session `a` with a gap of ten minutes, and in `b`; people who may decide."""

    def __init__(self, db: Engine) -> None:
        self.db = db
        first = Tape("a").play(0, 0, inputs=1).beats(0, 600, 0, inputs=1).beats(1200, 1500, 1200, inputs=1)
        first.pause(1500, 1500)
        send(db, first.events + Tape("b", start=7200).watch(300, position=2000).events)
        with writing(db) as tx:
            self.learner = int(tx.scalar(select(t.learner.c.id)) or 0)
            programme = add(
                tx, t.programme, slug="p", name="p", policy="default", starts_on=DAY, ends_on=date(2026, 12, 31)
            )
            self.programme, self.cohort = programme, add(tx, t.cohort, programme_id=programme, name="one")
            row = {"programme_id": programme, "cohort_id": self.cohort, "learner_id": self.learner}
            tx.execute(insert(t.enrolment).values(row | {"enrolled_on": DAY}))
            people = {"password_hash": "", "session_token": "", "created_at": NOW}
            self.ann, self.head, self.second, self.monitor = (
                add(tx, t.account, login=name, name=name, learner_id=self.learner if name == "ann" else None, **people)
                for name in ("ann", "head", "second", "monitor")
            )
        settle(db)
        self.before = self.amounts()

    def amounts(self) -> dict[str, tuple[int, int, dict[str, int]]]:
        return {e.session: (e.credited_us, e.held_us, e.discounted) for e in in_force(self.db)}

    def hold(self, at: datetime = NOW) -> int:
        """Session `b` is held, whole."""
        (id,) = hold(
            self.db, self.learner, [w for w in windows_of(in_force(self.db)) if w.session == "b"], WHY, MODEL, at
        )
        settle(self.db)
        return id

    def review(self, *holds: int, release: bool, by: int | None = None, words: str = "看过") -> list[int]:
        done = review_holds(
            self.db, self.learner, holds, release=release, words=words, by=by or self.head, now=NOW + timedelta(hours=1)
        )
        settle(self.db)
        return done

    def target(self, session: str = "a", about: str = "gap") -> Target:
        registration = next(iter(in_force(self.db))).registration
        return Target(VIDEO, session, registration, DAY, about)

    def appeal(self, session: str = "a", about: str = "gap", **more: Any) -> int:
        given = {"words": "停电了", "files": [], "now": NOW + timedelta(hours=2)} | more
        return file_appeal(self.db, self.learner, self.target(session, about), **given)

    def decide(self, appeal: int, uphold: bool, by: int | None = None) -> None:
        at = NOW + timedelta(hours=3)
        decide_appeal(
            self.db, appeal, uphold=uphold, words="属实" if uphold else "不属实", by=by or self.second, now=at
        )
        settle(self.db)

    def row(self, table: Any, id: int) -> Any:
        with reading(self.db) as tx:
            return tx.execute(select(table).where(table.c.id == id)).one()

    def causes(self) -> list[str]:
        with reading(self.db) as tx:
            rows = tx.scalars(
                select(t.ledger.c.cause).where(t.ledger.c.reversed_at.is_not(None)).order_by(t.ledger.c.id)
            )
            return list(rows)


@pytest.fixture
def case(any_db: Engine) -> Case:
    return Case(any_db)


def refused(*args: Any, **more: Any) -> str:
    function, *rest = args
    with pytest.raises(NotAllowed) as caught:
        function(*rest, **more)
    return caught.value.why


def test_released_time_counts_again_and_the_ledger_says_by_whom_and_why(case: Case) -> None:
    held = case.hold()
    assert case.amounts()["b"][:2] == (0, case.before["b"][0])
    (decision,) = case.review(held, release=True, words="本人在记笔记")
    assert case.amounts() == case.before
    assert case.causes() == [
        f"hold {held}: cadence, answers",
        f"released by account {case.head}, decision {decision}: 本人在记笔记",
    ]
    assert case.row(t.decision, decision).replaces == held


def test_rejected_time_is_lost_only_after_a_second_person_has_looked(case: Case) -> None:
    held = case.hold()
    case.review(held, release=False)
    assert case.amounts()["b"][2]["rejected"] == case.before["b"][0]
    appeal = case.appeal("b", "rejected", files=[("../笔记.pdf", PDF)])
    assert refused(case.decide, appeal, True, case.head) == "same-reviewer"
    assert refused(case.decide, appeal, True, case.ann) == "own"
    case.decide(appeal, uphold=True)
    assert case.amounts() == case.before
    row = case.row(t.appeal, appeal)
    assert (row.outcome, row.decided_by, row.outcome_words) == ("upheld", case.second, "属实")
    assert case.causes()[-1] == f"released by account {case.second}, decision {row.decision_id}: 属实"
    with reading(case.db) as tx:
        (file,) = tx.execute(select(t.appeal_file)).all()
    assert (file.name, file.kind, bytes(file.content)) == ("笔记.pdf", "pdf", PDF)


def test_a_declined_appeal_changes_nothing_and_is_final(case: Case) -> None:
    held = case.hold()
    case.review(held, release=False)
    lost = case.amounts()
    appeal = case.appeal("b", "rejected")
    case.decide(appeal, uphold=False)
    assert case.amounts() == lost
    assert refused(case.decide, appeal, True) == "decided"
    assert refused(case.appeal, "b", "rejected") == "filed"


def test_an_appeal_against_open_held_time_waits_for_the_first_review(case: Case) -> None:
    held = case.hold()
    appeal = case.appeal("b", "held")
    assert refused(case.decide, appeal, True) == "not-yet"
    case.review(held, release=True)
    assert case.row(t.appeal, appeal).outcome == "released"
    assert case.amounts() == case.before


def test_an_upheld_appeal_against_a_discount_grants_it(case: Case) -> None:
    gap = case.before["a"][2]["gap"]
    appeal = case.appeal()
    case.decide(appeal, uphold=True, by=case.head)
    credited, _, discounted = case.amounts()["a"]
    assert gap > 0 and credited == case.before["a"][0] + gap and "gap" not in discounted
    decision = case.row(t.appeal, appeal).decision_id
    assert case.causes() == [f"granted (gap) by account {case.head}, decision {decision}: 属实"]


def test_what_was_counted_once_cannot_be_appealed(case: Case) -> None:
    send(case.db, Tape("c", start=7230, activity="https://lms.example.edu/video/2").watch(60).events)
    settle(case.db)
    target = case.target("c", "overlap")._replace(activity="https://lms.example.edu/video/2")
    assert refused(look_at, case.db, case.learner, target, NOW) == "counted-once"
    for about in ("gap", "held", "rejected", "nonsense"):
        assert refused(look_at, case.db, case.learner, case.target("b", about), NOW) == "nothing"


def test_nobody_decides_on_their_own_time_even_as_head_teacher(case: Case) -> None:
    held = case.hold()
    assert refused(case.review, held, release=True, by=case.ann) == "own"
    appeal = case.appeal()
    at = {"words": "x", "now": NOW}
    assert refused(state_on_appeal, case.db, appeal, role="monitor", by=case.ann, **at) == "own"
    assert refused(case.decide, appeal, True, case.ann) == "own"


def test_whoever_made_a_statement_is_no_second_reviewer(case: Case) -> None:
    appeal = case.appeal()
    state_on_appeal(case.db, appeal, role="monitor", words="那天确实停电", by=case.monitor, now=NOW)
    assert refused(case.decide, appeal, True, case.monitor) == "same-reviewer"
    case.decide(appeal, uphold=True)
    late = {"role": "monitor", "words": "x", "by": case.monitor, "now": NOW}
    assert refused(state_on_appeal, case.db, appeal, **late) == "decided"


def test_of_two_who_decide_at_once_the_second_is_told(case: Case) -> None:
    held = case.hold()
    case.review(held, release=True)
    assert refused(case.review, held, release=False, by=case.second) == "decided"
    assert refused(case.review, 999, release=False) == "none"
    assert refused(case.review, release=False) == "none"
    assert refused(case.review, held, release=False, words=" ") == "words"


def test_an_entry_that_is_reversed_while_its_page_is_made_is_nothing_to_appeal_against(case: Case) -> None:
    entry = next(one for one in in_force(case.db) if one.session == "a")
    with reading(case.db) as tx:
        grounds = grounds_of(tx, case.learner, [entry], NOW)
    assert appealable(entry, "gap", grounds, NOW).amount_us == entry.discounted["gap"]
    assert refused(appealable, entry, "gap", grounds._replace(posted={}), NOW) == "nothing"


def test_appeals_have_a_deadline_and_files_have_bounds(case: Case) -> None:
    long_after = NOW + timedelta(days=16)
    assert refused(case.appeal, now=long_after) == "late"
    assert refused(case.appeal, words="字" * 2001) == "words"
    assert refused(case.appeal, files=[("a.pdf", PDF)] * 4) == "files"
    assert refused(case.appeal, files=[("a.pdf", PDF + b"0" * APPEAL_FILES.file_bytes)]) == "file-size"
    for content in (b"MZ\x90\x00", b"", b"PK\x03\x04\xff", b"\x00text"):
        assert refused(case.appeal, files=[("a.pdf", content)]) == "file-kind", content
    case.appeal()
    assert refused(case.appeal) == "filed"
    case.hold()
    case.appeal("b", "held", now=long_after)  # as long as it is held


def test_held_time_that_nobody_decides_about_goes_to_the_liaison_and_then_back(case: Case) -> None:
    case.hold()
    appeal = case.appeal("b", "held")

    def days(n: float) -> dict[str, int]:
        return keep_deadlines(case.db, NOW + timedelta(days=n))

    assert days(0) == {"held": 2}
    assert days(1) == {}
    assert days(6) == {"soon": 1}
    assert days(8) == {"escalated": 2}
    assert case.amounts()["b"][1] > 0
    assert days(15)["lapsed"] == 1
    assert days(15) == {}
    settle(case.db)
    assert case.amounts() == case.before
    assert case.row(t.appeal, appeal).outcome == "released"
    assert case.causes()[-1].endswith("nobody decided in time")


def test_an_appeal_is_never_ended_by_the_clock(case: Case) -> None:
    appeal = case.appeal()
    for n in range(0, 60, 5):
        keep_deadlines(case.db, NOW + timedelta(days=n))
    assert case.row(t.appeal, appeal).outcome is None
    with reading(case.db) as tx:
        kinds = tx.execute(select(t.reminder.c.kind, t.reminder.c.role).where(t.reminder.c.appeal_id == appeal)).all()
    assert set(map(tuple, kinds)) == {
        ("filed", "monitor"), ("filed", "head_teacher"), ("filed", "liaison"), ("soon", "liaison"),
        ("escalated", "staff"), ("overdue", "staff"),
    }  # fmt: skip


def test_held_time_of_somebody_in_no_programme_is_released_in_the_end(case: Case) -> None:
    with writing(case.db) as tx:
        tx.execute(update(t.enrolment).values(learner_id=add(tx, t.learner, actor="{}", created_at=NOW)))
    case.hold()
    assert refused(case.appeal, "b", "held") == "nobody"
    assert keep_deadlines(case.db, NOW + timedelta(days=20)) == {"lapsed": 1}
    settle(case.db)
    assert case.amounts() == case.before


def test_a_copy_holds_the_appeals_and_an_erasure_leaves_nothing_of_them(case: Case) -> None:
    held = case.hold()
    case.review(held, release=False, words="口述理由")
    appeal = case.appeal("b", "rejected", words="停电的晚上", files=[("笔记.pdf", PDF)])
    state_on_appeal(case.db, appeal, role="monitor", words="确实停电", by=case.monitor, now=NOW)
    keep_deadlines(case.db, NOW)
    case.decide(appeal, uphold=True)
    out = BytesIO()
    export_person(case.db, case.learner, out, NOW)
    with ZipFile(out) as zip:
        (name,) = [name for name in zip.namelist() if name.startswith("appeals/")]
        assert zip.read(name) == PDF
        told = zip.read("appeals.json").decode() + zip.read("decisions.json").decode()
    assert [word for word in ("停电的晚上", "确实停电", "口述理由", "操作间隔") if word not in told] == []
    before = case.amounts()
    erase_person(case.db, case.learner, ordered_by="admin", reason="asked to", now=NOW)
    with reading(case.db) as tx:
        tables = (t.decision, t.appeal, t.appeal_file, t.appeal_statement, t.reminder, t.unposted_decision)
        assert [table.name for table in tables if tx.execute(select(table)).first()] == []
        sums = tx.execute(
            select(t.ledger.c.credited_us, t.ledger.c.cause).where(t.ledger.c.reversed_at.is_(None))
        ).all()
        causes = tx.scalars(select(t.ledger.c.cause).where(t.ledger.c.cause.is_not(None))).all()
    assert sorted(row.credited_us for row in sums) == sorted(credited for credited, *_ in before.values())
    assert causes == []


def test_a_reviewer_who_was_erased_leaves_the_decision(case: Case) -> None:
    with writing(case.db) as tx:
        other = add(tx, t.learner, name="head", actor="{}", created_at=NOW)
        tx.execute(update(t.account).where(t.account.c.id == case.head).values(learner_id=other))
    held = case.hold()
    case.review(held, release=True, words="看过")
    erase_person(case.db, other, ordered_by="admin", reason="asked to", now=NOW)
    request_recompute(case.db, [case.learner], NOW)
    settle(case.db)
    assert case.amounts() == case.before
    with reading(case.db) as tx:
        rows = tx.execute(select(t.decision.c.kind, t.decision.c.decided_by, t.decision.c.words)).all()
    assert list(map(tuple, rows)) == [("hold", None, None), ("release", None, "看过")]
