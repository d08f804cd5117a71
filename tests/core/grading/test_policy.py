"""A programme's policy file: the one we ship, and every way to get one wrong."""

from pathlib import Path

import pytest

from lms_tracker.actions.policies import load_policy, policy_names, read_policy
from lms_tracker.core.grading.policy import ClassHours, Marks, Policy, parse_policy
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
