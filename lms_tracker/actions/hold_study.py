"""Hold study time that looks automated, until a person has decided. The only thing that a machine may do about it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from lms_tracker.core.study.decisions import SessionKey, Signal, Window
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.store.db import writing
from lms_tracker.store.decisions import Made, decision_rows, record_decision
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.identity_history import hold_learners

REASON = "automation"


def hold(
    db: Engine, learner_id: int, sessions: Iterable[Window], signals: Sequence[Signal], model: str, now: datetime
) -> list[int]:
    """Hold these parts of a learner's sessions; the ids of the decisions, one for each part.

    Parts that were held before, whatever came of it, are not held again: the same suspicion may be raised every day,
    and what a person has released stays released. `signals` say why, in words that the learner will read; `model` is
    name@hash of what raised them. Nothing is held of somebody who was erased. Raises ValueError without signals.
    """
    if not signals:
        raise ValueError("a hold needs at least one signal: the learner and the head teacher read why")
    with writing(db) as tx:
        hold_learners(tx, [learner_id])  # of two who suspect the same at once, the second finds it held
        if not keep_living(tx, learner_id):
            return []
        looked_at: dict[SessionKey, IntervalSet] = defaultdict(IntervalSet)
        for row in decision_rows(tx, learner_id):
            if row.kind in ("hold", "release"):
                looked_at[row.activity, row.session, row.registration].add(row.start_us, row.end_us)
        new = [part for window in sorted(set(sessions)) for part in _not_in(looked_at[window.key], window)]
        return [
            record_decision(
                tx,
                learner_id,
                Made(
                    kind="hold",
                    window=window,
                    reason=REASON,
                    decided_by=None,
                    decided_at=now,
                    signals=signals,
                    model=model,
                ),
            )
            for window in new
        ]


def _not_in(looked_at: IntervalSet, window: Window) -> list[Window]:
    """The parts of a window that nobody held before; from now on they are."""
    pieces = looked_at.split(window.start_us, window.end_us)
    looked_at.add(window.start_us, window.end_us)
    return [Window(*window.key, start, end) for start, end, seen in pieces if not seen]
