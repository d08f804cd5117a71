"""docs/record.md explains every rule, scope and command that it should, and none that is not."""

import re
from pathlib import Path

from lms_tracker.core.xapi.errors import RULES
from lms_tracker.core.xapi.scopes import SCOPES
from lms_tracker.lrs.rules import REQUEST_RULES

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text(encoding="utf-8")


def _first_cells(heading: str) -> list[str]:
    """First cells of the table whose head begins so."""
    table = GUIDE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def test_the_guide_explains_every_rule_by_which_something_is_refused() -> None:
    explained = _first_cells("`rule`")
    assert sorted(explained) == sorted({*RULES, *REQUEST_RULES})


def test_the_guide_explains_every_scope() -> None:
    assert _first_cells("scope") == list(SCOPES)


def test_every_heading_that_the_guide_points_to_is_there() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings
