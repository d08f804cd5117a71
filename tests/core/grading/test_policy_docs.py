"""docs/policy.md speaks of every key that a policy may hold, and of none that it may not."""

import re
from pathlib import Path

import msgspec
import pytest

from lms_tracker.core.grading import policy
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.study.policy import SourcePolicy, StudyPolicy
from lms_tracker.core.study.review import ReviewPolicy

ROOT = Path(__file__).resolve().parents[3]
TABLES: dict[str, set[str]] = {
    "programme": set(policy.ProgrammePolicy.__struct_fields__),
    "study": {f.name for f in msgspec.structs.fields(StudyPolicy)} - {"id", "sources", "review"}
    | {"sources.<name>"}
    | {f"review.{f.name}" for f in msgspec.structs.fields(ReviewPolicy)}
    | {f"sources.<name>.{f.name}" for f in msgspec.structs.fields(SourcePolicy)},
    "player": {f.name for f in msgspec.structs.fields(PlayerPolicy)},
    "grade": set(policy.GradeRules.__struct_fields__),
    "component": set(policy.ClassHours.__struct_fields__) | set(policy.Marks.__struct_fields__),
    "contact": set(policy.ContactRules.__struct_fields__),
    "bulletin": set(policy.BulletinRules.__struct_fields__),
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
