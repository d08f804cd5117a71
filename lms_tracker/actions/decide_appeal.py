"""A second reviewer decides an appeal; before that, monitor and head teacher may say what they know of it."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.review_hold import REVIEWED, checked_words
from lms_tracker.actions.tell_of_reviews import tell_learner
from lms_tracker.core.study.decisions import SUSPECT, Window, amount_within
from lms_tracker.core.study.review import NotAllowed, check_reviewer
from lms_tracker.store import reviews as store
from lms_tracker.store.db import writing
from lms_tracker.store.decisions import Made, record_decision
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.identity_history import hold_learners
from lms_tracker.store.ledger import entries_in_force

log = logging.getLogger(__name__)

UPHELD, DECLINED = "upheld", "declined"


class Sight(NamedTuple):
    """What of an appeal may change while somebody reads it: the number of the last statement (0: none), and how many
    microseconds of study time it is about."""

    said: int
    amount_us: int


class AppealChanged(NotAllowed):
    """`changed`: the appeal is not what was seen."""

    def __init__(self, seen: Sight, there: Sight) -> None:
        super().__init__("changed")
        self.seen, self.there = seen, there


def decide_appeal(
    db: Engine, appeal_id: int, *, uphold: bool, words: str, by: int, now: datetime, seen: Sight | None = None
) -> int:
    """Upheld: rejected time is released, a discount is granted. Declined: the ledger stays as it is. Whose it is.

    `seen`: the appeal as the reviewer saw it. Raises AppealChanged (`changed`) when it is another now, and NotAllowed:
    `own`, `same-reviewer` (who rejected, or made a statement), `not-yet` (the hold has not been reviewed for the first
    time), `decided`, `words`, `none`. Roles are the caller's to check.
    """
    try:
        with writing(db) as tx:
            row = _open(tx, appeal_id)
            check_reviewer(by, store.accounts_of(tx, row.owner), who_took_part(tx, row))
            rejection = _rejection(tx, row)
            there = sight_of(tx, row)
            if seen is not None and seen != there:
                raise AppealChanged(seen, there)
            words = checked_words(words)
            if not store.close_appeal(tx, store.numbered(row.id), UPHELD if uphold else DECLINED, by, words, now):
                raise NotAllowed("decided")
            if uphold:
                store.link_decision(tx, row.id, _uphold(tx, row, rejection, words, by, now))
            tell_learner(tx, row.owner, "appeal_decided", f"appeal_id {row.id}", {"appeal": row.id}, now)
    except IntegrityError as e:
        raise NotAllowed("decided") from e
    log.info("account %d: appeal %d %s", by, appeal_id, UPHELD if uphold else DECLINED)
    return int(row.owner)


def sight_of(tx: Connection, row: Row[Any]) -> Sight:
    """An appeal as it is now."""
    window = Window(row.activity, row.session, row.registration, row.start_us, row.end_us)
    verdicts = {row.about} if row.hold_id is None else SUSPECT
    entries = list(entries_in_force(tx, [row.owner], row.date, row.date))
    said = max((one.id for one in store.statements_on(tx, row.id)), default=0)
    return Sight(said, sum(amount_within(entry, window, verdict) for entry in entries for verdict in verdicts))


def state_on_appeal(db: Engine, appeal_id: int, *, role: str, words: str, by: int, now: datetime) -> int:
    """What the class's monitor or head teacher has to say; the number of the statement. Raises NotAllowed."""
    words = checked_words(words)
    with writing(db) as tx:
        row = _open(tx, appeal_id)
        check_reviewer(by, store.accounts_of(tx, row.owner))
        return store.add_statement(tx, row.id, by, role, words, now)


def who_took_part(tx: Connection, row: Row[Any]) -> set[int | None]:
    """Accounts that can't be the second reviewer: who rejected, and who made a statement."""
    hold = store.holds_by_id(tx, [row.hold_id]).get(row.hold_id) if row.hold_id else None
    first = hold[1].decided_by if hold is not None and hold[1] is not None else None
    return {first, *(said.made_by for said in store.statements_on(tx, row.id))} - {None}


def ready_since(tx: Connection, rows: Sequence[Row[Any]]) -> dict[int, datetime]:
    """Since when appeals wait for their second reviewer, by number; those whose hold waits for the first are left out."""
    holds = store.holds_by_id(tx, [row.hold_id for row in rows if row.hold_id is not None])
    since: dict[int, datetime] = {}
    for row in rows:
        last = holds[row.hold_id][1] if row.hold_id is not None else None
        if row.hold_id is None or last is not None:
            since[row.id] = row.filed_at if last is None else max(last.decided_at, row.filed_at)
    return since


def _open(tx: Connection, appeal_id: int) -> Row[Any]:
    row = store.appeal_by_id(tx, appeal_id)
    if row is None:
        raise NotAllowed("none")
    hold_learners(tx, {row.owner, row.learner_id})
    if not keep_living(tx, row.learner_id):
        raise NotAllowed("none")
    if row.outcome is not None:
        raise NotAllowed("decided")
    return row


def _rejection(tx: Connection, row: Row[Any]) -> Row[Any] | None:
    if row.hold_id is None:
        return None
    _, last = store.holds_by_id(tx, [row.hold_id])[row.hold_id]
    if last is None:
        raise NotAllowed("not-yet")
    if last.kind != "reject":
        raise NotAllowed("decided")
    return last


def _uphold(tx: Connection, row: Row[Any], rejection: Row[Any] | None, words: str, by: int, now: datetime) -> int:
    made = Made(
        kind="grant" if rejection is None else "release",
        window=Window(row.activity, row.session, row.registration, row.start_us, row.end_us),
        reason=row.about if rejection is None else REVIEWED,
        words=words,
        decided_by=by,
        decided_at=now,
        replaces=None if rejection is None else rejection.id,
    )
    return record_decision(tx, row.learner_id, made)
