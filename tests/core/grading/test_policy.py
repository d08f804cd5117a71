"""A programme's policy file: the one we ship, and every way to get one wrong."""

from pathlib import Path

import pytest

from lms_tracker.actions.policies import load_policy, policy_names, read_policy
from lms_tracker.core.grading.parts import ClassHours, Marks
from lms_tracker.core.grading.policy import Policy, parse_policy
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.paths import resource

P1 = (resource("config") / "programmes" / "p1-principals.toml").read_text(encoding="utf-8")


def faults_of(text: str) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        parse_policy(text, "p1", "p1.toml")
    return caught.value.faults


def p1() -> Policy:
    return parse_policy(P1, "p1", "p1.toml")


def test_p1_weighs_40_coursework_30_assignments_30_research() -> None:
    grading = p1().grading
    assert grading is not None
    assert [(part.key, part.weight) for part in grading.components] == [
        ("coursework", 40),
        ("assignments", 30),
        ("research", 30),
    ]
    coursework, assignments, _ = grading.components
    assert isinstance(coursework, ClassHours) and coursework.counts == ("required", "elective")
    assert isinstance(assignments, Marks) and assignments.required == 6


def test_every_installed_policy_is_in_order() -> None:
    for name in policy_names():
        assert load_policy(name).id.startswith(f"{name}@")


def test_the_default_policy_speaks_of_study_time_only() -> None:
    assert load_policy("default").grading is None


def test_a_policy_is_named_after_its_content() -> None:
    other = parse_policy(P1.replace("target = 60", "target = 61"), "p1", "p1.toml")
    assert other.id != p1().id
    assert other.study.id == p1().study.id, "other class hours must not make another ledger"
    assert parse_policy(P1.replace("# our default", "# whatever"), "p1", "p1.toml").id == p1().id


def test_weights_that_do_not_sum_to_100_are_refused_with_their_sum() -> None:
    text = P1.replace("weight = 40", "weight = 35")
    assert faults_of(text) == ["p1.toml: component.weight: weights must sum to 100 (they sum to 95)"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("pass_mark = 60", "pas_mark = 60", "p1.toml: grade.pas_mark: unknown key (allowed: pass_mark,"),
        ("pass_mark = 60", "#", "p1.toml: grade.pass_mark: missing"),
        ("pass_mark = 60", "pass_mark = 101", "p1.toml: grade.pass_mark: must be between 0 and 100 (it is 101)"),
        ("pass_mark = 60", "pass_mark = -1", "p1.toml: grade.pass_mark: must be between 0 and 100 (it is -1)"),
        ("pass_mark = 60", "pass_mark = nan", "p1.toml: grade.pass_mark: must be a finite number"),
        ('"half_up"', '"up"', "p1.toml: grade.rounding: Invalid enum value 'up' (allowed: half_up, half_even, down)"),
        ("target = 60", 'target = "many"', "p1.toml: component 1.target: "),
        ("target = 60", "target = 0", "p1.toml: component 1.target: must be above 0"),
        ('"elective"]', '"extension"]', "p1.toml: component 1.counts: extension courses never count"),
        ('measure = "class_hours"', 'measure = "hours"', "p1.toml: component 1.measure: 'hours' is not known"),
        ('key = "research"', 'key = "assignments"', "p1.toml: component.key: 'assignments' is used 2 times"),
        ("quiet_days = 14", "quiet_days = 0", "p1.toml: contact.quiet_days: "),
        ("[contact]", "[contacts]", "p1.toml: contacts: unknown table or key (allowed: programme, study,"),
        ('zh = "作业", ', "", "p1.toml: component 2.title: Object missing required field `zh`"),
        ("Asia/Shanghai", "Asia/Peking", "p1.toml: study.timezone: 'Asia/Peking' is not a time zone"),
        ("[programme]", "[programme", "p1.toml: not TOML: "),
    ],
)
def test_a_fault_is_named_with_file_and_key(old: str, new: str, fault: str) -> None:
    assert old in P1
    assert any(found.startswith(fault) for found in faults_of(P1.replace(old, new, 1)))


def test_all_faults_are_told_at_once() -> None:
    text = P1.replace("timezone", "time_zone", 1).replace("pass_mark", "mark", 1).replace("target", "aim", 1)
    keys = {fault.split(": ")[1] for fault in faults_of(text)}
    assert keys == {"study.time_zone", "grade.mark", "grade.pass_mark", "component 1.aim", "component 1.target"}


def test_a_policy_that_is_not_there_names_those_that_are() -> None:
    for name in ("p9-none", "../secrets"):
        with pytest.raises(PolicyErrors, match="there is no such policy .there are: default, p1-principals"):
            load_policy(name)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyErrors, match="not UTF-8"):
        read_policy(path)


