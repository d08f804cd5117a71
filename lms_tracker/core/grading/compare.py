"""Two policies side by side: which keys differ, and what each learner would gain or lose. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct, to_builtins

from lms_tracker.core.grading.grade import Grade, Status
from lms_tracker.core.grading.history import StudyDay
from lms_tracker.core.grading.policy import Policy

Direction = Literal["gains", "loses", "same"]


class Change(Struct, frozen=True):
    """A key of the policy file that says something else; None where a policy does not have it at all."""

    key: str
    old: str | None
    new: str | None


class Study(Struct, frozen=True):
    """Study time of a learner in the programme's courses and dates, in microseconds."""

    credited_us: int = 0
    held_us: int = 0
    discounted: dict[str, int] = {}


class Outcome(Struct, frozen=True):
    """What one policy makes of a learner. The grade is None where the policy does not grade."""

    study: Study
    final: Decimal | None = None
    status: Status | None = None


class Compared(Struct, frozen=True):
    """A learner under both policies."""

    learner_id: int
    old: Outcome
    new: Outcome

    @property
    def credited_us(self) -> int:
        """Study time gained (or lost, below 0)."""
        return self.new.study.credited_us - self.old.study.credited_us

    @property
    def discounted(self) -> dict[str, int]:
        """Microseconds by reason that more (or less, below 0) would not count; only what differs."""
        old, new = self.old.study.discounted, self.new.study.discounted
        return {key: more for key in sorted(old | new) if (more := new.get(key, 0) - old.get(key, 0))}

    @property
    def final(self) -> Decimal | None:
        """Points of the final grade gained, None where one of the policies does not grade."""
        return None if self.old.final is None or self.new.final is None else self.new.final - self.old.final

    @property
    def direction(self) -> Direction:
        """By the final grade; where that is the same, by study time."""
        better = self.final or self.credited_us
        return "gains" if better > 0 else "loses" if better < 0 else "same"


class Totals(Struct, frozen=True):
    """All learners together. Stored as JSON with each adoption: only ever add fields, with defaults."""

    learners: int = 0
    gain: int = 0
    lose: int = 0
    credited_us: tuple[int, int] = (0, 0)
    """Under the old policy and the new one, as everywhere here."""
    held_us: tuple[int, int] = (0, 0)
    discounted: dict[str, tuple[int, int]] = {}
    mean_final: tuple[Decimal | None, Decimal | None] = (None, None)
    passed: tuple[int, int] = (0, 0)
    newly_passed: int = 0
    no_longer_passed: int = 0


def changes(old: Policy, new: Policy) -> list[Change]:
    """Keys in which two policies differ, defaults included, in the order in which a policy file has them."""
    before, after = dict(_leaves(_tables(old))), dict(_leaves(_tables(new)))
    keys = dict.fromkeys([*before, *after])
    return [Change(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def outcome(days: Iterable[StudyDay], grade: Grade | None) -> Outcome:
    """What a policy makes of a learner whose study days and grade under it are these."""
    credited = held = 0
    discounted: Counter[str] = Counter()
    for day in days:
        credited += day.credited_us
        held += day.held_us
        discounted.update(day.discounted)
    study = Study(credited, held, dict(discounted))
    return Outcome(study, grade.final, grade.status) if grade else Outcome(study)


def totals(people: Iterable[Compared]) -> Totals:
    """Sums over learners."""
    people = list(people)
    both = [(one.old, one.new) for one in people]
    reasons = sorted({reason for pair in both for side in pair for reason in side.study.discounted})

    def pair_of(amount: Any) -> tuple[int, int]:
        return sum(amount(old) for old, _ in both), sum(amount(new) for _, new in both)

    return Totals(
        learners=len(people),
        gain=sum(one.direction == "gains" for one in people),
        lose=sum(one.direction == "loses" for one in people),
        credited_us=pair_of(lambda side: side.study.credited_us),
        held_us=pair_of(lambda side: side.study.held_us),
        discounted={key: pair_of(lambda side, key=key: side.study.discounted.get(key, 0)) for key in reasons},
        mean_final=(_mean(old.final for old, _ in both), _mean(new.final for _, new in both)),
        passed=pair_of(lambda side: side.status == "passed"),
        newly_passed=sum(old.status != "passed" == new.status for old, new in both),
        no_longer_passed=sum(new.status != "passed" == old.status for old, new in both),
    )


def _mean(finals: Iterable[Decimal | None]) -> Decimal | None:
    known = [final for final in finals if final is not None]
    return (sum(known, Decimal(0)) / len(known)).quantize(Decimal("0.01")) if known else None


def _tables(policy: Policy) -> dict[str, Any]:
    """The policy as its file has it, with every default written out."""
    study: dict[str, Any] = to_builtins(policy.study)
    del study["id"]
    tables: dict[str, Any] = {"programme": {"name": to_builtins(policy.title)}, "study": study}
    if policy.grading is not None:
        tables["grade"] = to_builtins(policy.grading.rules)
        tables["component"] = {part.key: to_builtins(part) for part in policy.grading.components}
        tables["points"] = {part.key: to_builtins(part) for part in policy.grading.points}
        for name, several in (
            ("cap", policy.grading.caps),
            ("result", policy.grading.results),
            ("age_band", policy.grading.age_bands),
            ("standing", policy.grading.standing),
            ("honour", policy.grading.honours),
        ):
            tables[name] = {str(n): to_builtins(one) for n, one in enumerate(several, 1)}
        tables["contact"] = to_builtins(policy.grading.contact)
        tables["bulletin"] = to_builtins(policy.grading.bulletin)
    return tables


def _leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _leaves(value, here)
        else:
            yield here, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
