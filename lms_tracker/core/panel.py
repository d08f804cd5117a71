"""A panel of experts grades a piece of research output, each blind to the others; the final level follows by a named rule.

unanimous   all gave the same level
middle      they lie at most `limit` steps apart: the middle one; between two, the lower
third       further apart: the middle of all with that of a third expert; with two and a third, the middle of three
chair       a person ruled, with a reason: that stands above all
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from lms_tracker.core.grading.kinds import EXPERTS as LEVELS

Rule = Literal["waiting", "unanimous", "middle", "third-needed", "third", "chair"]
LIMIT = 1
"""Our default: neighbours (A and B) agree well enough; A and C do not."""


class Ruling(Struct, frozen=True):
    """The level, or None while it is open; and by which rule."""

    level: str | None
    rule: Rule


def rule_on(
    panel: Sequence[str | None], third: str | None = None, chair: str | None = None, limit: int = LIMIT
) -> Ruling:
    """What the levels come to. `panel`: one for each seat, None: not graded yet. The best level is the first of LEVELS."""
    if chair is not None:
        return Ruling(chair, "chair")
    given = sorted(LEVELS.index(level) for level in panel if level is not None)
    if not given or len(given) < len(panel):
        return Ruling(None, "waiting")
    if given[0] == given[-1]:
        return Ruling(LEVELS[given[0]], "unanimous")
    if given[-1] - given[0] <= limit:
        return Ruling(_middle(given), "middle")
    if third is None:
        return Ruling(None, "third-needed")
    return Ruling(_middle(sorted([*given, LEVELS.index(third)])), "third")


def _middle(ordered: Sequence[int]) -> str:
    """The middle level; of an even number the lower (later) of the two."""
    return LEVELS[ordered[len(ordered) // 2]]
