"""What bringing in a table would do, row by row: shown before anything is written, and done only as it was shown."""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from lms_tracker.core.grading.words import Words

What = Literal["added", "changed", "same"]


class Line(Struct, frozen=True):
    """What becomes of one row. `cells`: what it says, in the order of its kind's columns; `change`: from what to what."""

    row: int
    what: What
    cells: tuple[str | Words, ...]
    change: str | Words = ""


class Plan(Struct, frozen=True):
    """All rows of a table. `ignored`: columns that are not used."""

    lines: list[Line]
    ignored: list[str] = []

    def count(self, what: What) -> int:
        """How many rows would be that."""
        return sum(1 for line in self.lines if line.what == what)

    @property
    def digest(self) -> str:
        """The same for two plans that do the same."""
        return hashlib.sha256(msgspec.json.encode(self.lines)).hexdigest()


class PlanChanged(ValueError):
    """What was looked at is not what would be done now."""


def require_seen(plan: Plan, seen: str | None) -> None:
    """Raises PlanChanged unless the plan is the one whose digest was seen; None: nobody looked at it before."""
    if seen is not None and seen != plan.digest:
        raise PlanChanged("the import would not do any more what was shown")
