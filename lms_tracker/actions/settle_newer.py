"""Settle newer statements of a learner who is remembered: only the sessions that they can change are read and judged.

What is read does not grow with the learner's past: the sessions that the statements belong to, and of the ledger what
has the same activities or the same dates (core.study.incremental says which of these are judged again).
"""

import datetime
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from lms_tracker.core.study.engine import Settled
from lms_tracker.core.study.evidence import Evidence, SessionKey, numbers_by_session
from lms_tracker.core.study.incremental import resettle
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.reading import read_statements
from lms_tracker.core.study.sessions import Catalogue
from lms_tracker.store.beats import beats_of
from lms_tracker.store.evidence import statements_at
from lms_tracker.store.remembered import Remembered, count_sessions, seqs_and_catalogue, sessions_on

SOME = 8
"""Sessions that may be read by themselves, be they all there are. More than these are news of many days, of a server that was
away or of an import: if they are half of all, it takes several times as long to read them one by one as to read all in one go."""


class Newer(NamedTuple):
    """Sessions that were judged again, what is to be remembered of them, and those of which no evidence is left."""

    judged: list[Settled]
    remembered: list[Remembered]
    gone: set[SessionKey]


def settle_newer(db: Connection, learner_id: int, seqs: Collection[int], policy: StudyPolicy) -> Newer | None:
    """What becomes of a learner's sessions by the statements of these numbers; None if they change so many that to settle all
    takes less. Posts nothing.

    The learner is remembered under this policy, and nothing has changed since but that these statements were stored.
    """
    memory = _Memory(db, learner_id, numbers_by_session(_read(db, learner_id, seqs)))
    touched = set(memory.newer)
    judged = resettle(touched, memory, policy) if touched else []
    if judged is None:
        return None
    kept = [Remembered(one.key, one.start, one.length, memory.seqs[one.key]) for one in judged]
    return Newer(judged, kept, touched - {one.key for one in judged})


def _read(db: Connection, learner_id: int, seqs: Collection[int]) -> Evidence:
    """Statements of these numbers, and the beats of sessions that are named by numbers below 0."""
    beats = beats_of(db, learner_id, [-seq for seq in seqs if seq < 0])
    return read_statements(statements_at(db, learner_id, [seq for seq in seqs if seq > 0]), beats)


class _Memory:
    """What is remembered of the learner, read as it is asked for (core.study.incremental.Memory)."""

    def __init__(self, db: Connection, learner_id: int, newer: dict[SessionKey, list[int]]) -> None:
        self.db, self.learner_id, self.newer = db, learner_id, newer
        self.seqs: dict[SessionKey, Collection[int]] = {}

    def few(self, sessions: set[SessionKey]) -> bool:
        return len(sessions) <= SOME or 2 * len(sessions) <= count_sessions(self.db, self.learner_id)

    # Statements and beats are all the evidence that is read here. Whoever adds evidence of another kind reads it here,
    # too, or remembers nobody who has some (settle_whole); `mark_unsettled`, which names nothing new, settles all.
    def known(self, sessions: set[SessionKey]) -> tuple[Evidence, Catalogue]:
        unknown = sessions - set(self.seqs)
        seqs, catalogue = seqs_and_catalogue(self.db, unknown, {key.activity for key in sessions})
        self.seqs |= {key: {*seqs.get(key, ()), *self.newer.get(key, ())} for key in unknown}
        numbers = {seq for key in sessions for seq in self.seqs[key]}
        return _read(self.db, self.learner_id, numbers), catalogue

    def standing(self, activities: set[str], dates: set[datetime.date]) -> list[Settled]:
        return sessions_on(self.db, self.learner_id, activities, dates)
