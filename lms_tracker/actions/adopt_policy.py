"""A programme gets another policy from a date on. The one before is superseded, not edited, and can be adopted again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.compare_policies import compare_policies
from lms_tracker.actions.gather_records import UnknownProgramme
from lms_tracker.actions.policies import NAME, policy_text
from lms_tracker.actions.programme_policy import InForce, on_day, policies_of, policy_for, superseded
from lms_tracker.core.grading.compare import Totals, totals
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.typed import legible
from lms_tracker.store.db import reading, writing
from lms_tracker.store.policies import adoptions_of, ever_enrolled, lock_programme, record_adoption
from lms_tracker.store.programmes import assignments, programme_by_id
from lms_tracker.store.settling import mark_unsettled


class AdoptionRefused(ValueError):
    """The policy cannot be adopted. The message says why."""


class Adoption(Struct, frozen=True):
    """What was adopted. `effect` is what it changes as far as evidence goes today; `learners`: who is settled anew."""

    id: int
    policy: Policy
    effect: Totals
    learners: int


def adopt_policy(
    db: Engine,
    programme_id: int,
    source: str,
    from_on: date,
    reason: str,
    *,
    now: datetime,
    adopted_by: int | None = None,
) -> Adoption:
    """From a local date on, a policy, as its file is now, judges study and grades of a programme. `source`: as of
    policy_for; the content is kept, so a file need not stay.

    Whatever had been adopted for that date or later is superseded. All its learners are settled anew; their ledgers say
    "policy … from …" of every entry that changes. Raises PolicyErrors, UnknownProgramme and AdoptionRefused.
    """
    reason = legible(reason)
    if not reason:
        raise AdoptionRefused("a reason is needed: it stands in the programme's history")
    with reading(db) as tx:
        policy, content = policy_for(tx, programme_id, source)
        if not NAME.fullmatch(policy.name):
            raise AdoptionRefused(
                f"{source}: a policy that is adopted is called by letters, digits, '.', '_' and '-' only"
            )
        before = _policies(tx, programme_id)
        _check(tx, programme_id, before, policy, from_on)
    after = superseded(before, InForce(from_on, policy))
    effect = totals(compare_policies(db, programme_id, before, after, now))
    with writing(db) as tx:
        lock_programme(tx, programme_id)
        if _policies(tx, programme_id) != before:
            raise AdoptionRefused("another policy was adopted at this moment; look at it, and try again")
        _keep_beginning(tx, programme_id, before[0], now)
        id = record_adoption(
            tx,
            programme_id,
            name=policy.name,
            policy=policy.id,
            content=content,
            from_on=from_on,
            reason=reason,
            adopted_by=adopted_by,
            adopted_at=now,
            effect=msgspec.json.encode(effect).decode(),
        )
        learners = ever_enrolled(tx, programme_id)
        mark_unsettled(tx, learners, now)
    return Adoption(id, policy, effect, len(learners))


def _policies(tx: Connection, programme_id: int) -> list[InForce]:
    row = programme_by_id(tx, programme_id)
    if row is None:
        raise UnknownProgramme(f"there is no programme with id {programme_id}")
    return policies_of(tx, programme_id, row.policy)


def _check(tx: Connection, programme_id: int, before: Sequence[InForce], policy: Policy, from_on: date) -> None:
    programme = programme_by_id(tx, programme_id)
    assert programme is not None
    for rule in RULES:
        for fault in rule(tx, programme, before, policy, from_on):
            raise AdoptionRefused(f"{policy.id} cannot be adopted from {from_on}: {fault}")


def _keep_beginning(tx: Connection, programme_id: int, first: InForce, now: datetime) -> None:
    """The policy of the beginning stays what it is, whatever becomes of its file."""
    if any(row.from_on is None for row in adoptions_of(tx, programme_id)):
        return
    name = first.policy.name
    record_adoption(
        tx,
        programme_id,
        name=name,
        policy=first.policy.id,
        content=policy_text(name),
        from_on=None,
        reason="",
        adopted_by=None,
        adopted_at=now,
    )


# --- rules of adoption --------------------------------------------------------------------------------------------

Rule = Callable[[Connection, Row[Any], Sequence[InForce], Policy, date], Iterator[str]]


def it_begins_within_the_programme(
    _: Connection, programme: Row[Any], before: Sequence[InForce], policy: Policy, from_on: date
) -> Iterator[str]:
    """After the last day nothing is judged any more; before the first one a date is most likely a slip."""
    if from_on > programme.ends_on:
        yield f"the programme ends on {programme.ends_on}"
    if from_on < programme.starts_on:
        yield f"the programme begins on {programme.starts_on}; from that day on, it judges all of it"


def it_changes_something(
    _: Connection, programme: Row[Any], before: Sequence[InForce], policy: Policy, from_on: date
) -> Iterator[str]:
    """The same policy once more is most likely a slip."""
    later = [one for one in before if one.first is not None and one.first > from_on]
    if not later and on_day(before, from_on).id == policy.id:
        yield "it is in force then already"


def dates_stay_what_they_are(
    _: Connection, programme: Row[Any], before: Sequence[InForce], policy: Policy, from_on: date
) -> Iterator[str]:
    """A second may not belong to two dates, nor to none."""
    old = before[0].policy.study.timezone
    if policy.study.timezone != old:
        yield f"its time zone is {policy.study.timezone}, that of the programme {old}"


def grades_go_on(
    _: Connection, programme: Row[Any], before: Sequence[InForce], policy: Policy, from_on: date
) -> Iterator[str]:
    """A programme that grades goes on to grade."""
    if policy.grading is None and any(one.policy.grading for one in before):
        yield "it has no [grade] table, and the programme grades"


def marks_keep_their_part(
    tx: Connection, programme: Row[Any], before: Sequence[InForce], policy: Policy, from_on: date
) -> Iterator[str]:
    """Work that was set still counts for something."""
    keys = {part.key for part in policy.grading.parts} if policy.grading else set()
    lost = sorted({work.component for work in assignments(tx, programme.id)} - keys)
    if lost:
        yield f"it has no part {', '.join(lost)}, for which work has been set"


RULES: tuple[Rule, ...] = (
    it_begins_within_the_programme,
    it_changes_something,
    dates_stay_what_they_are,
    grades_go_on,
    marks_keep_their_part,
)
