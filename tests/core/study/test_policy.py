"""The `[study]` table: defaults of the contract, all faults at once."""

import pytest

from lms_tracker.core.grading.policy import parse_policy
from lms_tracker.core.study.policy import DEFAULTS, PolicyErrors, parse_study


def test_the_defaults_are_the_contracts() -> None:
    assert parse_study({}, "p.toml") == DEFAULTS
    d = DEFAULTS
    assert (d.gap_s, d.hidden_s, d.idle_s, d.stretch_s, d.max_rate, d.cap_s) == (90, 60, 900, 1800, 1.5, 28800)
    assert (d.class_hour_s, d.credit, d.source("anything").late_s) == (2700, "media", 900)


def test_all_faults_are_told_at_once_with_file_and_key() -> None:
    table = {
        "gap": 90,
        "max_rate": "fast",
        "cap_s": 100000,
        "credit": "both",
        "timezone": "Mars/Olympus",
        "id": "mine",
        "sources": {"zoom": {"late": 3, "aggregate_share": 2}, "moodle": 5},
    }
    with pytest.raises(PolicyErrors) as caught:
        parse_study(table, "p.toml")
    faults = caught.value.faults
    for start in (
        "p.toml: study.gap: unknown key (allowed: timezone, class_hour_s,",
        "p.toml: study.max_rate: Expected `float`, got `str` (given: 'fast')",
        "p.toml: study.cap_s: Expected `float` <= 86400.0 (given: 100000)",
        "p.toml: study.credit: Invalid enum value 'both' (allowed: media, wall)",
        "p.toml: study.timezone: 'Mars/Olympus' is not a time zone",
        "p.toml: study.id: unknown key",
        "p.toml: study.sources.zoom.late: unknown key",
        "p.toml: study.sources.zoom.aggregate_share: Expected `float` <= 1.0 (given: 2)",
        "p.toml: study.sources.moodle: must be a table (given: 5)",
    ):
        assert any(fault.startswith(start) for fault in faults), start
    assert len(faults) == 9
    allowed = faults[0].removesuffix(")").split("allowed: ")[1].split(", ")
    assert set(allowed) == set(DEFAULTS.__struct_fields__) - {"id"}, "tables within it are allowed, too"


def test_the_value_given_is_told_as_far_as_it_is_short() -> None:
    with pytest.raises(PolicyErrors) as caught:
        parse_study({"gap_s": float("nan"), "idle_s": "x" * 500, "credit": 5}, "p.toml")
    nan, long, choice = caught.value.faults
    assert nan == "p.toml: study.gap_s: Expected `float` >= 0.0 (given: nan)"
    assert long.endswith("xxx…)") and len(long) < 130
    assert choice == "p.toml: study.credit: Expected `str`, got `int` (given: 5) (allowed: media, wall)"


def test_a_source_that_is_not_named_is_trusted_like_the_default_source() -> None:
    policy = parse_study({"sources": {"default": {"declared_share": 0.5}, "zoom": {"late_s": 1}}}, "p.toml")
    assert policy.source("other").declared_share == 0.5
    assert (policy.source("zoom").late_s, policy.source("zoom").declared_share) == (1, 1)


def test_deadlines_of_reviews_are_checked_and_change_no_entry() -> None:
    with pytest.raises(PolicyErrors) as caught:
        parse_study({"review": {"decide_days": 0, "appeal_day": 3, "undecided": "reject"}}, "p.toml")
    assert [fault.split(": ")[1] for fault in caught.value.faults] == [
        "study.review.decide_days",
        "study.review.appeal_day",
        "study.review.undecided",
    ]
    texts = ['[programme]\nname = { zh = "一", en = "a" }\n', "[study.review]\ndecide_days = 3\n"]
    plain, with_deadlines = (parse_policy("".join(texts[:n]), "p", "p.toml") for n in (1, 2))
    assert with_deadlines.study.review.decide_days == 3
    assert plain.study.id == with_deadlines.study.id
    assert plain.id != with_deadlines.id
