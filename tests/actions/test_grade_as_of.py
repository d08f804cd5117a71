"""Grades of any instant come out as they were then: achievements, results set by hand, years, enrolment and policy."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from lms_tracker.actions.achievements import post_achievement, replace_achievement, withdraw_achievement
from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.compare_policies import compare_policies
from lms_tracker.actions.grade import grade_cohort, grade_share
from lms_tracker.actions.grade_explained import grade_explained
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.override_grade import OverrideRefused, override_grade, withdraw_override
from lms_tracker.actions.programme_policy import policies_of
from lms_tracker.actions.stand import stand
from lms_tracker.core.bulletin import opened
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.reports.view import view_of
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.policies import install
from tests.programme import ENDS_ON, STARTS_ON, add_mark, add_programme, add_study


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)


def give_points(db: Engine, policy: str = "p3-credit-card", ends_on: date = ENDS_ON) -> None:
    """Learners 1 to 4 of the small programme, under another policy."""
    add_programme(db)
    with writing(db) as tx:
        tx.execute(update(t.programme).values(policy=policy, ends_on=ends_on))


def did(db: Engine, learner: int, kind: str, item: str, on: date, value: str | None = None, **more: Any) -> int:
    """Recorded on the day when it happened."""
    new = Achieved(
        learner_id=learner, kind=kind, item=item, happened_on=on, value=Decimal(value) if value else None, **more
    )
    with writing(db) as tx:
        now = datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
        return post_achievement(tx, 1, new, recorded_by=None, now=now)[0]


def of(db: Engine, learner: int, instant: datetime, on: date | None = None) -> Grade:
    (grade,) = grade_cohort(db, 1, instant, [learner], on)
    return grade


def test_points_are_those_of_what_was_in_force_then(any_db: Engine) -> None:
    give_points(any_db)
    for day in (2, 9, 16, 23):
        did(any_db, 1, "attendance", f"周末课堂 3-{day}", date(2026, 3, day))
    exam = did(any_db, 1, "exam", "政治理论", date(2026, 4, 1), "84")
    with writing(any_db) as tx:
        wrong = Achieved(learner_id=1, kind="exam", item="政治理论", happened_on=date(2026, 4, 1), value=Decimal(70))
        second = replace_achievement(tx, exam, wrong, reason="misread", replaced_by=None, now=at(4, 10))
    with writing(any_db) as tx:
        withdraw_achievement(tx, second, reason="somebody else sat it", withdrawn_by=None, now=at(4, 20))
    instants = [at(3, 17), at(3, 24), at(4, 2), at(4, 11), at(4, 21)]
    # Three attended: 0. Four: 50. Exam 84: 42 more. Replaced by 70: 35. Withdrawn: none.
    assert [of(any_db, 1, instant).base for instant in instants] == [0, 50, 92, 85, 50]
    assert of(any_db, 2, at(4, 2)).final == 0


def test_each_year_has_a_card_of_its_own_and_the_first_starts_with_points(any_db: Engine) -> None:
    give_points(any_db, ends_on=date(2028, 12, 31))
    did(any_db, 1, "education", "北方大学", date(2026, 2, 3), level="bachelor_one")
    did(any_db, 1, "publication", "谈评课", date(2026, 5, 1), level="national")
    did(any_db, 1, "publication", "再谈评课", date(2027, 5, 1), level="province")
    # 2026: starting points 35 and 20. 2027: 10. Asked for in 2027 the card of 2026 is still to be had.
    assert (of(any_db, 1, at(6, 1)).final, of(any_db, 1, at(6, 1, 2027)).final) == (55, 10)
    assert of(any_db, 1, at(6, 1, 2027), date(2026, 3, 1)).final == 55
    assert of(any_db, 1, at(6, 1, 2027), date(2026, 3, 1)).status == "failed", "the year is over, base 0 of 80"


def test_study_counts_in_the_year_of_its_date(any_db: Engine) -> None:
    # 20 of 40 class hours in 2026: 15 of 30 points; 40 in 2027: 30.
    give_points(any_db, "p4-county", date(2028, 12, 31))
    add_study(any_db, 1, date(2026, 3, 3), 20)
    add_study(any_db, 1, date(2027, 3, 3), 40)
    assert [of(any_db, 1, instant).base for instant in (at(6, 1), at(6, 1, 2027))] == [15, 30]
    assert of(any_db, 1, at(6, 1, 2027), date(2026, 6, 1)).base == 15


def test_a_result_set_by_hand_holds_from_then_until_withdrawn(any_db: Engine) -> None:
    add_programme(any_db)
    add_mark(any_db, 1, 2, "50", at(3, 1))
    first = override_grade(any_db, 1, 1, "research", "20", reason="答辩通过", by=None, now=at(3, 10))
    override_grade(any_db, 1, 1, "research", "24", reason="复核", by=None, now=at(3, 20))
    last = override_grade(any_db, 1, 1, "final", "61", reason="委员会", by=None, now=at(3, 25))
    override_grade(any_db, 1, 1, "status", "passed", reason="委员会", by=None, now=at(3, 26))
    withdraw_override(any_db, last, reason="误", by=None, now=at(3, 30))
    finals = [of(any_db, 1, instant).final for instant in (at(3, 5), at(3, 11), at(3, 21), at(3, 25), at(3, 31))]
    # Research 50 is 15 of 30 points; then 20, 24, the whole 61, and 24 again.
    assert finals == [15, 20, 24, 61, 24]
    assert [of(any_db, 1, instant).status for instant in (at(3, 25), at(3, 27))] == ["in_progress", "passed"]
    told = grade_explained(any_db, 1, 1, at(3, 31))
    assert told is not None and [o.reason for o in told.grade.overrides] == ["复核", "委员会"]
    with pytest.raises(OverrideRefused, match=f"override {first} is not in force"):
        withdraw_override(any_db, first, reason="x", by=None, now=at(4, 1))


def test_what_was_set_for_one_year_is_of_that_year_alone(any_db: Engine) -> None:
    give_points(any_db, ends_on=date(2028, 12, 31))
    last_year, now = date(2026, 6, 1), at(2, 1, 2027)
    override_grade(any_db, 1, 1, "weekend", "50", reason="援藏", by=None, now=now, on=last_year)
    override_grade(any_db, 1, 1, "weekend", "40", reason="借调", by=None, now=now)
    assert [of(any_db, 1, now, on).base for on in (last_year, None)] == [50, 40]
    (told,) = [member for member in stand(any_db, 1, now).members if member.learner_id == 1]
    assert [year.base for year in told.years] == [50, 40]


@pytest.mark.parametrize(
    ("part", "after", "reason", "code"),
    [
        ("research", "30.1", "x", "value"),
        ("research", "NaN", "x", "value"),
        ("research", "20.55", "x", "value"),
        ("final", "100.5", "x", "value"),
        ("status", "great", "x", "value"),
        ("thesis", "20", "x", "part"),
        ("research", "0", "x", "same"),
        ("research", "20", " \n", "reason"),
    ],
)
def test_what_cannot_be_set_is_refused(db: Engine, part: str, after: str, reason: str, code: str) -> None:
    add_programme(db)
    with pytest.raises(OverrideRefused) as caught:
        override_grade(db, 1, 1, part, "0.0" if code == "same" else after, reason=reason, by=None, now=at(3, 1))
    assert caught.value.code == code
    with pytest.raises(OverrideRefused) as caught:
        override_grade(db, 1, 9, part, after, reason="x", by=None, now=at(3, 1))
    assert caught.value.code == "not-enrolled"


def test_a_pool_is_judged_by_what_was_known_then(any_db: Engine) -> None:
    # Publications: learner 1 has 15 + 10 = 25, the others 15, 6 and 0. The mean of all four is 11.5, 60 % of it 6.9:
    # 3 (6 points) and 4 (nothing) are below, as things stand.
    give_points(any_db, "p5-reserve", date(2028, 12, 31))
    for learner, level in ((1, "national"), (1, "province"), (2, "national"), (3, "prefecture")):
        did(any_db, learner, "publication", f"论文 {level}", date(2026, 4, 1), level=level)
    vote = did(any_db, 2, "vote", "2026", date(2026, 4, 2), "30", out_of=Decimal(50))
    stood = stand(any_db, 1, at(4, 5))
    found = {learner: [(one.key, one.settled) for one in troubles] for learner, troubles in stood.out.items()}
    assert found == {2: [("vote", True)], 3: [("credits", False)], 4: [("credits", False)]}
    assert stand(any_db, 1, at(4, 1)).out.keys() == {3, 4}, "the vote came a day later"
    over = stand(any_db, 1, at(2, 1, 2027), date(2026, 6, 1))
    assert [one.settled for one in over.out[3]] == [True], "the year is over"
    with writing(any_db) as tx:
        withdraw_achievement(tx, vote, reason="counted twice", withdrawn_by=None, now=at(4, 6))
    assert stand(any_db, 1, at(4, 7)).out.keys() == {3, 4}


def test_a_leader_has_reached_the_target_in_every_year(any_db: Engine) -> None:
    give_points(any_db, ends_on=date(2028, 12, 31))
    for year in (2026, 2027):
        for learner in (1, 2):
            for n in range(4 if (learner, year) != (2, 2026) else 3):
                did(any_db, learner, "attendance", f"{year}-{n}", date(year, 5, n + 1))
            did(any_db, learner, "exam", f"考试 {year}", date(year, 11, 1), "80")
    # 2026: learner 1 has 50 + 40 = 90, learner 2 only 40. 2027: both 90. Only 1 was above 80 in each.
    stood = stand(any_db, 1, at(12, 1, 2027))
    assert [(one.learner_id, one.value) for one in stood.honoured] == [(1, Decimal("180.0"))]


def test_shares_of_a_programme_are_together_the_whole(any_db: Engine) -> None:
    add_programme(any_db)
    add_study(any_db, 2, date(2026, 3, 3), 6)
    whole = grade_cohort(any_db, 1, at(3, 20))
    shares = [grade for n in range(3) for _, grade in grade_share(any_db, 1, at(3, 20), (n, 3))]
    assert shares == whole and len(whole) == 4


def test_a_bulletin_of_points_can_be_issued_and_shown(db: Engine) -> None:
    give_points(db)
    did(db, 1, "training", "骨干班", date(2026, 3, 3), level="province")
    content = opened(issue_bulletin(db, 1, "2026-03-H1", as_of=at(3, 16), now=at(3, 17)).content)
    assert (content["scheme"], content["all"]["progressed"], content["all"]["final_mean"]) == (
        "points",
        1,
        Decimal("7.5"),
    )
    training = next(part for part in content["all"]["components"] if part["key"] == "training")
    assert (training["weight"], training["target"], training["points_mean"]) == (0, 0, Decimal("7.5"))
    for language in ("zh", "en"):
        assert view_of(content, language).parts.rows


def test_policies_of_points_are_compared_and_adopted(
    db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = install(monkeypatch, tmp_path)
    card = (folder / "p3-credit-card.toml").read_text(encoding="utf-8")
    (folder / "p3-generous.toml").write_text(card.replace("province = 30", "province = 36"), encoding="utf-8")
    give_points(db)
    with writing(db) as tx:
        tx.execute(t.assignment.delete())  # work without a part would stand in the way
    did(db, 1, "training", "骨干班", date(2026, 3, 3), level="province")
    adoption = adopt_policy(db, 1, "p3-generous", date(2026, 4, 1), "会议决定", now=at(3, 20))
    assert (adoption.effect.gain, adoption.effect.mean_final) == (0, (Decimal("7.5"), Decimal("7.5"))), "not today yet"
    assert [of(db, 1, instant).final for instant in (at(3, 25), at(4, 2))] == [30, 36]
    with reading(db) as tx:
        both = policies_of(tx, 1, "p3-credit-card")
    (one,) = compare_policies(db, 1, both[:1], both[1:] or both, at(4, 2), [1])
    assert one.final == 6 and date(2026, 2, 1) == STARTS_ON


LATER = {
    # Four weekend classes earn 20 points, where they earned 50.
    "p3-credit-card": ("steps = [{ at = 4, points = 50 }]", "steps = [{ at = 4, points = 20 }]", 50, 20),
    # A group activity earns 2 points, where it earned 4.
    "p5-reserve": ("each = 4  # our default\nmost = 40", "each = 2  # our default\nmost = 40", 16, 8),
}


@pytest.mark.parametrize("name", LATER)
def test_a_year_that_is_over_stays_under_the_policy_of_its_end(
    any_db: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, after, once, then = LATER[name]
    folder = install(monkeypatch, tmp_path)
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    assert before in text
    (folder / "later.toml").write_text(text.replace(before, after), encoding="utf-8")
    give_points(any_db, name, ends_on=date(2028, 12, 31))
    with writing(any_db) as tx:
        tx.execute(t.assignment.delete())  # work without a part would stand in the way
    for year in (2026, 2027):
        for n in range(4):
            did(any_db, 1, "attendance", f"{year}-{n}", date(year, 5, n + 1))
    adopt_policy(any_db, 1, "later", date(2027, 7, 1), "会议决定", now=at(3, 1, 2027))
    first, second = date(2026, 6, 1), date(2027, 2, 1)

    def bases(instant: datetime) -> list[Decimal]:
        return [of(any_db, 1, instant, first).base, of(any_db, 1, instant, second).base]

    assert bases(at(6, 1, 2027)) == [once, once], "the running year: by what is in force now"
    assert bases(at(7, 2, 2027)) == [once, then], "adopted from July: for the running year, not for the one before"
    assert bases(at(2, 1, 2028)) == [once, then], "a year later, by what was in force at its end"
    for instant, years in ((at(6, 1, 2027), [once, once]), (at(7, 2, 2027), [once, then])):
        member = next(one for one in stand(any_db, 1, instant).members if one.learner_id == 1)
        assert [grade.base for grade in member.years] == years
    names = [of(any_db, 1, at(7, 2, 2027), day).policy.split("@")[0] for day in (first, second)]
    assert names == [name, "later"]
    tree = grade_explained(any_db, 1, 1, at(7, 2, 2027), first)
    assert tree is not None and tree.policy.name == name, "and explained by it"
