"""Two policies side by side."""

from datetime import UTC, date, datetime
from decimal import Decimal

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.compare import Compared, Outcome, Study, changes, outcome, totals
from lms_tracker.core.grading.grade import Record, grade
from lms_tracker.core.grading.history import StudyDay
from lms_tracker.core.grading.policy import parse_policy
from tests.policies import LIGHT, STRICT

P1 = load_policy("p1-principals")
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_only_what_differs_is_named_and_a_default_is_no_difference() -> None:
    strict, light = parse_policy(STRICT, "strict", "f"), parse_policy(LIGHT, "light", "f")
    found = {change.key: (change.old, change.new) for change in changes(strict, light)}
    assert found == {"study.hidden_s": ("10", "60"), "component.coursework.target": ("60", "0.25")}
    keys = {change.key for change in changes(P1, strict)}
    assert keys == {"programme.name.zh", "programme.name.en", "study.hidden_s", "bulletin.names_progress"}
    assert changes(P1, P1) == []


def test_a_part_or_a_table_that_one_of_them_does_not_have_is_named() -> None:
    found = {change.key: change for change in changes(load_policy("default"), P1)}
    assert (found["grade.pass_mark"].old, found["grade.pass_mark"].new) == (None, "60")
    assert found["component.research.weight"].new == "30"


def _side(hours: int, final: str | None = None, status: str | None = None, **lost: int) -> Outcome:
    return Outcome(Study(hours, 0, lost), None if final is None else Decimal(final), status)  # type: ignore[arg-type]


def test_a_better_grade_is_a_gain_whatever_the_time_and_without_one_time_decides() -> None:
    better = Compared(1, _side(10, "59.0", "failed"), _side(8, "60.0", "passed", hidden=2))
    less = Compared(2, _side(10, "70.0", "passed"), _side(9, "70.0", "passed", gap=1))
    same = Compared(3, _side(5), _side(5))
    assert [one.direction for one in (better, less, same)] == ["gains", "loses", "same"]
    assert (better.discounted, less.discounted, same.final) == ({"hidden": 2}, {"gap": 1}, None)
    t = totals([better, less, same])
    assert (t.learners, t.gain, t.lose, t.passed, t.newly_passed, t.no_longer_passed) == (3, 1, 1, (1, 2), 1, 0)
    assert (t.credited_us, t.discounted) == ((25, 22), {"gap": (0, 1), "hidden": (0, 2)})
    assert t.mean_final == (Decimal("64.50"), Decimal("65.00"))


def test_nobody_at_all_has_no_mean() -> None:
    assert totals([]).mean_final == (None, None)


def test_an_outcome_sums_days_by_reason() -> None:
    days = [StudyDay(date(2026, 3, n), 1, 10, 5, 2, {"gap": 3}) for n in (1, 2)]
    found = outcome(days, grade(Record(1), P1, as_of=NOW, ended=False))
    assert found.study == Study(10, 4, {"gap": 6})
    assert (found.final, found.status) == (Decimal("0.0"), "in_progress")
    assert outcome(days, None).final is None
