"""Lost events: content that `played-segments` proves played although the statements that said so never came.

Real players lose events (a `paused` without its `played`, seeks that were never reported, the beginning of a session).
Between two statements that carry `played-segments`, the second may list content that neither the first nor any stretch
between them accounts for. That content was played in the time between them that nothing else explains, no faster than
the clock allows. A session cannot open with a pause or a seek: one that does has lost its beginning, and the content
listed there was played just before, provided that the session goes on. A session that opens with `completed` or
`terminated`, or that is a single statement, is one claim at once: nothing of it is believed.

Only producers without heartbeats are asked (the others' silence is a gap), one session after the other.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from lms_tracker.core.study.arrays import Flags, Ints
from lms_tracker.core.study.atoms import Atoms, Run, Span, as_atoms, as_runs, joined, timed
from lms_tracker.core.study.claims import STALLED
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.evidence import Segments
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.rules import NONE
from lms_tracker.core.study.sessions import Sessions


def recover(sessions: Sessions, atoms: Atoms, untimely: Ints, early: Flags, policy: StudyPolicy) -> Atoms:
    """All atoms, with lost content laid into unexplained time: time not claimed before, or `stalled`.

    Unexplained time is believed for `stretch_s` between any two statements. `early`: see rules.ahead.
    """
    lists = np.logical_or.reduceat(sessions.told.listed, sessions.begin)
    asked = np.flatnonzero(lists & sessions.media & ~sessions.promises)
    if not len(asked):
        return atoms
    owner = sessions.told.session[atoms.first]
    kept = np.ones(len(owner), np.bool_)
    changed: list[Atoms] = []
    bounds = np.searchsorted(owner, asked), np.searchsorted(owner, asked, "right")
    columns = asked, early[sessions.begin[asked]], *bounds
    for session, is_early, low, high in zip(*(column.tolist() for column in columns), strict=True):
        claimed = as_runs(atoms.among(slice(low, high)))
        before, within = _Lister(sessions, session, is_early, policy).lost(claimed)
        if before or within:
            found = as_atoms(within)
            found = timed(found, untimely[found.first])
            changed.append(as_atoms(_with_room(claimed, before + as_runs(found))))
            kept[low:high] = False
    if not changed:
        return atoms
    atoms = joined([atoms.among(kept), *changed])
    return atoms.among(np.argsort(sessions.told.session[atoms.first], kind="stable"))


class _Lister:
    """One session that lists what was played. `is_early`: whether its first timestamp lies in the future of its receipt."""

    def __init__(self, sessions: Sessions, session: int, is_early: bool, policy: StudyPolicy) -> None:
        self.begin = int(sessions.begin[session])
        rows = slice(self.begin, self.begin + int(sessions.count[session]))
        told = sessions.told
        self.at: list[int] = sessions.at[rows].tolist()
        self.rate: list[int] = sessions.rate_milli[rows].tolist()
        self.lists = [told.segments.get(row) for row in sessions.row[rows].tolist()]
        self.opened_by = Kind(told.kind[self.begin])
        self.is_early, self.policy = is_early, policy

    def lost(self, claimed: list[Run]) -> tuple[list[Run], list[Run]]:
        """What was played before the session's first statement, and between its statements, but never told."""
        before: list[Run] = []
        within: list[Run] = []
        known = IntervalSet()
        if first := self.lists[0]:
            if self.opened_by in (Kind.PAUSED, Kind.SEEKED):
                before += self._beginning(first)
            _note(known, first)
        explained = IntervalSet()
        _note(explained, ((run.start, run.end) for run in claimed if run.reason != STALLED))
        told: dict[int, list[Span]] = {}
        for run in claimed:
            if run.media is not None:
                told.setdefault(run.statements[0] - self.begin, []).append(run.media)
        since = 0
        for step, listed in enumerate(self.lists[1:]):
            _note(known, told.get(step, ()))
            if listed is None:
                continue
            lost = [piece[:2] for span in listed for piece in known.split(*span) if not piece[2]]
            if lost:
                within += self._fill(range(since, step + 1), explained, lost)
            _note(known, listed)
            since = step + 1
        return before, within

    def _beginning(self, listed: Segments) -> Iterator[Run]:
        """What was played before the first statement, if the session is seen to go on: a single one proves nothing."""
        at = self.at[0]
        if self.at[-1] <= at:
            return
        left = round(self.policy.stretch_s * SECOND)
        for low, high in reversed(listed):
            length = min(high - low, left)
            if length > 0:
                around = (self.begin, self.begin)
                yield Run(at - length, at, length, (high - length, high), NONE, self.is_early, around)
                at, left = at - length, left - length

    def _fill(self, steps: range, explained: IntervalSet, lost: list[Span]) -> Iterator[Run]:
        """Lay lost content over the steps' free time in order; what does not fit is not believed."""
        lost = lost[::-1]
        for step in steps:
            rate = self.rate[step]
            left = round(self.policy.stretch_s * SECOND) if 0 < rate <= self.policy.max_rate * 1000 else 0
            around = (self.begin + step, self.begin + step + 1)
            for free, until, taken in explained.split(self.at[step], self.at[step + 1]):
                until = min(until, free + left)
                while not taken and lost and free < until:
                    low, high = lost.pop()
                    stop = min(until, free + max(1, (high - low) * 1000 // rate))
                    reach = min(high, low + (stop - free) * rate // 1000)
                    amount = reach - low if self.policy.credit == "media" else stop - free
                    yield Run(free, stop, amount, (low, reach), NONE, False, around)
                    left -= stop - free
                    free = stop
                    if reach < high:
                        lost.append((reach, high))


def _with_room(claimed: list[Run], found: list[Run]) -> list[Run]:
    """All runs in order of time; `stalled` gives way to what was found in its time."""
    taken = IntervalSet()
    _note(taken, ((run.start, run.end) for run in found))
    kept: list[Run] = []
    for run in claimed:
        if run.reason != STALLED:
            kept.append(run)
            continue
        for _, end, gone in taken.split(run.start, run.end):
            head, run = run.cut(end) if end < run.end else (run, run)
            if not gone:
                kept.append(head)
    return sorted(kept + found, key=lambda run: (run.start, run.end))


def _note(known: IntervalSet, spans: Iterable[Span]) -> None:
    for start, end in spans:
        known.add(start, end)
