"""`[[points]]`: chosen evidence, a scale that turns it into points, and limits. Pure and exact."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from lms_tracker.core.grading.components import Component, Missing, Unit, thing_source
from lms_tracker.core.grading.parts import STUDY, Cap, ClassHours, Marks, Part, Points
from lms_tracker.core.grading.rounding import decimal, rounded, rounded_up
from lms_tracker.core.grading.tables import GradeRules
from lms_tracker.core.grading.things import Span, Thing, judged, of_interest, ranked

NOTHING = Fraction(0)


class Earned(Struct, frozen=True):
    """What each thing earned, and how much there is of what the scale goes by (`have`). `exact`: within the part's limit."""

    part: Points
    things: tuple[Thing, ...]
    worth: tuple[Fraction, ...]
    have: Fraction
    exact: Fraction
    counted: int


def earn(part: Points, things: Sequence[Thing], span: Span | None) -> Earned:
    """The points of one part, before caps over several parts and before rounding."""
    taken, left = judged(part, of_interest(part, part.key, things), span)
    left += [replace(thing, note="included") for thing in taken[: part.skip]]
    taken = taken[part.skip :]
    taken, dropped = ranked(part, taken, lambda thing: _worth(part, thing))
    left += dropped
    if part.steps or part.share is not None:
        have = _amount(part, taken)
        total = _by_amount(part, have)
        worth = [total / len(taken) for _ in taken]
    else:
        worth = [_worth(part, thing) for thing in taken]
        have = sum((thing.times if thing.kind != STUDY else thing.size or NOTHING for thing in taken), NOTHING)
        total = sum(worth, NOTHING)
        taken = [_noted(part, thing, points) for thing, points in zip(taken, worth, strict=True)]
    exact = total if part.most is None else min(total, Fraction(part.most))
    return Earned(part, (*taken, *left), (*worth, *(NOTHING for _ in left)), have, exact, len(taken))


def capped(earned: Sequence[Earned], caps: Sequence[Cap]) -> dict[str, Fraction]:
    """Points by part under the caps over several parts: the parts named last give up first."""
    points = {one.part.key: one.exact for one in earned}
    for cap in caps:
        over = sum((points[key] for key in cap.parts), NOTHING) - Fraction(cap.most)
        for key in reversed(cap.parts):
            if over > 0:
                less = min(over, points[key])
                points[key] -= less
                over -= less
    return points


def component_of(earned: Earned, exact: Fraction, rules: GradeRules) -> tuple[Component, Fraction, list[Missing]]:
    """The part as a grade shows it, its points as they count, and what it lacks."""
    part = earned.part
    points = rounded(exact, rules.decimals, rules.rounding) if rules.round == "parts" else decimal(exact)
    counts = Fraction(points) if rules.round == "parts" else exact
    total = sum(earned.worth, NOTHING)
    sources = tuple(thing_source(thing, worth) for thing, worth in zip(earned.things, earned.worth, strict=True))
    most = Fraction(part.weight)
    component = Component(
        key=part.key,
        title=part.title,
        weight=part.weight,
        have=decimal(earned.have),
        target=_target(part),
        unit=_unit(part),
        score=decimal(min(exact / most, Fraction(1)) * 100) if most else Decimal(100 if exact else 0),
        points=points,
        sources=sources,
        tier=part.tier,
        cut=decimal(total - exact),
    )
    return component, counts, _missing(part, earned, points, rules)


def next_gain(
    part: Points, have: Fraction, exact: Fraction, *, by_mark: bool = False
) -> tuple[Fraction, Fraction] | None:
    """(how many units more, points gained by that): the next thing that would earn; None: there is nothing to gain.

    `by_mark`: one more is a mark of at most 100.
    """
    room = Fraction(part.most) - exact if part.most is not None else None
    if room is not None and room <= 0:
        return None
    units, gain = Fraction(1), NOTHING
    if part.steps:
        ahead = [step for step in part.steps if have < Fraction(step.at)]
        if not ahead:
            return None
        units, gain = Fraction(ahead[0].at) - have, Fraction(ahead[0].points) - exact
    elif part.share is not None:
        units, gain = Fraction(part.share.target) - have, Fraction(part.share.points) - exact
    elif part.each is not None:
        gain = Fraction(part.each)
    elif part.by_level:
        gain = Fraction(max(part.by_level.values()))
    elif part.per_unit is not None:
        gain = Fraction(part.per_unit) * (100 if by_mark else 1)
    if part.best and not part.steps and part.share is None and have >= part.best:
        return None
    gain = gain if room is None else min(gain, room)
    return (units, gain) if units > 0 and gain > 0 else None


def _worth(part: Points, thing: Thing) -> Fraction:
    worth = NOTHING
    if part.each is not None:
        worth = Fraction(part.each) * thing.times
    elif part.by_level is not None:
        worth = Fraction(part.by_level.get(thing.level or "", Decimal(0))) * thing.times
    elif part.per_unit is not None:
        worth = Fraction(part.per_unit) * (thing.size or NOTHING)
    else:
        worth = thing.size or NOTHING  # for the best: steps and share go by amounts
    worth *= thing.factor
    if part.resit_most is not None and thing.attempt > 1:
        worth = min(worth, Fraction(part.resit_most))
    return worth


def _noted(part: Points, thing: Thing, worth: Fraction) -> Thing:
    """With why it earned nothing, or less than it could."""
    if worth == 0 and thing.note is None:
        return replace(thing, note="level" if part.by_level is not None else "no_value")
    full = part.resit_most is not None and thing.attempt > 1 and worth == Fraction(part.resit_most)
    return replace(thing, note="resit_most") if full else thing


def _amount(part: Points, taken: Sequence[Thing]) -> Fraction:
    if part.amount == "value" or part.evidence == (STUDY,):
        return sum(((thing.size or NOTHING) * thing.factor for thing in taken), NOTHING)
    if part.amount == "kinds":
        return Fraction(len({thing.kind for thing in taken}))
    return sum((thing.times for thing in taken), NOTHING)


def _by_amount(part: Points, have: Fraction) -> Fraction:
    if part.share is not None:
        return min(have / Fraction(part.share.target), Fraction(1)) * Fraction(part.share.points)
    reached = [Fraction(step.points) for step in part.steps if have >= Fraction(step.at)]
    return reached[-1] if reached else NOTHING


def unit_and_target(part: Part | Points) -> tuple[Unit, Decimal]:
    """What a part is counted in, and how much of it earns all that there is; 0: there is no end."""
    if isinstance(part, Points):
        return _unit(part), _target(part)
    if isinstance(part, Marks):
        return "marks", Decimal(part.required)
    return "class_hours" if isinstance(part, ClassHours) else "items", part.target


def _unit(part: Points) -> Unit:
    return "class_hours" if part.evidence == (STUDY,) else "marks" if part.amount == "value" else "items"


def _target(part: Points) -> Decimal:
    """How much earns all that there is; 0: there is no end."""
    if part.share is not None:
        return part.share.target
    if part.steps:
        return part.steps[-1].at
    return Decimal(part.best or part.needs)


def _missing(part: Points, earned: Earned, points: Decimal, rules: GradeRules) -> list[Missing]:
    missing = []
    if earned.counted < part.needs:
        needed = Decimal(part.needs)
        missing.append(Missing(part.key, part.title, needed - earned.counted, "items", needed))
    if points < part.at_least:
        amount = rounded_up(Fraction(part.at_least) - Fraction(points), rules.decimals)
        missing.append(Missing(part.key, part.title, amount, "points", part.at_least))
    return missing
