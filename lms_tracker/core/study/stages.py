"""Policies that follow one another: the days before an adoption keep the rules they had, the days from it on have new ones.

Study days are local dates, so a session over midnight is judged by two policies, an entry of each.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from msgspec import Struct, to_builtins

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import Frozen, settle_many
from lms_tracker.core.study.entries import ENGINE, Entry, Interval, in_ledger
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.sessions import Catalogue


class Stage(Struct, frozen=True):
    """Rules and the first local date that they judge; None for those of the beginning."""

    first: date | None
    policy: StudyPolicy


def settle_stages(
    evidence: Evidence, stages: Sequence[Stage], catalogue: Catalogue | None = None, frozen: Frozen | None = None
) -> Iterator[tuple[int, list[Entry]]]:
    """(learner id, ledger) of each learner in the evidence, under policies that follow one another (the earliest first,
    all of one time zone); `frozen` and ledgers as in `settle_many`.

    Each stage is what `settle_many` says of its dates, given what the stages before it have credited: that counts neither
    twice on the clock nor twice in the content, whatever either policy would have said of the other's days.
    """
    stages = differing(stages)
    ledgers = settle_many(evidence, stages[0].policy, catalogue, frozen)
    for before, stage in pairwise(stages):
        assert stage.first is not None
        ledgers = _go_on(dict(ledgers), evidence, before.policy, stage.first, stage.policy, catalogue, frozen or {})
    return ledgers


def _go_on(
    ledgers: dict[int, list[Entry]],
    evidence: Evidence,
    old: StudyPolicy,
    first: date,
    new: StudyPolicy,
    catalogue: Catalogue | None,
    frozen: Frozen,
) -> Iterator[tuple[int, list[Entry]]]:
    """The ledgers up to a date as they are, and from there on by the new policy."""
    kept = {id: [entry for entry in entries if entry.date < first] for id, entries in ledgers.items()}
    standing = {
        id: [*entries, *(entry for entry in frozen.get(id, ()) if entry.date >= first), _the_past(old, first, id)]
        for id, entries in kept.items()
    }
    for id, entries in settle_many(evidence, new, catalogue, standing):
        yield id, sorted([*kept[id], *(entry for entry in entries if entry.date >= first)], key=in_ledger)


def differing(stages: Sequence[Stage]) -> list[Stage]:
    """Stages whose rules for study time are not those of the stage before: new weights, or a new name, leave the ledger
    alone."""
    out = list(stages[:1])
    for stage in stages[1:]:
        if _rules(stage.policy) != _rules(out[-1].policy):
            out.append(stage)
    return out


def _rules(policy: StudyPolicy) -> dict[str, Any]:
    """What changes an entry: neither the name nor the deadlines of reviews do."""
    rules: dict[str, Any] = to_builtins(policy)
    return {key: value for key, value in rules.items() if key not in ("id", "review")}


def _the_past(policy: StudyPolicy, first: date, learner_id: int) -> Entry:
    """An entry that takes all of the clock before a date, so that the next stage credits nothing there, and nothing of
    the content that it would have credited there is `repeat` afterwards."""
    midnight = to_us(datetime.combine(first, time(), policy.zone).astimezone(UTC))
    taken = Interval(0, midnight, 0, None, "credited", ("", ""))
    return Entry(
        learner_id=learner_id,
        activity="",
        session="",
        registration="",
        date=first - timedelta(days=1),
        raw_us=0,
        credited_us=0,
        held_us=0,
        discounted={},
        intervals=[taken],
        evidence="proved",
        policy=policy.id,
        engine=ENGINE,
    )


def causes_of_stages(stages: Iterable[Stage]) -> dict[str, str]:
    """Policy id -> what the ledger says of entries that are reversed because that policy judges their date now."""
    return {s.policy.id: adoption_cause(s.policy.id, s.first) for s in stages if s.first is not None}


def adoption_cause(policy_id: str, first: date) -> str:
    """How the ledger names the adoption of rules for study time. What was posted says so for ever."""
    return f"policy {policy_id} from {first}"
