"""A comparison of two policies for an operator: as text to be read, as JSON lines and as CSV. English."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from lms_tracker.core.grading.compare import Compared, Outcome, Totals

HOUR_US = 3_600_000_000


class Comparison(Struct, frozen=True):
    """`people`: each learner with who that is (learner: the actor, name, login, cohort)."""

    programme: str
    old: str
    new: str
    first: date | None
    """First date that is judged differently; None: all."""
    as_of: datetime
    totals: Totals
    people: list[tuple[Compared, dict[str, Any]]]


def to_text(comparison: Comparison) -> Iterator[str]:
    """Totals, then who gains or loses anything, those who lose most first."""
    c = comparison
    since = f" from {c.first}" if c.first else ""
    yield f"{c.programme}: {c.new} instead of {c.old}{since}, as of {_instant(c.as_of)}"
    yield from total_lines(c.totals)
    changed = [(one, who) for one, who in c.people if one.old != one.new]
    for one, who in sorted(changed, key=lambda pair: (pair[0].final or 0, pair[0].credited_us, pair[0].learner_id)):
        yield f"{who.get('name') or who.get('login') or one.learner_id}: {_sentence(one)}"


def total_lines(totals: Totals) -> Iterator[str]:
    """The sums, a line each: what, before, after, change."""
    t = totals
    same = t.learners - t.gain - t.lose
    yield f"{t.learners} learners: {t.gain} gain, {t.lose} lose, {same} stay as they are"
    for name, (old, new) in [("credited", t.credited_us), ("held", t.held_us), *t.discounted.items()]:
        yield f"  {name:<12} {_hours(old):>12} -> {_hours(new):>12} h  {_hours(new - old, sign=True):>12}"
    old_mean, new_mean = t.mean_final
    if old_mean is not None and new_mean is not None:
        yield f"  {'mean grade':<12} {old_mean:>12} -> {new_mean:>12}    {new_mean - old_mean:>+12}"
    passed, passed_now = t.passed
    moved = f"{t.newly_passed} newly, {t.no_longer_passed} no longer"
    yield f"  {'passed':<12} {passed:>12} -> {passed_now:>12}    {moved}"


def to_jsonl(comparison: Comparison) -> Iterator[str]:
    """The totals as the first line, then a line for each learner. Amounts are seconds."""
    c = comparison
    head = {"programme": c.programme, "old": c.old, "new": c.new, "from": c.first, "as_of": _instant(c.as_of)}
    t = c.totals
    pairs = {"credited_seconds": t.credited_us, "held_seconds": t.held_us}
    sums = {key: [_s(old), _s(new)] for key, (old, new) in pairs.items()}
    lost = {key: [_s(old), _s(new)] for key, (old, new) in t.discounted.items()}
    counts = {key: getattr(t, key) for key in ("learners", "gain", "lose", "newly_passed", "no_longer_passed")}
    more = {"discounted": lost, "mean_final": t.mean_final, "passed": t.passed}
    yield _json({"totals": head | counts | sums | more})
    for one, who in c.people:
        change = {
            "credited_seconds": _s(one.credited_us),
            "discounted": {key: _s(us) for key, us in one.discounted.items()},
            "final": one.final,
            "direction": one.direction,
        }
        yield _json({**who, "old": _side(one.old), "new": _side(one.new), "change": change})


def to_csv(comparison: Comparison) -> Iterator[str]:
    """A row for all together (learner `*`), then one for each learner. Amounts are seconds."""
    t = comparison.totals
    reasons = list(t.discounted)
    people = {"final": t.mean_final, "status": tuple(f"{number} passed" for number in t.passed)}
    yield _row(_header(reasons))
    sums: dict[str, tuple[Any, Any]] = {"credited": t.credited_us, "held": t.held_us, **t.discounted}
    yield _row(["*", "", "", _direction(t), *_cells(sums, reasons), *people["final"], *people["status"]])
    for one, who in comparison.people:
        old, new = one.old, one.new
        sums = {
            "credited": (old.study.credited_us, new.study.credited_us),
            "held": (old.study.held_us, new.study.held_us),
        }
        sums |= {key: (old.study.discounted.get(key, 0), new.study.discounted.get(key, 0)) for key in reasons}
        named = [_inert(who.get(key) or "") for key in ("login", "name", "cohort")]
        yield _row([*named, one.direction, *_cells(sums, reasons), old.final, new.final, old.status, new.status])


def _header(reasons: list[str]) -> list[str]:
    measures = [f"{name}_seconds" for name in ("credited", "held")] + [f"discounted_{name}" for name in reasons]
    sides = [f"{name}_{side}" for name in [*measures, "final", "status"] for side in ("old", "new")]
    return ["login", "name", "cohort", "direction", *sides]


def _cells(sums: dict[str, tuple[int, int]], reasons: list[str]) -> list[float]:
    return [_s(us) for name in ("credited", "held", *reasons) for us in sums[name]]


def _direction(totals: Totals) -> str:
    return f"{totals.gain} gain, {totals.lose} lose"


def _sentence(one: Compared) -> str:
    said = []
    if one.credited_us:
        said.append(f"credited {_hours(one.credited_us, sign=True)} h")
    held = one.new.study.held_us - one.old.study.held_us
    if held:
        said.append(f"held {_hours(held, sign=True)} h")
    if one.discounted:
        said.append(f"({', '.join(f'{key} {_hours(us, sign=True)} h' for key, us in one.discounted.items())})")
    if one.old.final != one.new.final:
        said.append(f"grade {one.old.final} -> {one.new.final}")
    if one.old.status != one.new.status:
        said.append(f"{one.old.status} -> {one.new.status}")
    return ", ".join(said).replace(", (", " (")


def _side(side: Outcome) -> dict[str, Any]:
    study = side.study
    return {
        "credited_seconds": _s(study.credited_us),
        "held_seconds": _s(study.held_us),
        "discounted": {key: _s(us) for key, us in study.discounted.items()},
        "final": side.final,
        "status": side.status,
    }


def _hours(us: int, sign: bool = False) -> str:
    hours = (Decimal(us) / HOUR_US).quantize(Decimal("0.01"))
    return f"{hours:+,}" if sign else f"{hours:,}"


def _s(us: int) -> float:
    return us / 1_000_000


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _json(line: dict[str, Any]) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(line).decode()


def _row(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()


def _inert(text: str) -> str:
    """A spreadsheet would run it as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
