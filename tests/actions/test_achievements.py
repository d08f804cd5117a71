"""What counts besides study time and marks: recorded once, never edited, and known as it was at any instant."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.achievements import (
    AchievementRefused,
    post_achievement,
    replace_achievement,
    withdraw_achievement,
)
from lms_tracker.actions.import_achievements import import_achievements_file, preview_achievements
from lms_tracker.actions.read_table import read_table
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.achievements import achievements_at, achievements_until, from_source
from lms_tracker.store.db import reading, writing
from tests.programme import add_programme

NOW = datetime(2026, 3, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def exam(mark: str, **more: Any) -> Achieved:
    given = {"learner_id": 1, "kind": "exam", "item": "政治理论", "happened_on": date(2026, 3, 1), "source": "exam:3"}
    return Achieved(**given | {"value": Decimal(mark)} | more)


def post(db: Engine, new: Achieved, now: datetime = NOW) -> tuple[int, bool]:
    with writing(db) as tx:
        return post_achievement(tx, 1, new, recorded_by=None, now=now)


def values_at(db: Engine, at: datetime) -> list[Decimal]:
    with reading(db) as tx:
        return [row.value for row in achievements_at(tx, 1, at)]


def test_the_same_again_changes_nothing_and_another_value_is_refused(any_db: Engine) -> None:
    add_programme(any_db)
    first = post(any_db, exam("84"))
    assert post(any_db, exam("84.0"), NOW + DAY) == (first[0], False)
    with pytest.raises(AchievementRefused, match=r"is recorded for this exam already as 1 \(value 84\): replace"):
        post(any_db, exam("85"), NOW + DAY)
    assert post(any_db, exam("70", attempt=2), NOW + DAY)[1]


def test_what_is_replaced_and_withdrawn_stands_as_it_was_at_each_instant(any_db: Engine) -> None:
    add_programme(any_db)
    number, _ = post(any_db, exam("48"))
    with writing(any_db) as tx:
        second = replace_achievement(tx, number, exam("84"), reason="misread", replaced_by=None, now=NOW + DAY)
    with writing(any_db) as tx:
        withdraw_achievement(tx, second, reason="somebody else sat it", withdrawn_by=None, now=NOW + 2 * DAY)
    moments = [NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY]
    assert [values_at(any_db, at) for at in moments] == [[], [48], [84], []]
    with reading(any_db) as tx:
        kept = list(achievements_until(tx, 1, NOW + 2 * DAY))
        assert from_source(tx, 1, "exam:3") == []
    assert [(row.replaces, row.replaced_reason) for row in kept] == [(None, "misread"), (1, "somebody else sat it")]


def test_what_is_ended_already_cannot_be_ended_again(db: Engine) -> None:
    add_programme(db)
    number, _ = post(db, exam("48"))
    for reason, message in (("", "a reason of 1 to 500"), ("x" * 501, "a reason of 1 to 500")):
        with pytest.raises(AchievementRefused, match=message), writing(db) as tx:
            withdraw_achievement(tx, number, reason=reason, withdrawn_by=None, now=NOW)
    with writing(db) as tx:
        withdraw_achievement(tx, number, reason="wrong", withdrawn_by=None, now=NOW)
    with pytest.raises(AchievementRefused, match="was replaced or withdrawn already"), writing(db) as tx:
        withdraw_achievement(tx, number, reason="wrong", withdrawn_by=None, now=NOW)
    with pytest.raises(AchievementRefused, match="there is no achievement 99"), writing(db) as tx:
        withdraw_achievement(tx, 99, reason="wrong", withdrawn_by=None, now=NOW)


def test_all_that_is_wrong_is_said_at_once(db: Engine) -> None:
    add_programme(db)
    wrong = exam("101", learner_id=9, item=" ", level="A", attempt=6, happened_on=date(2026, 3, 23))
    with pytest.raises(AchievementRefused) as caught:
        post(db, wrong)
    assert caught.value.faults == [
        ("value", "is a number from 0 to 100 (it is 101)"),
        ("level", "exam has none (it is 'A')"),
        ("item", "is empty"),
        ("attempt", "6 cannot be for exam (allowed: 1 to 5)"),
        ("happened_on", "2026-03-23 lies in the future"),
        ("learner_id", "learner 9 was never enrolled in programme 1"),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "exma"}, "kind: 'exma' is not known (allowed: attendance, leave,"),
        ({"value": None}, "value: is needed for exam"),
        ({"value": Decimal("NaN")}, "value: must be a number with at most 6 decimals (it is NaN)"),
        ({"value": Decimal("1E-9999")}, "at most 6 decimals"),
        ({"value": Decimal(160), "out_of": Decimal(150)}, "value: is a number from 0 to 150 (it is 160)"),
        ({"out_of": Decimal(0)}, "out_of: is a number above 0"),
        ({"kind": "evaluation", "value": Decimal(3)}, "out_of: is needed for evaluation"),
        ({"kind": "evaluation", "value": Decimal("0.5"), "out_of": Decimal(9)}, "is a rank, 1 is the best"),
        ({"kind": "note", "value": Decimal("1.5")}, "is a whole number"),
        ({"kind": "publication", "value": None}, "level: is needed for publication (allowed: national, province,"),
        ({"kind": "publication", "value": None, "level": "global"}, "level: 'global' is not known for publication"),
        ({"kind": "attendance"}, "value: attendance has none"),
        ({"days_late": -1}, "days_late: is a number of days"),
        ({"source": ""}, "source: is empty"),
        ({"note": "x" * 501}, "note: has at most 500 characters"),
    ],
)
def test_a_fault_names_its_field(db: Engine, given: dict[str, Any], message: str) -> None:
    add_programme(db)
    with pytest.raises(AchievementRefused) as caught:
        post(db, exam("84", **given))
    assert message in str(caught.value)


def file_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "achievements.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


GOOD = (
    "学员,类别,名称,日期,数值,满分,级别,第几次,证明,备注",
    "p1@example.org,考试,政治理论,2026/03/01,84,,,,,",
    "李一凡,exam,政治理论,2026-03-15,90,150,,2,,补考",
    "mbox:mailto:p2@example.org,发表论文,谈谈评课,2026-02-20,,,地级,,document:7,",
    "王二妮,training,省级骨干班,2026-02-10,10,,province,,,",
)


def test_a_sheet_comes_in_with_words_of_either_language_and_again_changes_nothing(
    any_db: Engine, tmp_path: Path
) -> None:
    add_programme(any_db)
    path = file_of(tmp_path, *GOOD)
    first = import_achievements_file(any_db, path, "p1-principals", now=NOW)
    again = import_achievements_file(any_db, path, "p1-principals", now=NOW + DAY)
    assert (first.recorded, first.unchanged, again.recorded, again.unchanged) == (4, 0, 0, 4)
    with reading(any_db) as tx:
        rows = [(r.learner_id, r.kind, r.value, r.out_of, r.level, r.attempt, r.proof, r.source)
                for r in achievements_at(tx, 1, NOW)]  # fmt: skip
    sheet = "sheet:achievements.csv"
    assert rows == [
        (1, "exam", 84, None, None, 1, None, sheet),
        (1, "exam", 90, 150, None, 2, None, sheet),
        (2, "training", 10, None, "province", 1, None, sheet),
        (2, "publication", None, None, "prefecture", 1, "document:7", sheet),
    ]


def test_a_preview_says_what_each_row_would_do_and_writes_nothing(db: Engine, tmp_path: Path) -> None:
    add_programme(db)
    post(db, exam("48", happened_on=date(2026, 3, 1)))
    table = read_table(file_of(tmp_path, *GOOD))
    rows, ignored = preview_achievements(db, table, "p1-principals", source="sheet:x", now=NOW)
    assert [(one.row, one.does) for one in rows] == [(2, "replaces"), (3, "new"), (4, "new"), (5, "new")]
    assert rows[0].standing is not None and rows[0].standing.value == 48
    assert ignored == [] and values_at(db, NOW) == [48]
    result = import_achievements_file(db, tmp_path / "achievements.csv", "p1-principals", now=NOW + DAY)
    assert (result.recorded, result.replaced) == (3, 1)
    assert (values_at(db, NOW), values_at(db, NOW + DAY)[:1]) == ([48], [84])


def test_one_wrong_row_keeps_all_out_and_every_fault_names_its_cell(db: Engine, tmp_path: Path) -> None:
    add_programme(db)
    path = file_of(
        tmp_path,
        "login,kind,item,date,value,level,attempt",
        "p1@example.org,exam,英语,2026-03-01,84,,",
        "p1@example.org,exam,英语,2026-03-02,85,,",
        "李一凡,exam,英语,2026-03-02,85,,",
        "nobody,exam,英语,2026-03-01,84,,",
        "p2@example.org,examn,英语,2026-03-01,84,,",
        "p2@example.org,exam,,2026-03-40,gut,,zwei",
        "p3@example.org,certificate,电脑,2026-03-01,,planet,",
        ",attendance,周末课堂一,2026-03-01,,,",
    )
    with pytest.raises(SheetFaults) as caught:
        import_achievements_file(db, path, "p1-principals", now=NOW)
    said = [str(fault) for fault in caught.value.faults]
    assert [line.split(" (allowed")[0] for line in said] == [
        "row 3, column C item: p1@example.org has this in row 2 already",
        "row 4, column C item: is in row 2 already, for the same learner by another name",
        "row 5, column A login: nobody enrolled is called 'nobody'; give the login or the xAPI identifier",
        "row 6, column B kind: 'examn' is not known",
        "row 7, column D date: '2026-03-40' is not a date such as 2026-03-01",
        "row 7, column E value: 'gut' is not a number",
        "row 7, column G attempt: 'zwei' is not a whole number",
        "row 8, column F level: 'planet' is not known for certificate",
        "row 9, column A login: is empty",
    ]
    assert values_at(db, NOW) == []