def test_ids_of_installed_policies_are_those_that_programmes_have_on_record() -> None:
    """Golden: grades, bulletins and ledgers name them. A change here means that every programme has another policy."""
    assert {name: load_policy(name).id for name in ("default", "p1-principals")} == {
        "default": "default@f096fb389698",
        "p1-principals": "p1-principals@6a480ba4f6b0",
    }
    assert {load_policy(name).study.id for name in ("default", "p1-principals")} == {
        "default@6a0319e374d2",
        "p1-principals@6a0319e374d2",
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("p3-credit-card", 'evidence = ["exam"]', 'evidence = ["exams"]', "points 2.evidence: 'exams' is not known (allowed"),
        ("p3-credit-card", 'evidence = ["exam"]', "evidence = []", "points 2.evidence: names nothing"),
        ("p3-credit-card", '["exam"]', '["exam", "marks"]', "points 2.evidence: class_hours and marks go by themselves"),
        ("p3-credit-card", "per_unit = 0.5", "#", "points 2: exactly one of each, by_level, per_unit, steps, share is needed (f"),
        ("p3-credit-card", "per_unit = 0.5", "per_unit = 1\neach = 1", "(found: each, per_unit)"),
        ("p3-credit-card", "per_unit = 0.5", "per_unit = -1", "points 2.per_unit: must be between 0 and 100000 (it is -1)"),
        ("p3-credit-card", "pass_mark = 60", "pass_mark = 600", "points 2.pass_mark: must be between 0 and 100 (it is 600)"),
        ("p3-credit-card", "province = 30", "planet = 30", "points 5.by_level: 'planet' is no level of it (allowed: national,"),
        ("p3-credit-card", "at = 2, points = 50", "at = 1, points = 50", "points 6.steps: must rise from step to step"),
        ("p3-credit-card", 'tier = "bonus"', 'tier = "extra"', "points 3.tier: Invalid enum value 'extra' (allowed: base, bonus"),
        ("p3-credit-card", 'key = "exam"', 'key = "weekend"', "points.key: 'weekend' is used already; each needs its own"),
        ("p3-credit-card", 'key = "exam"', 'key = "final"', "points.key: 'final' is used already; each needs its own"),
        ("p3-credit-card", 'scheme = "points"', "#", "component.weight: weights must sum to 100 (they sum to 0)"),
        ("p3-credit-card", 'scheme = "points"', "#", 'points 1.tier: "bonus" is needed: in a weighted grade points are outside'),
        ("p3-credit-card", 'period = "year"', "#", 'honour 1.every_year_base: needs grade.period = "year"'),
        ("p3-credit-card", "resits = 1", "resits = 9", "points 2.resits: "),
        ("p3-credit-card", "steps = [{ at = 4, points = 50 }]", "steps = [{ from = 4 }]", "points 1.steps: "),
        ("p2-municipal", "refused_after = 14", "refused = 14", "component 3.late: Object contains unknown field `refused`"),
        ("p2-municipal", "per_day_pct = 5", "per_day_pct = 500", "component 3.late.per_day_pct: must be between 0 and 100"),
        ("p2-municipal", "per_day_pct = 5", "per_day_pct = nan", "component 3.late.per_day_pct: must be between 0 and 100"),
        ("p2-municipal", "exchange = 100 }", "chat = 100 }", "honour 1.parts_at_least: there is no part 'chat' (there are: "),
        ("p2-municipal", 'measure = "achievements"', 'measure = "points"', "component 2.measure: 'points' is not known (allowed"),
        ("p2-municipal", '["participation"]', '["marks"]', 'component 2.evidence: use measure = "marks" for that'),
        ("p4-county", 'parts = ["notes", "reports"]', 'parts = ["note"]', "cap 1.parts: 'note' is no [[points]] (there are: "),
        ("p4-county", "to_age = 52", "to_age = 40", "age_band.to_age: must rise from band to band"),
        ("p4-county", "to_age = 52", "#", "age_band.to_age: exactly the last band has none: it is everybody older"),
        ("p4-county", 'counts = ["required"]', 'counts = ["extension"]', "points 1.counts: extension courses never count"),
        ("p4-county", "target = 40", "target = 0", "points 1.share.target: must be above 0"),
        ("p5-reserve", "share_of_top_pct = 60", "#", "standing 1: exactly one of share_of_top_pct, below, worst_share is"),
        ("p5-reserve", 'evidence = "vote"', "#", "standing 3.evidence: missing"),
        ("p5-reserve", 'evidence = "vote"', 'evidence = "votes"', "standing 3.evidence: 'votes' is not known (allowed: "),
        ("p5-reserve", "worst_share = [1, 3]", "worst_share = [3, 1]", "standing 4.worst_share: must be a share such as [1, 3]"),
    ],
)  # fmt: skip
def test_a_fault_of_a_building_block_is_named_with_file_and_key(name: str, old: str, new: str, fault: str) -> None:
    text = (resource("config") / "programmes" / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    found = faults_of(text.replace(old, new, 1))
    assert any(fault in one and one.startswith("p1.toml: ") for one in found), found
