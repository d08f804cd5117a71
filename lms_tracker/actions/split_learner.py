"""An identity is somebody else's after all: it goes back to whom it was joined from, or to a learner of its own."""

import logging
from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.join_learners import Fault, IdentityRefused, checked_reason
from lms_tracker.core.identities import HAND, digest_of
from lms_tracker.core.xapi.actors import actor_of
from lms_tracker.store import identity_history as history
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import SPLIT, Event, Moved
from lms_tracker.store.people import name_learner

log = logging.getLogger(__name__)


class Split(msgspec.Struct, frozen=True):
    """What was done: who has the identities now, the number of the event in the history, and what it moved."""

    learner_id: int
    event_id: int
    moved: Moved


def split_learner(
    db: Engine,
    learner_id: int,
    ifis: Collection[str],
    *,
    reason: str,
    made_by: int | None,
    now: datetime,
    new: bool = False,
) -> Split:
    """Take identities off a learner, with their statements; both ledgers are settled anew.

    They go back to the learner from whom they were joined; when the last of those goes, account, enrolments and marks
    that came along go back, too. What was never joined, or with `new`, goes to a learner of its own. A mail address and
    its SHA-1 stay together. Raises IdentityRefused.
    """
    reason = checked_reason(reason)
    with writing(db) as tx:
        history.keep_writers_out(tx)
        former_ones = [former for _, former, _ in history.joins_into(tx, learner_id)]
        history.hold_learners(tx, [learner_id, *former_ones, *history.joined_into(tx, learner_id)])
        mine = {row.ifi for row in history.identities_of(tx, [learner_id])}
        chosen = _with_digests(set(ifis), mine)
        if unknown := sorted(chosen - mine):
            raise IdentityRefused(Fault("no-identity", learner=learner_id, ifis=", ".join(unknown)))
        if not chosen:
            raise IdentityRefused(Fault("none-named"))
        former = None if new else _former(tx, learner_id, chosen)
        if former is None:
            if chosen == mine:
                raise IdentityRefused(Fault("all"))
            to, moved = history.add_learner(tx, actor_of(min(ifis)), now), Moved()
        else:
            to, came = former
            moved = Moved() if (mine - chosen) & set(came.identities) else _still_there(tx, learner_id, came)
        moved.identities = sorted(chosen)
        moved.statements = history.move_identities(tx, chosen, to, HAND, now)
        for table, ids in history.tables_of(moved):
            history.move_rows(tx, table, ids, to)
        why = history.cause_of(SPLIT, reason)
        moved.frozen = history.move_frozen(tx, learner_id, to, moved.frozen, now, why)
        history.point_to(tx, [to], None)
        history.point_to(tx, moved.joined, to)
        history.call_by_own_names(tx, [learner_id, to])
        if moved.name is not None:
            name_learner(tx, learner_id, None)
        event_id = history.record(tx, Event(SPLIT, learner_id, to, reason, None, made_by, now), moved)
    log.info("identities of learner %d split off to %d, event %d", learner_id, to, event_id)
    return Split(to, event_id, moved)


def _with_digests(chosen: set[str], mine: set[str]) -> set[str]:
    pairs = [(ifi, digest) for ifi in mine if (digest := digest_of(ifi)) in mine and digest is not None]
    return chosen.union(*({*pair} for pair in pairs if chosen & {*pair}))


def _former(tx: Connection, learner_id: int, chosen: set[str]) -> tuple[int, Moved] | None:
    """Who was joined into the learner with these identities, the last time, and all that came then."""
    for _, former, came in history.joins_into(tx, learner_id):
        if not chosen & set(came.identities):
            continue
        row = history.learner_row(tx, former)
        if row is None or row.erased_at is not None or row.joined_into not in (None, learner_id):
            return None  # joined somewhere else meanwhile, or nobody any more
        if beside := sorted(chosen - set(came.identities)):
            raise IdentityRefused(Fault("beside", ifis=", ".join(beside)))
        return former, came
    return None


def _still_there(tx: Connection, learner_id: int, came: Moved) -> Moved:
    """What came with a join and has not gone elsewhere since."""
    who = history.learner_row(tx, learner_id)
    here = {
        table.name: [id for id in ids if id in {row.id for row in history.rows_of(tx, table, learner_id)}]
        for table, ids in history.tables_of(came)
    }
    return Moved(
        accounts=here["account"],
        enrolments=here["enrolment"],
        marks=here["mark"],
        achievements=here["achievement"],
        overrides=here["grade_override"],
        submissions=here["submission"],
        pairs=here["peer_pair"],
        assessments=here["assessment"],
        frozen=came.frozen,
        joined=[id for id in came.joined if id in history.joined_into(tx, learner_id)],
        name=came.name if who is not None and who.name == came.name else None,
    )
