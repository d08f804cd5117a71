"""Bring ledgers in step with the evidence: derive what a learner's statements support, post what changed."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from lms_tracker.actions.programme_policy import stages_in
from lms_tracker.actions.settle_newer import Newer, settle_newer
from lms_tracker.actions.settle_whole import Whole, settle_whole
from lms_tracker.core.study.stages import differing
from lms_tracker.store.db import asking, reading, writing
from lms_tracker.store.decisions import causes_of, have_posted_decisions
from lms_tracker.store.driver import commit_soon, together
from lms_tracker.store.identity_history import have_posted
from lms_tracker.store.ledger import Change, post_changes
from lms_tracker.store.nameless import name_the_nameless, names_brought
from lms_tracker.store.remembered import forget, remember, remember_more
from lms_tracker.store.settling import (
    anybody_waits,
    claim_unsettled,
    finish_claims,
    mark_unsettled,
    news_of,
    release_claim,
    unsettled_among,
)

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A claim that is not finished by then is free for others: its process is gone."""
TURN = LEASE / 3
"""Of a batch, whoever has not been begun by then is given back: nobody alive loses a claim."""
BATCH = 500
"""Learners of one round. What is asked once for all of them takes as long as fifty who watch: rounds of 20 took four times as
long for each. TURN ends a round whose learners have much."""

WAITS, WAIT_S = 40, 0.05
"""So often, and so long each time, somebody who decided is kept waiting while a worker settles."""


def settle_pending(
    db: Engine,
    clock: Callable[[], datetime],
    cause: str = "newer evidence",
    limit: int = BATCH,
    take_over: bool = False,
    only: int | None = None,
) -> int:
    """Settle up to `limit` learners whose evidence changed, longest waiting first, or `only` one. How many were settled.

    Any number of processes may do this at once; each learner is settled by one of them. A learner whose settling fails
    is left for the end of the lease and logged: the others go on. `take_over`: also who is claimed by another process.
    """
    with asking(db) as tx:
        if not anybody_waits(tx):
            return 0
    now = clock()
    with writing(db) as tx:
        claims = claim_unsettled(tx, now, LEASE, limit, take_over, only)
    _learn_names(db, [claim.learner_id for claim in claims if claim.nameless])
    found = _settle(db, [claim.learner_id for claim in claims], lambda: clock() - now > TURN)
    done = {learner_id: outcome for learner_id, outcome in found.items() if outcome is not None}
    with writing(db) as tx, together(tx):  # one commit for all: on a disk, commits are what takes the time
        finished = finish_claims(tx, (claim for claim in claims if claim.learner_id in done), now + LEASE)
        _post(tx, {id: done[id] for id in sorted(finished)}, clock(), cause)
        release_claim(tx, (claim.learner_id for claim in claims if claim.learner_id not in found), now + LEASE)
        commit_soon(tx)  # were it lost, so would be the end of the claims
    return len(found)


def _learn_names(db: Engine, learner_ids: list[int]) -> None:
    """Who was met without a name gets the one that newer statements bring. This is where each is looked at that comes."""
    if not learner_ids:
        return
    with asking(db) as tx:
        names = names_brought(tx, learner_ids)
    if names:  # in a transaction of its own: nothing else of a learner is locked here
        with writing(db) as tx:
            name_the_nameless(tx, names)


Found = dict[int, Whole | Newer | None]
"""By learner; None where it failed."""


def _settle(db: Engine, learner_ids: list[int], late: Callable[[], bool]) -> Found:
    """What becomes of these learners' ledgers; of the first ones only when it gets `late`."""
    found: Found = {}
    try:
        with reading(db) as tx:
            for learner_id, outcome in _outcomes(tx, learner_ids):
                found[learner_id] = outcome
                if late():
                    break
    except Exception:
        left = [learner_id for learner_id in learner_ids if learner_id not in found]
        if len(left) == 1:
            log.exception("learner %s could not be settled; tried again after %s", left[0], LEASE)
            return found | {left[0]: None}
        for learner_id in left:  # one of them spoils it for all: each by itself
            found |= _settle(db, [learner_id], late)
            if late():
                break
    return found


def _outcomes(tx: Connection, learner_ids: Sequence[int]) -> Iterator[tuple[int, Whole | Newer]]:
    settled = set()
    for learner_id, outcome in _newer(tx, learner_ids):
        settled.add(learner_id)
        yield learner_id, outcome
    if others := [learner_id for learner_id in learner_ids if learner_id not in settled]:
        yield from settle_whole(tx, others)


def _newer(tx: Connection, learner_ids: Sequence[int]) -> Iterator[tuple[int, Newer]]:
    """Those of whom nothing but the newest statements must be read: remembered, and judged by the policy of then.

    Whoever is judged by several policies, or has decisions or frozen entries, is not remembered, and settled as a whole; so
    is whose newest statements are of most sessions.
    """
    news = news_of(tx, learner_ids)
    for stages, theirs in stages_in(tx, {learner_id: one.programme for learner_id, one in news.items()}):
        first, *others = differing(stages)
        for learner_id in theirs if not others else ():
            if news[learner_id].policy != first.policy.id:
                continue
            if (outcome := settle_newer(tx, learner_id, news[learner_id].seqs, first.policy)) is not None:
                yield learner_id, outcome


def _post(tx: Connection, outcomes: Mapping[int, Whole | Newer], now: datetime, cause: str) -> None:
    post_changes(tx, [_change(id, outcome, cause) for id, outcome in outcomes.items()], now)
    whole = {id: outcome for id, outcome in outcomes.items() if isinstance(outcome, Whole)}
    for id, outcome in whole.items():
        have_posted(tx, id, outcome.joins)
        have_posted_decisions(tx, id, [row.id for row in outcome.decisions])
    forget(tx, whole)
    remember(tx, {id: outcome.memory for id, outcome in whole.items() if outcome.memory})
    for id, newer in outcomes.items():
        if isinstance(newer, Newer):
            remember_more(tx, id, newer.remembered, newer.gone)


def _change(learner_id: int, outcome: Whole | Newer, cause: str) -> Change:
    if isinstance(outcome, Newer):
        within = {one.key for one in outcome.judged} | outcome.gone
        entries = [entry for one in outcome.judged for entry in one.entries]
        return Change(learner_id, entries, cause, within=within)
    why = "; ".join(outcome.joins.values()) or cause
    return Change(learner_id, outcome.entries, why, causes_of(outcome.decisions), outcome.adopted)


def settle_now(db: Engine, learner_id: int, clock: Callable[[], datetime]) -> None:
    """Bring the ledger of one learner up to date, for somebody who waits for the page.

    A worker may be at it already: after WAITS looks it is left to finish alone (store.settling.unsettled_among).
    """
    for _ in range(WAITS):
        with asking(db) as tx:
            if not unsettled_among(tx, [learner_id]):
                return
        if settle_pending(db, clock, only=learner_id):
            return
        time.sleep(WAIT_S)


def settle_all(db: Engine, clock: Callable[[], datetime], cause: str = "newer evidence") -> int:
    """Settle until nobody free is waiting. How many were settled."""
    total = 0
    while done := settle_pending(db, clock, cause):
        total += done
    return total


def request_recompute(db: Engine, learner_ids: list[int], now: datetime) -> None:
    """Have these learners settled anew from their statements."""
    with writing(db) as tx:
        mark_unsettled(tx, learner_ids, now)
