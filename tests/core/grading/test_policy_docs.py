"""docs/policy.md speaks of every key that a policy may hold, and of none that it may not."""

import re
from pathlib import Path

import msgspec
import pytest

from lms_tracker.core.grading import group, parts, policy, tables
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.study.policy import SourcePolicy, StudyPolicy
from lms_tracker.core.study.review import ReviewPolicy

ROOT = Path(__file__).resolve().parents[3]
TABLES: dict[str, set[str]] = {
    "programme": set(tables.ProgrammePolicy.__struct_fields__),
    "study": {f.name for f in msgspec.structs.fields(StudyPolicy)} - {"id", "sources", "review"}
    | {"sources.<name>"}
    | {f"review.{f.name}" for f in msgspec.structs.fields(ReviewPolicy)}
    | {f"sources.<name>.{f.name}" for f in msgspec.structs.fields(SourcePolicy)},
    "player": {f.name for f in msgspec.structs.fields(PlayerPolicy)},
    "grade": set(tables.GradeRules.__struct_fields__),
    "component": {name for shape in parts.MEASURES.values() for name in shape.__struct_fields__},
    "contact": set(tables.ContactRules.__struct_fields__),
    "bulletin": set(tables.BulletinRules.__struct_fields__),
    "points": set(parts.Points.__struct_fields__),
    "cap": set(parts.Cap.__struct_fields__),
    "result": set(group.Result.__struct_fields__),
    "age_band": set(group.AgeBand.__struct_fields__),
    "standing": set(group.Standing.__struct_fields__),
    "honour": set(group.Honour.__struct_fields__),
}


@pytest.mark.parametrize("table", policy.TABLES)
def test_every_key_of_a_table_is_documented(table: str) -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    section = re.search(rf"^## `\[+{table}\]+`.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| (`.*?) \|", section[0], re.MULTILINE)
    assert {key for row in rows for key in re.findall(r"`([^`]+)`", row)} == TABLES[table]


def test_default_and_bounds_of_every_number_of_the_study_rules_are_those_that_are_checked() -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    told = {row[0]: row[1:] for row in re.findall(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|", text, re.MULTILINE)}
    for shape, prefix in ((StudyPolicy, ""), (SourcePolicy, "sources.<name>.")):
        for field in msgspec.structs.fields(shape):
            kind = msgspec.inspect.type_info(field.type)
            if isinstance(kind, msgspec.inspect.FloatType):
                default, bounds = told[prefix + field.name]
                low = f"{kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}"
                high = kind.le
                assert float(default) == field.default, field.name
                assert high is not None and bounds.endswith(f", {low} to {high:.0f}"), field.name
