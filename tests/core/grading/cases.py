"""Short ways to write down what somebody did, for tests of whole programmes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lms_tracker.actions.policies import load_policy
from lms_tracker.core.grading.components import Credited, Scored
from lms_tracker.core.grading.grade import Grade, Record, grade
from lms_tracker.core.grading.things import Span, Thing, size_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
HOUR_US = 2_700_000_000
_numbers = iter(range(1, 1_000_000))


def did(
    kind: str,
    item: str = "",
    value: str | None = None,
    *,
    out_of: str | None = None,
    level: str | None = None,
    on: date = date(2026, 6, 1),
    attempt: int = 1,
    late: int = 0,
    proof: bool = True,
) -> Thing:
    """One achievement; each has a reference of its own."""
    number = next(_numbers)
    size = size_of(Decimal(value) if value is not None else None, Decimal(out_of) if out_of is not None else None)
    return Thing(kind, item or f"{kind} {number}", size, f"achievement:{number}", on, level, attempt, late, proof)


def times(count: int, kind: str, **more: Any) -> list[Thing]:
    """So many of one kind."""
    return [did(kind, **more) for _ in range(count)]


def mark(component: str, value: str, late: int = 0) -> Scored:
    """A mark of a piece of work."""
    number = next(_numbers)
    return Scored(component, f"{component} {number}", Decimal(value), f"mark:{number}", late)


def hours(amount: float, kind: str = "required") -> Credited:
    """Class hours in a course of its own."""
    return Credited(next(_numbers), f"{kind} course", kind, round(amount * HOUR_US))  # type: ignore[arg-type]


def graded(policy: str, *evidence: Any, span: Span = YEAR, ended: bool = False, **more: Any) -> Grade:
    """The grade of all that: class hours, marks, achievements, or lists of them."""
    flat = [one for part in evidence for one in (part if isinstance(part, list) else [part])]
    record = Record(
        1,
        tuple(one for one in flat if isinstance(one, Credited)),
        tuple(one for one in flat if isinstance(one, Scored)),
        things=tuple(one for one in flat if isinstance(one, Thing)),
        span=span,
        **more,
    )
    return grade(record, load_policy(policy), as_of=NOW, ended=ended)


def points(result: Grade) -> dict[str, Decimal]:
    """Points by part, of those that have any."""
    return {part.key: part.points for part in result.components if part.points}


def adds_up(result: Grade) -> bool:
    """Whether the sources of each part account for its points, but for rounding and what a limit cut off."""
    return all(
        abs(sum((Fraction(source.points) for source in part.sources), Fraction(0)) - Fraction(part.cut) - Fraction(part.points))
        <= Fraction(1, 20)
        for part in result.components
    )  # fmt: skip


def notes(result: Grade, key: str) -> list[str | None]:
    """Why the sources of a part count nothing, in the order of the grade."""
    return [source.note for part in result.components if part.key == key for source in part.sources]
