"""How far somebody is from the target, and what would close it. Pure."""

from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from lms_tracker.core.counted import so_many
from lms_tracker.core.grading.components import Component, Missing
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.core.grading.parts import MARKS, Achievements, ClassHours, Marks, Part, Points
from lms_tracker.core.grading.points import next_gain
from lms_tracker.core.grading.rounding import decimal
from lms_tracker.core.grading.tables import Grading
from lms_tracker.core.grading.words import Words, plain


class Way(Struct, frozen=True):
    """What would earn points next: `units` more of a part earn `points` more."""

    key: str
    title: Words
    units: Decimal
    unit: str
    points: Decimal
    base: bool
    """Whether they count towards the pass mark."""
    at_most: bool = False
    """It depends on the level or the mark how many; this is the highest."""

    def sentence(self, locale: str) -> str:
        """One line in "zh" or "en"."""
        units, points = plain(round(self.units, 2)), plain(round(self.points, 2))
        if locale.startswith("en"):
            forms = {"class_hours": ("more class hour", "more class hours")}
            forms["marks"] = ("more piece of work", "more pieces of work")
            said = so_many(units, *forms.get(self.unit, ("more", "more")))
            return f"{self.title.en}: {said} → {'up to ' * self.at_most}+{so_many(points, 'point', 'points')}"
        unit = {"class_hours": "学时", "marks": "项"}.get(self.unit, "次")
        return f"{self.title.zh}：再 {units} {unit} → {'最多 ' * self.at_most}+{points} 分"


def distance(grade: Grade, locale: str) -> str:
    """What is missing in one sentence, with the day by which; empty when nothing is.

    "还差 2.5 学时和 1 项作业，截止 6 月 30 日" / "2.5 class hours and 1 piece of work are missing, until June 30".
    """
    lacks = [_said(lack, locale) for lack in grade.missing]
    if not lacks:
        return ""
    last = grade.span.last if grade.span is not None else None
    if locale.startswith("en"):
        joined = lacks[0] if len(lacks) == 1 else f"{', '.join(lacks[:-1])} and {lacks[-1]}"
        return f"Missing: {joined}" + (f", until {_MONTHS[last.month - 1]} {last.day}" if last else "")
    joined = lacks[0] if len(lacks) == 1 else f"{'、'.join(lacks[:-1])}和 {lacks[-1]}"
    return f"还差 {joined}" + (f"，截止 {last.month} 月 {last.day} 日" if last else "")


def ways(grade: Grade, grading: Grading) -> list[Way]:
    """What would earn points next, part by part: those that count towards the pass mark first."""
    found = []
    for component, part in zip(grade.components, grading.parts, strict=True):
        gain = _next(component, part)
        if gain is not None:
            units, points = gain
            unit = "class_hours" if isinstance(part, ClassHours) else component.unit
            base, at_most = component.tier != "bonus", bool(getattr(part, "by_level", None)) or _by_mark(part)
            found.append(Way(component.key, component.title, decimal(units), unit, decimal(points), base, at_most))
    return sorted(found, key=lambda way: not way.base)


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _next(component: Component, part: Part | Points) -> tuple[Fraction, Fraction] | None:
    if isinstance(part, Points):
        if all(KINDS[kind].fact for kind in part.evidence if kind in KINDS) and part.evidence[0] in KINDS:
            return None  # what somebody is cannot be done
        gain = next_gain(part, Fraction(component.have), Fraction(component.points), by_mark=_by_mark(part))
        first = part.skip - sum(1 for source in component.sources if source.note == "included")
        return (gain[0] + first, gain[1]) if gain is not None else None
    room = Fraction(part.weight) - Fraction(component.points)
    if room <= 0:
        return None
    if isinstance(part, Marks):
        left = component.lacking
        return (Fraction(left), Fraction(part.weight) * Fraction(component.open)) if left else None
    if isinstance(part, Achievements) and part.take in ("mean", "best"):
        return None
    return Fraction(part.target) - Fraction(component.have), room


def _by_mark(part: Part | Points) -> bool:
    """Whether it goes by marks of 0-100: nobody knows beforehand how many points one more is."""
    if isinstance(part, Marks):
        return True
    if not isinstance(part, Points) or part.per_unit is None:
        return False
    return all(kind == MARKS or (kind in KINDS and KINDS[kind].out_of != "none") for kind in part.evidence)


def _said(lack: Missing, locale: str) -> str:
    amount = plain(lack.amount)
    if locale.startswith("en"):
        return {
            "class_hours": so_many(amount, "class hour", "class hours"),
            "marks": f"{so_many(amount, 'piece', 'pieces')} of work ({lack.title.en})",
            "items": f"{amount} x {lack.title.en}",
            "points": f"{so_many(amount, 'point', 'points')} ({lack.title.en})",
        }[lack.unit]
    return {
        "class_hours": f"{amount} 学时",
        "marks": f"{amount} 项{lack.title.zh}",
        "items": f"{amount} 次{lack.title.zh}",
        "points": f"{amount} 分（{lack.title.zh}）",
    }[lack.unit]
