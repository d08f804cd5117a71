"""Settle all evidence of learners, and say what is to be remembered of it (store.remembered)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from lms_tracker.actions.derive_ledgers import known_of, ledgers_under
from lms_tracker.actions.programme_policy import study_stages
from lms_tracker.core.study.engine import Settled
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.evidence import SessionKey, numbers_by_session
from lms_tracker.core.study.stages import causes_of_stages, differing
from lms_tracker.store.decisions import unposted_decisions
from lms_tracker.store.identity_history import unposted_causes
from lms_tracker.store.remembered import Memory, Remembered

WORTH = 500
"""Of whom fewer statements bear on study time, all are settled each time: that takes no longer than to look things up."""


class Whole(NamedTuple):
    """All of a learner's ledger, and what the ledger in force does not follow yet: joins and splits of people (event ->
    why), decisions about study time, and policies that were adopted (id -> why). `memory`: None
    where the learner is not worth remembering, or cannot be (store.remembered)."""

    entries: list[Entry]
    joins: dict[int, str]
    decisions: list[Row[Any]]
    adopted: dict[str, str]
    memory: Memory | None


def settle_whole(tx: Connection, learner_ids: Sequence[int]) -> Iterator[tuple[int, Whole]]:
    """What becomes of each learner's ledger. Posts nothing."""
    joins, decisions = unposted_causes(tx, learner_ids), unposted_decisions(tx, learner_ids)
    for stages, theirs in study_stages(tx, learner_ids):
        adopted, policy = causes_of_stages(stages), differing(stages)[0].policy
        for known in known_of(tx, theirs, policy.zone):
            numbers = numbers_by_session(known.evidence)
            for id, entries, sessions in ledgers_under(known, stages):
                memory = _memory(policy.id, sessions, numbers)
                yield id, Whole(entries, joins.get(id, {}), decisions.get(id, []), adopted, memory)


def _memory(policy: str, sessions: list[Settled] | None, numbers: Mapping[SessionKey, list[int]]) -> Memory | None:
    if sessions is None or sum(len(numbers[one.key]) for one in sessions) < WORTH:
        return None
    return Memory(policy, [Remembered(one.key, one.start, one.length, numbers[one.key]) for one in sessions])
