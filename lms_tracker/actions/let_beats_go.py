"""Delete beats that are older than the policy keeps them, and change no ledger by that.

As actions.retain does with statements: sessions go as a whole, their entries are frozen as they were posted, and should
the ledger not be the same afterwards, the beats stay. So do those of people whose programme has not ended, and of people
about whose time somebody has yet to decide.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.core.study.entries import in_ledger
from lms_tracker.store import player
from lms_tracker.store import retention as store
from lms_tracker.store import statement_edits as edits
from lms_tracker.store.beats import delete_beats
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.remembered import forget
from lms_tracker.store.settling import unsettled_among

log = logging.getLogger(__name__)


class _LedgerDiffers(Exception):
    """The ledger would not be the same without these beats."""


def let_beats_go(db: Engine, now: datetime) -> int:
    """How many requests' beats went. A transaction for each learner; may run any number of times."""
    with reading(db) as tx:
        needed = store.still_needed(tx, now.date())
        learners = [id for id in player.learners_with_kept_beats(tx, now - timedelta(days=1)) if id not in needed]
    gone = 0
    for learner_id in learners:
        try:
            with writing(db) as tx:
                gone += _thin(tx, learner_id, now)
        except _LedgerDiffers:
            log.warning("learner %d: the ledger needs beats that are old enough to go; they stay", learner_id)
    if gone:
        log.info("beats of %d requests deleted", gone)
    return gone


def _thin(tx: Connection, learner_id: int, now: datetime) -> int:
    edits.keep_writers_out(tx)
    if unsettled_among(tx, [learner_id]):
        return 0  # tomorrow
    keep = timedelta(days=policy_of_learner(tx, learner_id, now).player.keep_days)
    old = player.sessions_before(tx, learner_id, now - keep)
    if not old:
        return 0
    keys = {(row.activity, str(row.uuid), row.registration) for row in old}
    before = sorted(derive_ledger(tx, learner_id), key=in_ledger)
    posted = sorted(entries_in_force(tx, [learner_id]), key=in_ledger)
    if before != posted:
        raise _LedgerDiffers
    store.freeze(tx, learner_id, keys, now)
    gone = delete_beats(tx, [row.id for row in old])
    forget(tx, [learner_id])
    if sorted(derive_ledger(tx, learner_id), key=in_ledger) != posted:
        raise _LedgerDiffers
    return gone
