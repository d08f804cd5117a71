"""Rubrics: criteria with levels, written one criterion a line, and the mark that chosen levels make.

论证：观点明确，有数据支持 | 优 40 | 良 32 | 中 24 | 差 10
"""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

MAX_CRITERIA, MAX_LEVELS, MAX_WORDS = 20, 8, 200
_LEVEL = re.compile(r"^(?P<title>.*?)\s*(?<![\d.])(?P<points>\d{1,3}(?:\.\d{1,2})?)\s*分?$")


class Level(Struct, frozen=True):
    title: str
    points: Decimal


class Criterion(Struct, frozen=True):
    """Levels in the order of the rubric, two at least."""

    title: str
    words: str
    levels: tuple[Level, ...]

    @property
    def most(self) -> Decimal:
        return max(level.points for level in self.levels)


class RubricFault(ValueError):
    """The first line that is no criterion, counted from 1, and why: `levels`, `points`, `title`, `many`, `twice`."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line, self.why = line, why


def parse_rubric(text: str) -> tuple[Criterion, ...]:
    """Criteria of a text; empty lines are left out. Raises RubricFault."""
    found: list[Criterion] = []
    for number, line in enumerate(text.replace("｜", "|").splitlines(), 1):
        if not line.strip():
            continue
        criterion = _criterion(line, number)
        if any(criterion.title == other.title for other in found):
            raise RubricFault(number, "twice")
        found.append(criterion)
        if len(found) > MAX_CRITERIA:
            raise RubricFault(number, "many")
    return tuple(found)


def rubric_text(rubric: Sequence[Criterion]) -> str:
    """What `parse_rubric` reads the same from."""
    lines = []
    for one in rubric:
        head = f"{one.title}：{one.words}" if one.words else one.title
        lines.append(" | ".join([head, *(f"{level.title} {level.points:f}".strip() for level in one.levels)]))
    return "\n".join(lines)


def most_points(rubric: Sequence[Criterion]) -> Decimal:
    """Of all criteria together."""
    return sum((one.most for one in rubric), Decimal(0))


def mark_of(rubric: Sequence[Criterion], chosen: Mapping[int, int]) -> Decimal | None:
    """0-100 with two decimals, from the level chosen for each criterion (both by number from 0); None when one lacks."""
    points = Decimal(0)
    for number, criterion in enumerate(rubric):
        level = chosen.get(number)
        if level is None or not 0 <= level < len(criterion.levels):
            return None
        points += criterion.levels[level].points
    return cents(100 * points / most_points(rubric))


def cents(value: Decimal) -> Decimal:
    """A mark as it is kept: two decimals, half up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _criterion(line: str, number: int) -> Criterion:
    head, *parts = (part.strip() for part in line.split("|"))
    title, _, words = head.replace(":", "：", 1).partition("：")
    if not 1 <= len(title.strip()) <= MAX_WORDS or len(words) > MAX_WORDS:
        raise RubricFault(number, "title")
    if not 2 <= len(parts) <= MAX_LEVELS:
        raise RubricFault(number, "levels")
    levels = []
    for part in parts:
        level = _LEVEL.match(part)
        if level is None or len(level["title"]) > MAX_WORDS:
            raise RubricFault(number, "points")
        levels.append(Level(level["title"], Decimal(level["points"])))
    return Criterion(title.strip(), words.strip(), tuple(levels))
