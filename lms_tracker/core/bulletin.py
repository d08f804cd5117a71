"""The figures of a programme's bulletin for one period, and its sealed, canonical bytes. The only names of persons are
of those who made progress, where the policy says so.

Figures are the state at the period's end (study dated up to its last day, marks in force at its last midnight), as the
evidence stored by the cut-off `as_of` supports it. Definitions:

- *studied*: has credited study dated in the period, in a course of any kind of the programme.
- *progressed*: the grade before rounding is higher than at the period's beginning.
- *need_contact*: core.grading.pace.needs_contact at the period's last day.
- *claimed_s* = *credited_s* + *held_s* + all of *discounted_s*: study seconds dated in the period, exact.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct

from lms_tracker.core.grading.grade import Grade, grade
from lms_tracker.core.grading.history import Course, History, span_of
from lms_tracker.core.grading.pace import expected_share, needs_contact
from lms_tracker.core.grading.points import unit_and_target
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.rounding import rounded
from lms_tracker.core.grading.tables import Grading
from lms_tracker.core.period import Period
from lms_tracker.core.sealed import opened, seal
from lms_tracker.core.study.entries import ENGINE, REASONS

FORMAT = "lms-tracker-bulletin/1"
SCHOOL_KINDS = ("city", "town", "other")
TICK = timedelta(microseconds=1)


class ProgrammeFacts(Struct, frozen=True):
    """What a bulletin says of its programme, and the instants between which its period lies."""

    slug: str
    name: str
    organisation: str | None
    starts_on: Any
    ends_on: Any
    begins_at: datetime
    ends_at: datetime


class _Learner(Struct, frozen=True):
    history: History
    before: Grade
    grade: Grade
    progressed: bool
    reasons: tuple[str, ...]
    seconds: Mapping[str, int]  # claimed, credited, held, and each reason, in microseconds
    studied: bool


def figures(
    programme: ProgrammeFacts,
    period: Period,
    histories: Iterable[History],
    courses: Mapping[int, Course],
    policy: Policy,
    as_of: datetime,
    previous: Mapping[str, Any] | None = None,
    people: Mapping[int, tuple[str, str | None]] | None = None,
) -> dict[str, Any]:
    """The content of a bulletin but for its version and seal. `previous`: content of the bulletin to compare with.
    `people`: (name, school) by learner id, where those who made progress are to be named."""
    grading = policy.grading
    if grading is None:
        raise ValueError(f"policy {policy.id} has no [grade] table: there is nothing to report")
    learners = [_learner(history, programme, period, courses, policy, grading, as_of) for history in histories]
    by_kind: dict[str, list[_Learner]] = {kind: [] for kind in SCHOOL_KINDS}
    for learner in learners:
        by_kind[learner.history.school_kind if learner.history.school_kind in SCHOOL_KINDS else "other"].append(learner)
    expected_now = expected_share(programme.starts_on, programme.ends_on, period.last)
    expected_before = expected_share(programme.starts_on, programme.ends_on, period.first - timedelta(days=1))
    targets = (target for unit, target in map(unit_and_target, grading.parts) if unit == "class_hours")
    target = sum(map(Fraction, targets), Fraction(0))
    content = {
        "format": FORMAT,
        "programme": {
            "slug": programme.slug,
            "name": programme.name,
            "organisation": programme.organisation,
            "starts_on": programme.starts_on.isoformat(),
            "ends_on": programme.ends_on.isoformat(),
        },
        "period": {"key": period.key, "first": period.first.isoformat(), "last": period.last.isoformat()},
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "timezone": policy.study.timezone,
        "policy": policy.id,
        "engine": ENGINE,
        "class_hour_s": Decimal(str(policy.study.class_hour_s)),
        "pass_mark": grading.rules.pass_mark,
        **({} if grading.rules.scheme == "weights" else {"scheme": grading.rules.scheme}),
        "contact_rule": {
            "pace_below_pct": grading.contact.pace_below_pct,
            "quiet_days": grading.contact.quiet_days,
            "grace_days": grading.contact.grace_days,
        },
        "expected_pct": _one(expected_now * 100),
        "period_expected_hours": _one(expected_now * target - expected_before * target),
        "all": _group(learners, grading),
        "by_school_kind": [{"kind": kind} | _group(group, grading) for kind, group in by_kind.items() if group],
    }
    if people is not None:
        content["made_progress"] = _made_progress(learners, people)
    return content | {"changes": None if previous is None else _changes(content, previous)}


READERS = ("head_teacher", "liaison", "staff", "bureau", "centre", "leading_group")
"""Roles that read the bulletins of what they reach, and are told by mail of a new one."""
NOBODY = "—"
"""Stands for the name of somebody who was erased."""


def without_name(data: bytes | str, name: str, school: str | None, at: str) -> bytes | None:
    """A bulletin that names a person among those who made progress, without the name; None where it does not.

    The figures stand. `redacted` keeps when, and the seal of what was issued, so that a copy on paper can still be
    checked against the record.
    """
    content = opened(data)
    named = [one for one in content.get("made_progress", ()) if one["name"] == name and one["school"] in (school, None)]
    if not named:
        return None
    for one in named:
        one["name"], one["school"] = NOBODY, None
    before = {"at": at, "was_sha256": content["sha256"]}
    return seal(content | {"redacted": [*content.get("redacted", ()), before]}, content["version"])


def _learner(
    history: History,
    programme: ProgrammeFacts,
    period: Period,
    courses: Mapping[int, Course],
    policy: Policy,
    grading: Grading,
    as_of: datetime,
) -> _Learner:
    end_at = min(as_of, programme.ends_at - TICK)
    span = span_of(grading.rules, programme.starts_on, programme.ends_on, history.first, period.last)
    ended = period.last >= span.last
    was = history.record(courses, period.first - timedelta(days=1), programme.begins_at - TICK, span)
    before = grade(was, policy, as_of=as_of, ended=False)
    now = grade(history.record(courses, period.last, end_at, span), policy, as_of=as_of, ended=ended)
    today = min(period.last, programme.ends_on)
    contact = needs_contact(now, first=history.first, last=programme.ends_on, today=today, rules=grading.contact)
    seconds: Counter[str] = Counter()
    for day in history.days:
        if period.first <= day.date <= period.last:
            seconds.update(claimed=day.raw_us, credited=day.credited_us, held=day.held_us)
            seconds.update(day.discounted)
    return _Learner(
        history=history,
        before=before,
        grade=now,
        progressed=_exact(now) > _exact(before),
        reasons=tuple(reason.code for reason in contact),
        seconds=seconds,
        studied=seconds["credited"] > 0,
    )


def _made_progress(learners: list[_Learner], people: Mapping[int, tuple[str, str | None]]) -> list[dict[str, Any]]:
    """Those whose grade rose, by how much it rose."""
    rose = sorted(
        (x for x in learners if x.progressed), key=lambda x: (_exact(x.before) - _exact(x.grade), x.history.learner_id)
    )
    return [
        {
            "name": people[x.history.learner_id][0],
            "school": people[x.history.learner_id][1],
            "credited_s": _seconds(x.seconds["credited"]),
            "final_before": x.before.final,
            "final": x.grade.final,
        }
        for x in rose
    ]


def _exact(of: Grade) -> Decimal:
    if of.scheme == "points":
        return of.final
    return sum((part.score * part.weight for part in of.components), Decimal(0)) + of.bonus


def _group(learners: list[_Learner], grading: Grading) -> dict[str, Any]:
    sums: Counter[str] = Counter()
    for learner in learners:
        sums.update(learner.seconds)

    def count(test: Callable[[_Learner], bool]) -> int:
        return sum(1 for learner in learners if test(learner))

    return {
        "enrolled": len(learners),
        "studied": count(lambda x: x.studied),
        "progressed": count(lambda x: x.progressed),
        "need_contact": count(lambda x: bool(x.reasons)),
        "behind": count(lambda x: "behind" in x.reasons),
        "quiet": count(lambda x: "quiet" in x.reasons),
        "passed": count(lambda x: x.grade.status == "passed"),
        "hours": {
            "claimed_s": _seconds(sums["claimed"]),
            "credited_s": _seconds(sums["credited"]),
            "held_s": _seconds(sums["held"]),
            "discounted_s": {reason: _seconds(sums[reason]) for reason in REASONS if sums[reason]},
        },
        "final_mean": _mean([x.grade.final for x in learners]),
        "components": [
            {
                "key": part.key,
                "title": {"zh": part.title.zh, "en": part.title.en},
                "weight": part.weight,
                "unit": unit_and_target(part)[0],
                "target": unit_and_target(part)[1],
                "have_mean": _mean([x.grade.components[n].have for x in learners]),
                "score_mean": _mean([x.grade.components[n].score for x in learners]),
                "points_mean": _mean([x.grade.components[n].points for x in learners]),
            }
            for n, part in enumerate(grading.parts)
        ],
    }


def _changes(content: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    new, old = content["all"], previous["all"]
    counts = ("enrolled", "studied", "progressed", "need_contact", "passed")
    return {
        "since": {"period": previous["period"]["key"], "version": previous["version"]},
        **{key: new[key] - old[key] for key in counts},
        **{key: Decimal(new["hours"][key]) - Decimal(old["hours"][key]) for key in ("claimed_s", "credited_s")},
        "final_mean": _difference(new["final_mean"], old["final_mean"]),
        "same_policy": content["policy"] == previous["policy"],
    }


def _difference(new: Decimal | int | None, old: Decimal | int | None) -> Decimal | None:
    return None if new is None or old is None else Decimal(new) - Decimal(old)


def _mean(values: list[Decimal]) -> Decimal | None:
    return _one(sum(map(Fraction, values), Fraction(0)) / len(values)) if values else None


def _one(value: Fraction) -> Decimal:
    return rounded(value, 1)


def _seconds(us: int) -> Decimal:
    return (Decimal(us) / 1_000_000).quantize(Decimal("0.000001"))
