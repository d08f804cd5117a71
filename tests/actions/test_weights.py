"""What assignments weigh: from an instant on, in grades of every instant, by page, command and table."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, text

from lms_tracker.actions.archive_person import archive_of
from lms_tracker.actions.create_assignment import AssignmentRefused, create_assignment, weigh_assignment, weigh_titled
from lms_tracker.actions.gather_histories import gather_histories
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.import_marks import import_marks
from lms_tracker.actions.set_terms import TermsRefused, set_terms
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.core.grading.components import Component
from lms_tracker.core.grading.grade import grade
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.reports.grades import Line, to_csv, to_jsonl, to_xlsx
from lms_tracker.store import assignments as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.weights import weights_now, works_of
from tests.programme import add_mark, add_programme

SET_AT = datetime(2026, 2, 2, 4, tzinfo=UTC)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 4, tzinfo=UTC)


def work(db: Engine, title: str, weight: str, now: datetime = SET_AT, component: str = "assignments") -> int:
    return set_terms(db, 1, Terms(title, component, weight=Decimal(weight)), by=None, now=now)


def part(db: Engine, instant: datetime, learner: int = 1, key: str = "assignments") -> Component:
    (found,) = grade_cohort(db, 1, instant, [learner])
    return next(one for one in found.components if one.key == key)


@pytest.fixture
def three(any_db: Engine) -> tuple[Engine, int, int]:
    """作业一 was there before weights were; two more are set. Learner 1 has 90, 60 and 80."""
    add_programme(any_db)
    if any_db.dialect.name == "postgresql":  # whose numbers know nothing of those that the programme came with
        with writing(any_db) as tx:
            tx.execute(text("SELECT setval(pg_get_serial_sequence('assignment', 'id'), 2)"))
    two, three = work(any_db, "作业二", "1"), work(any_db, "作业三", "1")
    for number, mark in ((1, "90"), (two, "60"), (three, "80")):
        add_mark(any_db, 1, number, mark, at(3, 1))
    return any_db, two, three


def test_a_weight_that_is_changed_later_leaves_what_was_asked_before(three: tuple[Engine, int, int]) -> None:
    db, _two, id = three
    before, later = at(3, 10), at(3, 20)
    # 90, 60 and 80 of six: 230 / 6 = 38.33; 11.5 of 30 points.
    assert part(db, before).points == Decimal("11.5")
    set_terms(db, 1, Terms("作业三", "assignments", weight=Decimal(4)), assignment_id=id, by=None, now=at(3, 15))
    # 90 + 60 + 4 x 80 = 470, over 6 of the three works and three more of 2 each: 470 / 12 = 39.17; 11.75 -> 11.8.
    assert [part(db, instant).points for instant in (before, later)] == [Decimal("11.5"), Decimal("11.8")]
    assert [source.weight for source in part(db, later).sources] == [1, 4, 1], "by mark: 90, 80, 60"
    assert all(source.weight is None for source in part(db, before).sources)
    set_terms(db, 1, Terms("作业三", "assignments", weight=Decimal(1)), assignment_id=id, by=None, now=at(3, 25))
    assert [part(db, instant).points for instant in (before, later, at(3, 26))] == [
        Decimal("11.5"), Decimal("11.8"), Decimal("11.5"),
    ]  # fmt: skip


def test_work_that_is_moved_to_another_part_counted_where_it_stood(three: tuple[Engine, int, int]) -> None:
    db, _two, id = three
    set_terms(db, 1, Terms("作业三", "research"), assignment_id=id, by=None, now=at(3, 15))
    assert [part(db, instant, key="research").points for instant in (at(3, 10), at(3, 20))] == [0, 24]
    assert [part(db, instant).points for instant in (at(3, 10), at(3, 20))] == [Decimal("11.5"), Decimal("7.5")]


def test_an_old_grade_calls_a_piece_of_work_as_it_was_called_then(three: tuple[Engine, int, int]) -> None:
    db, two, _three = three
    new = Terms("作业二：修订后的题目", "assignments", weight=Decimal(3))
    set_terms(db, 1, new, assignment_id=two, by=None, now=at(3, 15))

    def called(instant: datetime) -> set[str]:
        (found,) = grade_cohort(db, 1, instant, [1])
        return {source.label for part in found.components for source in part.sources}

    assert "作业二" in called(at(3, 10)) and "作业二：修订后的题目" not in called(at(3, 10))
    assert "作业二：修订后的题目" in called(at(3, 20)) and "作业二" not in called(at(3, 20))
    history = gather_histories(db, 1, at(3, 20), [1]).histories[0]
    assert {one.work.title for one in history.works if one.work.id == two} == {"作业二", "作业二：修订后的题目"}
    for instant, title, weight in ((at(3, 10), "作业二", 1), (at(3, 20), "作业二：修订后的题目", 3)):
        file = archive_of(db, 1, 1, instant)
        assert file is not None and [(w, t) for t, _m, w, _at in file.marks if t.startswith("作业二")] == [
            (weight, title)
        ]


def test_work_that_was_not_set_yet_weighed_nothing(three: tuple[Engine, int, int]) -> None:
    db, _two, _three = three
    for n in range(4):
        work(db, f"后来的作业{n}", "5", at(4, 1))
    assert part(db, at(3, 20)).points == Decimal("11.5")
    # Seven are set; the best six: 230 over 3 x 1 and 3 x 5.
    assert part(db, at(4, 2)).points == Decimal("3.8")
    assert [s.label for s in part(db, at(4, 2)).sources if s.note == "no_mark"] == [f"后来的作业{n}" for n in range(3)]


def test_both_ways_to_a_grade_weigh_the_same(three: tuple[Engine, int, int]) -> None:
    db, two, _three = three
    with writing(db) as tx:
        weigh_assignment(tx, two, Decimal("2.5"), by=None, now=at(3, 15))
    gathered = gather_histories(db, 1, at(3, 20))
    for instant in (at(3, 10), at(3, 20)):
        record = gathered.histories[0].record(gathered.courses, instant.date(), instant)
        other = grade(record, gathered.policy, as_of=instant, ended=False)
        assert other.components[1] == part(db, instant), instant


def test_a_weight_given_by_command_holds_from_then_on_and_supersedes_the_terms(three: tuple[Engine, int, int]) -> None:
    db, two, _three = three
    assert weigh_titled(db, 1, "作业二", Decimal(3), now=at(3, 15))
    assert not weigh_titled(db, 1, "作业二", Decimal(3), now=at(3, 15))
    with pytest.raises(AssignmentRefused, match="no assignment is called"):
        weigh_titled(db, 1, "作业九", Decimal(3), now=at(3, 15))
    with reading(db) as tx:
        assert [terms.weight for terms, _, _ in store.history_of(tx, two)] == [3, 1]
        assert weights_now(tx, 1)[two] == 3
        assert len([one for one in works_of(tx, 1) if one.work.id == two]) == 2
    create_assignment(db, 1, "assignments", "作业二", weight=Decimal(3), now=at(3, 16))
    create_assignment(db, 1, "assignments", "作业二", now=at(3, 16))
    with reading(db) as tx:
        assert len(store.history_of(tx, two)) == 2, "the same again, or none, changes nothing"


@pytest.mark.parametrize("weight", ["0", "-1", "1000.5", "NaN", "Infinity", "0.00001"])
def test_what_is_no_weight_is_refused(db: Engine, weight: str) -> None:
    add_programme(db)
    with pytest.raises(TermsRefused) as caught:
        work(db, "作业二", weight)
    assert caught.value.faults == ["weight"]
    with pytest.raises(AssignmentRefused, match="above 0, at most 1000"):
        create_assignment(db, 1, "assignments", "作业三", weight=Decimal(weight), now=at(3, 1))
    with reading(db) as tx:
        assert store.assignment_titled(tx, 1, "作业三") is None


def test_a_table_of_marks_may_name_the_weight(any_db: Engine, tmp_path: Path) -> None:
    add_programme(any_db)
    path = tmp_path / "marks.csv"
    path.write_text(
        "学员,作业,成绩,权重\np1@example.org,作业一,90,2\np2@example.org,作业一,80,\np1@example.org,研修报告,70,\n",
        encoding="utf-8",
    )
    first, again = (import_marks(any_db, path, "p1-principals", now=at(3, day)) for day in (10, 11))
    assert (first.recorded, first.weighed, again.recorded, again.weighed) == (3, 1, 0, 0)
    with reading(any_db) as tx:
        assert sorted(weights_now(tx, 1).values()) == [1, 2]


def test_weights_that_cannot_be_are_faults_at_their_cells(db: Engine, tmp_path: Path) -> None:
    add_programme(db)
    path = tmp_path / "marks.csv"
    rows = ["p1@example.org,作业一,90,2", "p2@example.org,作业一,80,3", "p3@example.org,研修报告,80,0"]
    path.write_text("\n".join(["学员,作业,成绩,权重", *rows]), encoding="utf-8")
    with pytest.raises(SheetFaults) as caught:
        import_marks(db, path, "p1-principals", now=at(3, 10))
    said = str(caught.value)
    assert "作业一 weighs 3 here and 2 in row 2" in said and "'0' is not a number above 0" in said
    with reading(db) as tx:
        assert set(weights_now(tx, 1).values()) == {1}, "nothing half done"


def test_weights_stand_in_exports_and_in_the_personal_file(three: tuple[Engine, int, int]) -> None:
    db, two, _three = three
    with writing(db) as tx:
        weigh_assignment(tx, two, Decimal("2.5"), by=None, now=at(3, 15))
    (found,) = grade_cohort(db, 1, at(3, 20), [1])
    lines = [Line(found, {}, {"name": "李一凡", "login": "p1", "school": None, "school_kind": None, "cohort": "一班"})]
    sources = msgspec.json.decode(to_jsonl(lines))["components"][1]["sources"]
    assert {source["label"]: source["weight"] for source in sources} == {"作业一": 1, "作业二": 2.5, "作业三": 1}
    assert to_csv(lines) and to_xlsx(lines)
    file = archive_of(db, 1, 1, at(3, 20))
    assert file is not None
    assert sorted((title, weight) for title, _, weight, _ in file.marks) == [
        ("作业一", 1),
        ("作业三", 1),
        ("作业二", Decimal("2.5")),
    ]
