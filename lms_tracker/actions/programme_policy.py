"""Which policy is in force in a programme: by the day that is judged, and by what had been adopted at an instant."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.policies import find_policy, load_policy, policy_names, policy_of_text
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.study.stages import Stage
from lms_tracker.store.policies import Programme, adoptions_of, programmes_of


class InForce(Struct, frozen=True):
    """A policy and the first local date that it judges (None: from the beginning). `row`: where it is recorded."""

    first: date | None
    policy: Policy
    row: int | None = None


def policies_of(db: Connection, programme_id: int, beginning: str, as_of: datetime | None = None) -> list[InForce]:
    """The policies of a programme by date, the earliest first, as they had been adopted by an instant.

    `beginning` is the policy that the programme names: its file counts as long as nothing else is recorded.
    Raises PolicyErrors.
    """
    found: list[InForce] = []
    for row in adoptions_of(db, programme_id, as_of):
        policy = _kept(row)
        found = superseded(found, InForce(row.from_on, policy, row.id))
    if not found or found[0].first is not None:
        found.insert(0, InForce(None, load_policy(beginning)))
    return found


def superseded(policies: Sequence[InForce], new: InForce) -> list[InForce]:
    """The policies by date after one more was adopted: from its first day on it stands for all that were to come."""
    if new.first is None:
        return [new, *policies]
    return [*(one for one in policies if one.first is None or one.first < new.first), new]


def on_day(policies: Sequence[InForce], day: date) -> Policy:
    """The policy that judges a local date, of policies from the beginning on."""
    one = in_force_on(policies, day)
    assert one is not None
    return one.policy


def in_force_on(policies: Sequence[InForce], day: date) -> InForce | None:
    """The one that judges a local date; None: they begin later."""
    return next((one for one in reversed(policies) if one.first is None or one.first <= day), None)


class Adopted(Struct, frozen=True):
    """One adoption. `before`: what had been in force on its first date until then; None for the policy of the beginning."""

    row: Row[Any]
    policy: Policy
    before: Policy | None


def adopted(rows: Iterable[Row[Any]]) -> list[Adopted]:
    """Rows of store.policies.adoptions_of, superseded ones included, in their order."""
    found, so_far = [], list[InForce]()
    for row in rows:
        policy = _kept(row)
        before = in_force_on(so_far, row.from_on) if row.from_on else None
        found.append(Adopted(row, policy, before.policy if before else None))
        so_far = superseded(so_far, InForce(row.from_on, policy, row.id))
    return found


def policy_for(db: Connection, programme_id: int, text: str) -> tuple[Policy, str]:
    """A policy and its TOML, as of actions.policies.find_policy; or that of a name which is nowhere installed but which the
    programme has had, as it was adopted last. Raises PolicyErrors."""
    kept = [row for row in adoptions_of(db, programme_id) if row.name == text]
    if not kept or text in policy_names():
        return find_policy(text)
    return _kept(kept[-1]), str(kept[-1].content)


def _kept(row: Row[Any]) -> Policy:
    return policy_of_text(row.content, row.name, f"policy {row.policy}, as it was adopted")


def policy_in_force(db: Connection, programme_id: int, beginning: str, at: datetime, on: date | None = None) -> Policy:
    """The policy of a programme on the local date of an instant (or on another date), as known at that instant.

    Raises PolicyErrors.
    """
    policies = policies_of(db, programme_id, beginning, at)
    return on_day(policies, on or at.astimezone(policies[0].policy.study.zone).date())


def policy_of_programme(db: Connection, programme: Row[Any], at: datetime, on: date | None = None) -> Policy:
    """The same for a row of the programme table."""
    return policy_in_force(db, programme.id, programme.policy, at, on)


def policy_of_learner(db: Connection, learner_id: int, at: datetime) -> Policy:
    """The policy by which a learner studies at an instant: that of the programme entered last, else `default`.

    Raises PolicyErrors.
    """
    programme = programmes_of(db, [learner_id])[learner_id]
    return load_policy("default") if programme is None else policy_in_force(db, *programme, at)


def study_stages(
    db: Connection, learner_ids: Iterable[int], as_of: datetime | None = None
) -> Iterator[tuple[list[Stage], list[int]]]:
    """By which rules these learners' study time is judged, and whose by each: those of the programme entered last;
    `default` for everybody else. Each learner comes once. Raises PolicyErrors."""
    yield from stages_in(db, programmes_of(db, learner_ids), as_of)


def stages_in(
    db: Connection, programmes: Mapping[int, Programme | None], as_of: datetime | None = None
) -> Iterator[tuple[list[Stage], list[int]]]:
    """The same for learners in these programmes."""
    theirs: dict[Programme | None, list[int]] = defaultdict(list)
    for learner_id, programme in programmes.items():
        theirs[programme].append(learner_id)
    for programme, learners in theirs.items():
        if programme is None:
            yield [Stage(None, load_policy("default").study)], learners
        else:
            yield stages_of(policies_of(db, *programme, as_of)), learners


def stages_of(policies: Sequence[InForce]) -> list[Stage]:
    """What policies say of study time."""
    return [Stage(one.first, one.policy.study) for one in policies]
