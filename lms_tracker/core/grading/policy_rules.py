"""Second stage of checking a policy: rules that span keys. Each yields "key: what is wrong, what is allowed"."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from msgspec import to_builtins

from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.grading.parts import MARKS, SCALES, STUDY, Achievements, Choice, ClassHours, Marks
from lms_tracker.core.grading.tables import Grading

LARGEST = 100_000


def weights_sum_to_100(grading: Grading) -> Iterator[str]:
    """The parts together make the whole grade."""
    total = sum((part.weight for part in grading.components), Decimal(0))
    if grading.rules.scheme == "weights" and total != 100:
        yield f"component.weight: weights must sum to 100 (they sum to {total.normalize():f})"


def percentages_are_within_100(grading: Grading) -> Iterator[str]:
    """Marks, shares and minima live between 0 and 100."""
    values = {"contact.pace_below_pct": grading.contact.pace_below_pct}
    if grading.rules.scheme == "weights":
        values["grade.pass_mark"] = grading.rules.pass_mark
    for number, part in enumerate(grading.components, 1):
        values |= {f"component {number}.weight": part.weight, f"component {number}.minimum": part.minimum}
        if isinstance(part, Marks):
            values[f"component {number}.item_pass_mark"] = part.item_pass_mark
    for where, part in _named(grading):
        if isinstance(part, Choice) and part.pass_mark is not None:
            values[f"{where}.pass_mark"] = part.pass_mark
        late = None if isinstance(part, ClassHours) else part.late
        if late is not None:
            values |= {f"{where}.late.per_day_pct": late.per_day_pct, f"{where}.late.most_pct": late.most_pct}
    for number, rule in enumerate(grading.standing, 1):
        values |= {
            f"standing {number}.{key}": value
            for key in ("share_of_top_pct", "below")
            if (value := getattr(rule, key)) is not None
        }
    for number, honour in enumerate(grading.honours, 1):
        if honour.top_pct is not None:
            values[f"honour {number}.top_pct"] = honour.top_pct
    for key, value in values.items():
        if not (value.is_finite() and 0 <= value <= 100):
            yield f"{key}: must be between 0 and 100 (it is {value.normalize():f})"


def targets_are_positive(grading: Grading) -> Iterator[str]:
    """A share of nothing is no score."""
    for number, part in enumerate(grading.components, 1):
        if isinstance(part, ClassHours) and not 0 < part.target <= 10_000:
            yield f"component {number}.target: must be above 0, at most 10000 class hours (it is {part.target})"
        if isinstance(part, Achievements) and not 0 < part.target <= LARGEST:
            yield f"component {number}.target: must be above 0, at most {LARGEST} (it is {part.target})"
    for number, points in enumerate(grading.points, 1):
        target = points.share.target if points.share is not None else Decimal(1)
        if not (target.is_finite() and 0 < target <= LARGEST):
            yield f"points {number}.share.target: must be above 0, at most {LARGEST} (it is {target})"


def points_are_not_negative(grading: Grading) -> Iterator[str]:
    """Whatever earns points earns them; nothing is taken away."""
    tables: dict[str, Any] = {
        "grade": to_builtins(grading.rules),
        **{where: to_builtins(part) for where, part in _named(grading)},
        **{f"cap {n}": to_builtins(cap) for n, cap in enumerate(grading.caps, 1)},
        **{f"result {n}": to_builtins(result) for n, result in enumerate(grading.results, 1)},
        **{f"age_band {n}": to_builtins(band) for n, band in enumerate(grading.age_bands, 1)},
        **{f"honour {n}": to_builtins(honour) for n, honour in enumerate(grading.honours, 1)},
    }
    names = {"points", "each", "per_unit", "most", "resit_most", "at_least", "bonus_most", "final_most", "at"}
    for key, value in _numbers(tables, ""):
        name = key.rsplit(".", 1)[-1]
        wanted = name in names or ".by_level." in key or ".parts_at_least." in key or key == "grade.pass_mark"
        if wanted and not (value.is_finite() and 0 <= value <= LARGEST):
            yield f"{key}: must be between 0 and {LARGEST} (it is {value})"


def keys_differ(grading: Grading) -> Iterator[str]:
    """Marks find their part by its key; whatever a part is called, it is called once."""
    keys = [part.key for part in grading.components]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"component.key: {key!r} is used {keys.count(key)} times; each part needs its own"
    own = [("points", [part.key for part in grading.points], set(keys) | {"final", "status"})]
    own += [("standing", [rule.key for rule in grading.standing], set())]
    own += [("honour", [honour.key for honour in grading.honours], set())]
    for table, names, taken in own:
        for key in sorted({key for key in names if names.count(key) > 1 or key in taken}):
            yield f"{table}.key: {key!r} is used already; each needs its own"


def extension_courses_never_count(grading: Grading) -> Iterator[str]:
    """The regulations: extension courses may be taken and never count."""
    for where, part in _named(grading):
        if not isinstance(part, Marks) and "extension" in part.counts:
            yield f"{where}.counts: extension courses never count (allowed: required, elective)"


def evidence_is_known(grading: Grading) -> Iterator[str]:
    """Kinds are those of the table of kinds; study time and marks go by themselves."""
    for where, part in _named(grading):
        if not isinstance(part, Choice):
            continue
        if not part.evidence:
            yield f"{where}.evidence: names nothing (allowed: {STUDY}, {MARKS}, {', '.join(KINDS)})"
        for kind in part.evidence:
            if kind not in KINDS and kind not in (STUDY, MARKS):
                yield f"{where}.evidence: {kind!r} is not known (allowed: {STUDY}, {MARKS}, {', '.join(KINDS)})"
        if len(part.evidence) > 1 and {STUDY, MARKS} & set(part.evidence):
            yield f"{where}.evidence: {STUDY} and {MARKS} go by themselves"
        if isinstance(part, Achievements) and {STUDY, MARKS} & set(part.evidence):
            yield f'{where}.evidence: use measure = "{part.evidence[0]}" for that'
    for number, rule in enumerate(grading.standing, 1):
        if rule.evidence and rule.evidence not in KINDS:
            yield f"standing {number}.evidence: {rule.evidence!r} is not known (allowed: {', '.join(KINDS)})"


def levels_are_those_of_their_kinds(grading: Grading) -> Iterator[str]:
    """A level that no kind of the evidence has is a slip."""
    for where, part in _named(grading):
        if not isinstance(part, Choice):
            continue
        kinds = [KINDS[kind] for kind in part.evidence if kind in KINDS]
        if not kinds or any(kind.levels is None for kind in kinds):
            continue
        known = [level for kind in kinds for level in kind.levels or ()]
        for key, levels in (("levels", part.levels), ("by_level", tuple(getattr(part, "by_level", None) or ()))):
            for level in levels:
                if level not in known:
                    yield f"{where}.{key}: {level!r} is no level of it (allowed: {', '.join(known) or 'none'})"


def there_is_one_scale(grading: Grading) -> Iterator[str]:
    """Two scales would contradict each other, none would say nothing."""
    for number, part in enumerate(grading.points, 1):
        used = [name for name in SCALES if getattr(part, name) not in (None, ())]
        if len(used) != 1:
            yield f"points {number}: exactly one of {', '.join(SCALES)} is needed (found: {', '.join(used) or 'none'})"
        if any(one.at >= other.at for one, other in pairwise(part.steps)):
            yield f"points {number}.steps: must rise from step to step"


def schemes_have_their_parts(grading: Grading) -> Iterator[str]:
    """A weighted grade has weights, and its points are a bonus; points have none."""
    if grading.rules.scheme == "points":
        if grading.components:
            yield "component: a programme of points has [[points]] only"
        return
    for number, part in enumerate(grading.points, 1):
        if part.tier == "base":
            yield f'points {number}.tier: "bonus" is needed: in a weighted grade points are outside of the weights'


def caps_name_parts(grading: Grading) -> Iterator[str]:
    """A limit on nothing is a slip; two limits on one part have no order."""
    keys, seen = {part.key for part in grading.points}, set()
    for number, cap in enumerate(grading.caps, 1):
        for key in cap.parts:
            if key not in keys:
                yield f"cap {number}.parts: {key!r} is no [[points]] (there are: {', '.join(sorted(keys)) or 'none'})"
            if key in seen:
                yield f"cap {number}.parts: {key!r} is under a cap already"
            seen.add(key)


def age_bands_rise(grading: Grading) -> Iterator[str]:
    """Everybody belongs to exactly one."""
    ages = [band.to_age for band in grading.age_bands]
    if not ages:
        return
    if ages[-1] is not None or None in ages[:-1]:
        yield "age_band.to_age: exactly the last band has none: it is everybody older"
    known = [age for age in ages if age is not None]
    if any(one >= other for one, other in pairwise(known)):
        yield "age_band.to_age: must rise from band to band"


def standing_has_one_rule(grading: Grading) -> Iterator[str]:
    """Whoever is out must know by which."""
    for number, rule in enumerate(grading.standing, 1):
        used = [name for name in ("share_of_top_pct", "below", "worst_share") if getattr(rule, name) is not None]
        if len(used) != 1:
            said = ", ".join(used) or "none"
            yield f"standing {number}: exactly one of share_of_top_pct, below, worst_share is needed (found: {said})"
        elif used[0] != "share_of_top_pct" and not rule.evidence:
            yield f"standing {number}.evidence: missing"
        if rule.worst_share is not None and not 0 < rule.worst_share[0] < rule.worst_share[1] <= 1000:
            yield f"standing {number}.worst_share: must be a share such as [1, 3]"


def honours_name_parts(grading: Grading) -> Iterator[str]:
    """A part that is not there would honour nobody."""
    keys = {part.key for part in grading.parts}
    for number, honour in enumerate(grading.honours, 1):
        for key in honour.parts_at_least:
            if key not in keys:
                yield f"honour {number}.parts_at_least: there is no part {key!r} (there are: {', '.join(sorted(keys))})"
        if honour.every_year_base is not None and grading.rules.period != "year":
            yield f'honour {number}.every_year_base: needs grade.period = "year"'


def _named(grading: Grading) -> list[tuple[str, Any]]:
    """Each part with what it is called in a fault."""
    named: list[tuple[str, Any]] = [(f"component {number}", part) for number, part in enumerate(grading.components, 1)]
    return named + [(f"points {number}", part) for number, part in enumerate(grading.points, 1)]


def _numbers(value: Any, path: str) -> Iterator[tuple[str, Decimal]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, 1):
            yield from _numbers(inner, f"{path} {number}")
    elif isinstance(value, str):
        try:
            yield path, Decimal(value)
        except ArithmeticError:
            return


RULES: tuple[Callable[[Grading], Iterator[str]], ...] = (
    weights_sum_to_100,
    percentages_are_within_100,
    targets_are_positive,
    points_are_not_negative,
    keys_differ,
    extension_courses_never_count,
    evidence_is_known,
    levels_are_those_of_their_kinds,
    there_is_one_scale,
    schemes_have_their_parts,
    caps_name_parts,
    age_bands_rise,
    standing_has_one_rule,
    honours_name_parts,
)
