"""A person decides about held time: it counts, or it does not. Each decision has a reason, and can be appealed against."""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.held_case import SeenCase, require_seen_case
from lms_tracker.actions.tell_of_reviews import tell_learner
from lms_tracker.core.study.decisions import Kind
from lms_tracker.core.study.review import MAX_WORDS, NotAllowed, check_reviewer
from lms_tracker.core.typed import legible
from lms_tracker.store import reviews as store
from lms_tracker.store.db import writing
from lms_tracker.store.decisions import Made, decision_of, record_decision
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.identity_history import hold_learners

log = logging.getLogger(__name__)

REVIEWED = "reviewed"


def review_holds(
    db: Engine,
    learner_id: int,
    hold_ids: Collection[int],
    *,
    release: bool,
    words: str,
    by: int,
    now: datetime,
    seen: SeenCase | None = None,
) -> list[int]:
    """Release or reject held parts of a learner's sessions, all or none of them; the ids of the decisions.

    A release also ends an appeal against the hold. `seen`: the case as the reviewer saw it; not even what is unchanged of
    it is decided once the rest has changed, as the reason was written for the whole. Raises CaseChanged (`changed`)
    then, and NotAllowed: `own`, `decided` (meanwhile), `words`, `none`. Roles are the caller's to check.
    """
    try:
        with writing(db) as tx:
            hold_learners(tx, [learner_id])
            check_reviewer(by, store.accounts_of(tx, learner_id))
            if seen is not None:
                require_seen_case(tx, learner_id, seen)
            words = checked_words(words)
            if not hold_ids:
                raise NotAllowed("none")
            rows = [_undecided(tx, learner_id, id) for id in sorted(set(hold_ids))]
            if not keep_living(tx, learner_id):
                raise NotAllowed("none")
            kind: Kind = "release" if release else "reject"
            done = [answer_hold(tx, row, kind, REVIEWED, words, by, now) for row in rows]
            tell_learner(tx, learner_id, "reviewed", f"decision {done[0]}", {}, now)
    except IntegrityError as e:  # somebody else was faster
        raise NotAllowed("decided") from e
    log.info("account %d: %s of held time of learner %d, decisions %s", by, kind, learner_id, done)
    return done


def answer_hold(
    tx: Connection, hold: Row[tuple[object, ...]], kind: Kind, reason: str, words: str, by: int | None, now: datetime
) -> int:
    """Record what was decided about a hold; a release ends an appeal against it, as it gives everything back."""
    made = Made(
        kind=kind,
        window=decision_of(hold).window,
        reason=reason,
        words=words,
        decided_by=by,
        decided_at=now,
        replaces=hold.id,
    )
    id = record_decision(tx, hold.learner_id, made)
    if kind == "release":
        store.close_appeal(tx, store.of_hold(hold.id), "released", by, words, now)
    return id


def checked_words(words: str) -> str:
    """Words that can be written down. Raises NotAllowed."""
    words = legible(words)
    if not words or len(words) > MAX_WORDS:
        raise NotAllowed("words")
    return words


def _undecided(tx: Connection, learner_id: int, hold_id: int) -> Row[tuple[object, ...]]:
    hold, last = store.holds_by_id(tx, [hold_id]).get(hold_id, (None, None))
    if hold is None or hold.learner_id not in store.learner_ids_of(tx, learner_id):
        raise NotAllowed("none")
    if last is not None:
        raise NotAllowed("decided")
    return hold
