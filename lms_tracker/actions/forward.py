"""Send to a target what is due: in the order of storing, none lost, none twice in effect.

The outbox is the record itself: a target has a position in it, and a list of what it did not take. A table of all that
waits would say the same twice, and would have to be written with every statement for every target. After a crash
everything after the position is sent again; statements keep their ids, so the other side stores none of them twice.
A statement that is refused is found by halving its batch, put aside with the reason, and the rest goes on. When the
target cannot be had, nothing moves, and it is tried again later.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row

from lms_tracker.actions.deliver import Delivery, Item, deliver
from lms_tracker.actions.remote import DETAIL, Remote, Trouble
from lms_tracker.actions.seal import Unreadable, unseal
from lms_tracker.actions.select_to_forward import asked_again, next_batch
from lms_tracker.core.forwarding import MOST_ASIDE, back_off
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.horizon import complete_through

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""A claim that is not finished by then is free for others: its process is gone."""
TURN = LEASE / 2
"""No further request is begun after that; what is decided by then counts."""
BATCH = 500
PAUSED_BY = {"refuses-all", "aside-full"}
"""Troubles that waiting does not end."""


def forward(
    db: Engine,
    target_id: int,
    *,
    secret_key: str,
    clock: Callable[[], datetime],
    jitter: Callable[[], float],
    batch: int = BATCH,
) -> bool:
    """One turn for a target; False when there was nothing to do. `jitter` gives a number between 0 and 1.

    Any number of processes may do this at once: a target is one's at a time.
    """
    now = clock()
    until = now + LEASE
    with writing(db) as tx:
        target = store.claim(tx, target_id, now, until)
    if target is None:
        return False
    items: Sequence[Item] = ()
    position = target.position
    again: list[int] = []
    try:
        remote = Remote(target.endpoint, target.username, _secret(secret_key, target), target.version)
        limit = max(1, batch >> target.attempts)  # a batch that is too much for the target becomes one that is not
        items, again = asked_again(db, target, limit)
        if not again:
            _require_room(db, target_id)
            through = complete_through(db)
            items, position = ((), position) if through is None else next_batch(db, target, through, limit)
        outcome = deliver(db, remote, items, target.attempts, lambda: clock() - now < TURN)
    except Trouble as e:
        outcome = Delivery(trouble=e)
    except Exception:
        log.exception("forwarding to target %s failed", target_id)
        outcome = Delivery(trouble=Trouble("internal"))
    if outcome.decided < len(items) or outcome.trouble:
        position = target.position if again or not outcome.decided else items[outcome.decided - 1].at
        again = [item.seq for item in items[: outcome.decided]] if again else []
    at = clock()
    with writing(db) as tx:
        values = {"position": position, "sent": target.sent + outcome.sent, **_state(target, outcome, at, jitter())}
        if not store.finish(tx, target_id, until, **values):
            log.warning("target %s: the claim was lost; what was sent is sent again, to no effect", target_id)
            return True
        store.take_back(tx, target_id, again)
        store.put_aside(tx, [_aside(target_id, *refused, at) for refused in outcome.aside])
    return bool(items or outcome.trouble or position != target.position)


def _require_room(db: Engine, target_id: int) -> None:
    with reading(db) as tx:
        if store.is_full(tx, target_id, MOST_ASIDE):
            raise Trouble("aside-full")


def _secret(secret_key: str, target: Row[Any]) -> str:
    try:
        return unseal(secret_key, target.secret_sealed)
    except Unreadable:
        raise Trouble("secret") from None


def _aside(target_id: int, item: Item, kind: str, reason: str, at: datetime) -> dict[str, Any]:
    id = UUID(item.seen.id)
    return {"target_id": target_id, "seq": item.seq, "statement_id": id, "kind": kind, "reason": reason, "at": at}


def _state(target: Row[Any], outcome: Delivery, at: datetime, jitter: float) -> dict[str, Any]:
    """What the target's row says from now on."""
    sent = {"sent_at": at} if outcome.sent else {}
    trouble = outcome.trouble
    if trouble is None:
        return sent | {"attempts": 0, "error": None, "error_detail": None, "error_at": None, "next_try_at": at}
    attempts = 1 if outcome.decided else target.attempts + 1
    log.warning("target %s: %s", target.id, trouble.kind)
    paused = {"paused_at": at} if trouble.kind in PAUSED_BY else {}
    return (
        sent
        | paused
        | {
            "attempts": attempts,
            "error": trouble.kind,
            "error_detail": trouble.detail[:DETAIL],
            "error_at": at,
            "next_try_at": at + back_off(attempts, jitter, trouble.retry_after_s),
        }
    )
