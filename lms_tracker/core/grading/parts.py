"""The building blocks of a policy's grade: evidence, a scale that turns it into points, and limits. Only their shape.

A `[[component]]` has a weight: its share of a target earns that share of the weight. `[[points]]` have a scale of
their own. Both choose evidence in the same words.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from lms_tracker.core.grading.words import Words

CourseKind = Literal["required", "elective", "extension"]
STUDY, MARKS = "class_hours", "marks"
"""Evidence that is no achievement: study time, and marks of work set for the part."""

Days = Annotated[int, Meta(ge=0, le=3660)]
Few = Annotated[int, Meta(ge=0, le=1000)]


class Late(Struct, frozen=True, forbid_unknown_fields=True):
    """What lateness costs: `per_day_pct` of the value for each day, `most_pct` at most; later than `refused_after` days
    counts nothing."""

    per_day_pct: Decimal = Decimal(0)
    most_pct: Decimal = Decimal(100)
    refused_after: Days | None = None


class ClassHours(Struct, frozen=True):
    """A `[[component]]` measured in class hours of credited study."""

    key: str
    title: Words
    weight: Decimal
    measure: Literal["class_hours"]
    target: Decimal
    """Class hours that earn the whole weight."""
    counts: tuple[CourseKind, ...] = ("required", "elective")
    """Kinds of courses whose study counts."""
    minimum: Decimal = Decimal(0)
    """Percent of the target without which nobody passes."""


class Marks(Struct, frozen=True):
    """A `[[component]]` measured by marks (0-100): the mean of the best `required` marks."""

    key: str
    title: Words
    weight: Decimal
    measure: Literal["marks"]
    required: Annotated[int, Meta(ge=1, le=1000)]
    """How many marks count; one that is not there counts as 0."""
    item_pass_mark: Decimal = Decimal(0)
    """A piece of work is done when its mark is at least this; `required` of them must be done to pass."""
    minimum: Decimal = Decimal(0)
    """Mean without which nobody passes."""
    late: Late | None = None


class Choice(Struct, frozen=True, kw_only=True):
    """Which evidence a part takes. Extension courses never count."""

    evidence: tuple[str, ...]
    """Kinds of achievements; or "class_hours" alone, or "marks" alone."""
    counts: tuple[CourseKind, ...] = ("required", "elective")
    """Of class hours: kinds of courses."""
    levels: tuple[str, ...] = ()
    """Only these levels; empty: all."""
    items: tuple[str, ...] = ()
    """Only these exams, courses, topics; empty: all."""
    proof: bool = False
    """Without a document that shows it, it counts nothing."""
    first_year: bool = False
    """Only in the learner's first year in the programme."""
    pass_mark: Decimal | None = None
    """Percent below which it counts nothing. What has no value was passed."""
    resits: Annotated[int, Meta(ge=0, le=4)] = 0
    """How many more attempts count; the first that passes stands, else none does."""
    best: Few = 0
    """So many of the best count; 0: all."""
    drop_lowest: Few = 0
    """So many of the lowest do not count."""
    late: Late | None = None


class Achievements(Choice, frozen=True, kw_only=True):
    """A `[[component]]` of other evidence: what is taken of it, against a target."""

    key: str
    title: Words
    weight: Decimal
    measure: Literal["achievements"]
    target: Decimal
    """What earns the whole weight."""
    take: Literal["count", "sum", "mean", "best"] = "count"
    """How many; or the sum, mean or best of their values."""
    required: Few = 0
    """Of a mean: over at least so many; one that is not there counts as 0."""
    by_level: dict[str, Decimal] = {}
    """The value of each level, where levels and not numbers are given."""
    minimum: Decimal = Decimal(0)
    """Percent of the target without which nobody passes."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """From `at` on: so many points."""

    at: Decimal
    points: Decimal


class Share(Struct, frozen=True, forbid_unknown_fields=True):
    """`target` earns all `points`, less of it that share of them."""

    target: Decimal
    points: Decimal


class Points(Choice, frozen=True, kw_only=True):
    """`[[points]]`: points by exactly one scale (`each`, `by_level`, `per_unit`, `steps`, `share`), within limits."""

    key: str
    title: Words
    tier: Literal["base", "bonus"] = "base"
    skip: Few = 0
    """The first so many (by date) earn nothing here: they have earned elsewhere."""
    each: Decimal | None = None
    """Points for each one."""
    by_level: dict[str, Decimal] | None = None
    """Points by level."""
    per_unit: Decimal | None = None
    """Points for each unit of the value: of a mark in percent, a class hour, a day."""
    steps: tuple[Step, ...] = ()
    """Points by how much there is in all: the highest step that is reached."""
    share: Share | None = None
    """Points by share of a target."""
    amount: Literal["count", "kinds", "value"] = "count"
    """What steps and share go by: how many, of how many kinds, or the sum of values."""
    resit_most: Decimal | None = None
    """Most points of one that was only passed at another attempt."""
    most: Decimal | None = None
    """Most points in all."""
    at_least: Decimal = Decimal(0)
    """Points in this part without which nobody passes."""
    needs: Few = 0
    """How many must count; else nobody passes."""

    @property
    def weight(self) -> Decimal:
        """Most points that there are to be had; 0: no limit."""
        if self.most is not None:
            return self.most
        if self.steps:
            return max(step.points for step in self.steps)
        return self.share.points if self.share is not None else Decimal(0)


class Cap(Struct, frozen=True):
    """`[[cap]]`: several `[[points]]` together earn at most so many."""

    title: Words
    parts: tuple[str, ...]
    most: Decimal


def takes_marks(part: object) -> bool:
    """Whether work can be set for the part, so that marks feed it."""
    return isinstance(part, Marks) or (isinstance(part, Points) and part.evidence == (MARKS,))


Part = ClassHours | Marks | Achievements
MEASURES: dict[str, type[ClassHours] | type[Marks] | type[Achievements]] = {
    "class_hours": ClassHours,
    "marks": Marks,
    "achievements": Achievements,
}
SCALES = ("each", "by_level", "per_unit", "steps", "share")
