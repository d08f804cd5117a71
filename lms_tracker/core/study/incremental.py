"""Newer evidence changes only what it must: of a learner's sessions those that it speaks of are judged again, and those
that depend on what became of them.

A session depends on another that began before it where they share seconds on the clock, content, or a date that is full.
So whoever asks names the sessions of which there is newer evidence, and gives what is remembered of the others on demand;
sessions are added until nothing more depends on what changed. The result is that of settling everything.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from lms_tracker.core.study.engine import Settled, claimed, judge, known_lengths
from lms_tracker.core.study.entries import COUNTED, Interval
from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.evidence import Evidence, SessionKey
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.sessions import Catalogue


class Memory(Protocol):
    """What is remembered of one learner."""

    def few(self, sessions: set[SessionKey]) -> bool:
        """Whether to judge these by themselves takes less than to judge all."""

    def known(self, sessions: set[SessionKey]) -> tuple[Evidence, Catalogue]:
        """All evidence of these sessions, the newest included, and what the catalogue knows of their activities; it may know of more."""

    def standing(self, activities: set[str], dates: set[datetime.date]) -> list[Settled]:
        """The sessions of these activities, complete; and of all others what they have on these dates."""


def resettle(touched: Iterable[SessionKey], memory: Memory, policy: StudyPolicy) -> list[Settled] | None:
    """The sessions of one learner that were judged again: the touched ones, and those that depend on them. None as soon as
    these are not few any more.

    A touched session of which no evidence is left is not among them.
    """
    again = set(touched)
    while memory.few(again):
        activities = {key.activity for key in again}
        evidence, catalogue = memory.known(again)
        claims = claimed(evidence, policy, catalogue)
        dates = {entry.date for session in judge(claims, policy, catalogue) for entry in session.entries}
        before = {session.key: session for session in memory.standing(activities, dates)}
        more = {entry.date for key in again if key in before for entry in before[key].entries} - dates
        if more:
            before = {session.key: session for session in memory.standing(activities, dates | more)}
        others = [session for key, session in before.items() if key not in again]
        settled = {session.key: session for session in judge(claims, policy, catalogue, others)}
        found = _dependent(again, before, settled, others, policy, catalogue)
        if not found:
            return list(settled.values())
        again |= found
    return None


def _dependent(
    again: set[SessionKey],
    before: dict[SessionKey, Settled],
    after: dict[SessionKey, Settled],
    others: list[Settled],
    policy: StudyPolicy,
    catalogue: Catalogue,
) -> set[SessionKey]:
    """Those of the other sessions that may be judged otherwise, now that those `again` judged are not as before."""
    were, are = ([known[key] for key in again if key in known] for known in (before, after))
    full = _full_dates([*others, *were, *are], policy)
    dependent = {
        other.key
        for old, new in ((before.get(key), after.get(key)) for key in again)
        for other in _after(old, new, others)
        if _depends(other, old, new, full)
    }
    lengths = [
        known_lengths(((session.key.activity, session.length) for session in [*others, *judged]), catalogue)
        for judged in (were, are)
    ]
    relengthed = {key.activity for key in again if lengths[0].get(key.activity) != lengths[1].get(key.activity)}
    return dependent | {other.key for other in others if other.key.activity in relengthed}


def _after(old: Settled | None, new: Settled | None, others: list[Settled]) -> list[Settled]:
    """The sessions that began no earlier than one that was judged again, by its old or by its new beginning."""
    start = min((session.start for session in (old, new) if session is not None), default=0)
    return [other for other in others if other.start >= start]


def _depends(other: Settled, old: Settled | None, new: Settled | None, full: set[datetime.date]) -> bool:
    """Whether a later session shares a second, content, or a full date with what counts otherwise than before."""
    changed = _changed(old, new)
    if not changed:
        return False
    activities = {session.key.activity for session in (old, new) if session is not None}
    if other.key.activity in activities or any(
        entry.date in full for entry in other.entries for date, _ in changed if date == entry.date
    ):
        return True
    clock = IntervalSet()
    for _, interval in changed:
        clock.add(interval.start_us, interval.end_us)
    return any(
        held for entry in other.entries for i in entry.intervals for *_, held in clock.split(i.start_us, i.end_us)
    )


def _changed(old: Settled | None, new: Settled | None) -> list[tuple[datetime.date, Interval]]:
    """What counted of a session before and does not now, or the other way round; everything when its turn changed."""
    was, now = (_counted(session) for session in (old, new))
    same_turn = old is not None and new is not None and old.start == new.start
    return list(was ^ now if same_turn else was | now)


def _counted(session: Settled | None) -> set[tuple[datetime.date, Interval]]:
    entries = [] if session is None else session.entries
    return {(entry.date, i) for entry in entries for i in entry.intervals if i.verdict in COUNTED}


def _full_dates(sessions: list[Settled], policy: StudyPolicy) -> set[datetime.date]:
    """Dates on which more is claimed than the cap admits."""
    claimed: dict[datetime.date, int] = defaultdict(int)
    for session in sessions:
        for entry in session.entries:
            claimed[entry.date] += entry.raw_us
    return {date for date, amount in claimed.items() if amount > policy.cap_s * SECOND}
