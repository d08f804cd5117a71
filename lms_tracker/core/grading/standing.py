"""People among others: who is out by a standing rule, and who is honoured. Pure; a group is judged whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.group import Honour, Standing
from lms_tracker.core.grading.rounding import decimal
from lms_tracker.core.grading.things import Thing
from lms_tracker.core.grading.words import Words, plain


class Member(Struct, frozen=True):
    """Somebody of a group. `things`: all achievements of the programme in force; `years`: grades of all periods so far,
    the earliest first, `grade` included."""

    learner_id: int
    cohort_id: int
    grade: Grade
    things: tuple[Thing, ...] = ()
    years: tuple[Grade, ...] = ()
    ended: bool = False
    """The period of `grade` has passed."""


class Trouble(Struct, frozen=True):
    """A standing rule that somebody meets: `value` against `limit`, by the evidence `refs`. `settled`: nothing can change
    it any more; else it is a warning."""

    key: str
    title: Words
    value: Decimal
    limit: Decimal
    refs: tuple[str, ...]
    settled: bool

    def sentence(self, locale: str) -> str:
        """One sentence in "zh" or "en"."""
        value, limit = plain(round(self.value, 2)), plain(round(self.limit, 2))
        if locale.startswith("en"):
            said = f"{self.title.en} ({value}; limit {limit})"
            return said if self.settled else f"{said}; as things stand now"
        said = f"{self.title.zh}（{value}，界限 {limit}）"
        return said if self.settled else f"{said}；按目前情况"


class Honoured(Struct, frozen=True):
    """Somebody who is honoured; `rank` 1 is the best of the group, equals share a rank. `value`: what the order went by."""

    key: str
    title: Words
    learner_id: int
    rank: int
    value: Decimal


def standing(rules: Iterable[Standing], members: Sequence[Member]) -> dict[int, tuple[Trouble, ...]]:
    """The rules that each learner meets; learners who meet none are left out."""
    found: dict[int, list[Trouble]] = defaultdict(list)
    for rule in rules:
        for group in _groups(rule.group, members):
            limit = _share_of_top(rule, group)
            for member in group:
                trouble = _by_total(rule, member, limit) if limit is not None else _by_evidence(rule, member)
                if trouble is not None:
                    found[member.learner_id].append(trouble)
    return {learner: tuple(troubles) for learner, troubles in found.items()}


def honours(rules: Iterable[Honour], members: Sequence[Member], out: Mapping[int, Sequence[Trouble]]) -> list[Honoured]:
    """Who is honoured by which rule, by rule, group and rank. `out`: what `standing` found."""
    return [
        honoured for rule in rules for group in _groups(rule.group, members) for honoured in _of_group(rule, group, out)
    ]


def threshold(rule: Standing, totals: Iterable[Decimal]) -> Fraction:
    """So many percent of the mean of the highest totals; of fewer people, of the mean of all."""
    best = sorted(totals, reverse=True)[: rule.top]
    mean = sum(map(Fraction, best), Fraction(0)) / len(best) if best else Fraction(0)
    return mean * Fraction(rule.share_of_top_pct or 0) / 100


def _groups(by: str, members: Sequence[Member]) -> list[list[Member]]:
    groups: dict[int, list[Member]] = defaultdict(list)
    for member in members:
        groups[member.cohort_id if by == "cohort" else 0].append(member)
    return [groups[key] for key in sorted(groups)]


def _share_of_top(rule: Standing, group: Sequence[Member]) -> Fraction | None:
    if rule.share_of_top_pct is None:
        return None
    return threshold(rule, (member.grade.final for member in group))


def _by_total(rule: Standing, member: Member, limit: Fraction) -> Trouble | None:
    if Fraction(member.grade.final) >= limit:
        return None
    return Trouble(rule.key, rule.title, member.grade.final, decimal(limit), (), member.ended)


def _by_evidence(rule: Standing, member: Member) -> Trouble | None:
    own = sorted(
        (thing for thing in member.things if thing.kind == rule.evidence and thing.size is not None), key=_when
    )
    if rule.worst_share is not None:
        return _among_the_worst(rule, own)
    last = {thing.item: thing for thing in sorted(own, key=lambda thing: (thing.attempt, _when(thing)))}
    results = sorted(last.values(), key=_when)
    if rule.latest:
        results = results[-rule.times :]
    bad = [thing for thing in results if (thing.size or 0) < Fraction(rule.below or 0)]
    if len(bad) < rule.times:
        return None
    if rule.times == 1:
        worst = min(bad, key=lambda thing: thing.size or 0)
        value, limit = decimal(worst.size or Fraction(0)), rule.below or Decimal(0)
    else:
        value, limit = Decimal(len(bad)), Decimal(rule.times)
    return Trouble(rule.key, rule.title, value, limit, tuple(thing.ref for thing in bad), True)


def _among_the_worst(rule: Standing, ranks: Sequence[Thing]) -> Trouble | None:
    """Sizes are ranks in percent of their number: the bottom third are those above 66.67."""
    assert rule.worst_share is not None
    worst, of = rule.worst_share
    border = Fraction(of - worst, of) * 100
    run: list[Thing] = []
    for thing in ranks:
        run = [*run, thing] if (thing.size or 0) > border else []
        if len(run) >= rule.times:
            refs = tuple(one.ref for one in run)
            return Trouble(rule.key, rule.title, decimal(thing.size or Fraction(0)), decimal(border), refs, True)
    return None


def _of_group(rule: Honour, group: Sequence[Member], out: Mapping[int, Sequence[Trouble]]) -> list[Honoured]:
    fit = [member for member in group if _fits(rule, member, out)]
    values = sorted(((_value(rule, member), member.learner_id) for member in fit), key=lambda one: (-one[0], one[1]))
    places = rule.top or len(values)
    if rule.top_pct is not None:
        places = min(places, max(1, int(len(group) * Fraction(rule.top_pct) / 100)))
    if places < len(values):
        values = [one for one in values if one[0] >= values[places - 1][0]]
    order = [value for value, _ in values]
    return [Honoured(rule.key, rule.title, learner, order.index(value) + 1, value) for value, learner in values]


def _fits(rule: Honour, member: Member, out: Mapping[int, Sequence[Trouble]]) -> bool:
    grade = member.grade
    scores = {part.key: part.score if part.tier == "weight" else part.points for part in grade.components}
    bases = [year.base for year in member.years] or [grade.base]
    return (
        (grade.status == "passed" or not rule.passed)
        and grade.final >= rule.at_least
        and all(scores.get(key, Decimal(0)) >= least for key, least in rule.parts_at_least.items())
        and (rule.every_year_base is None or all(base >= rule.every_year_base for base in bases))
        and not (rule.not_standing and any(trouble.settled for trouble in out.get(member.learner_id, ())))
    )


def _value(rule: Honour, member: Member) -> Decimal:
    if rule.by == "final" or not member.years:
        return member.grade.final
    return sum((year.final for year in member.years), Decimal(0))


def _when(thing: Thing) -> tuple[str, int, str]:
    return (thing.happened_on.isoformat() if thing.happened_on else "", thing.attempt, thing.ref)
