"""Lost events: content that `played-segments` proves played although the statements that said so never came.

Real players lose events (a `paused` without its `played`, seeks that were never reported, the beginning of a session).
Between two statements that carry `played-segments`, the second may list content that neither the first nor any stretch
between them accounts for. That content was played in the time between them that nothing else explains, no faster than
the clock allows. A session cannot open with a pause or a seek: one that does has lost its beginning, and the content
listed there was played just before, provided that the session goes on. A session that opens with `completed` or
`terminated`, or that is a single statement, is one claim at once: nothing of it is believed.
"""

from collections.abc import Iterable, Iterator

from lms_tracker.core.study.claims import Atom, timed
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.rules import untimely
from lms_tracker.core.study.sessions import Session, Step

Span = tuple[int, int]


def recover(session: Session, atoms: list[Atom], policy: StudyPolicy) -> list[Atom]:
    """The session's atoms, with lost content laid into unexplained time: time not claimed before, or `stalled`.

    Only for producers without heartbeats (the others' silence is a gap). Unexplained time is believed for `stretch_s`
    between any two statements.
    """
    if session.promises or not session.media or not any(event.segments for event in session.events):
        return atoms
    known = IntervalSet()
    first = session.events[0]
    found: list[Atom] = []
    if first.segments:
        if first.kind in (Kind.PAUSED, Kind.SEEKED):
            found += _beginning(session, first.segments, policy)
        _note(known, first.segments)
    explained = IntervalSet()
    _note(explained, ((atom.start, atom.end) for atom in atoms if atom.reason != "stalled"))
    window: list[tuple[Step, int | None]] = []
    for step, late in zip(session.steps, untimely(session, policy), strict=True):
        window.append((step, late))
        if step.last.segments is None:
            continue
        told = {passed.first.id for passed, _ in window}
        _note(known, (atom.media for atom in atoms if atom.first in told and atom.media is not None))
        lost = [piece[:2] for span in step.last.segments for piece in known.split(*span) if not piece[2]]
        if lost:
            found += _fill(window, explained, lost, policy)
        _note(known, step.last.segments)
        window = []
    return _make_room(atoms, found) if found else atoms


def _beginning(session: Session, segments: tuple[Span, ...], policy: StudyPolicy) -> Iterator[Atom]:
    """What was played before the first statement, if the session is seen to go on: a single one proves nothing."""
    first = session.events[0]
    if session.events[-1].at <= first.at:
        return
    ahead = first.at > first.stored + round(policy.clock_error_s * SECOND)
    at, left = first.at, round(policy.stretch_s * SECOND)
    for low, high in reversed(segments):
        length = min(high - low, left)
        if length > 0:
            yield Atom(at - length, at, length, (high - length, high), None, ahead, first.id, first.id)
            at, left = at - length, left - length


def _fill(
    window: list[tuple[Step, int | None]], explained: IntervalSet, lost: list[Span], policy: StudyPolicy
) -> Iterator[Atom]:
    """Lay lost content over the window's free time in order; what does not fit is not believed."""
    lost = lost[::-1]
    for step, late in window:
        rate = step.rate_milli
        left = round(policy.stretch_s * SECOND) if 0 < rate <= policy.max_rate * 1000 else 0
        for free, until, taken in explained.split(step.start, step.end):
            until = min(until, free + left)
            while not taken and lost and free < until:
                low, high = lost.pop()
                stop = min(until, free + max(1, (high - low) * 1000 // rate))
                reach = min(high, low + (stop - free) * rate // 1000)
                amount = reach - low if policy.credit == "media" else stop - free
                yield from timed(Atom(free, stop, amount, (low, reach), None, False, step.first.id, step.last.id), late)
                left -= stop - free
                free = stop
                if reach < high:
                    lost.append((reach, high))


def _make_room(atoms: list[Atom], found: list[Atom]) -> list[Atom]:
    """All atoms in order of time; `stalled` gives way to what was found in its time."""
    taken = IntervalSet()
    _note(taken, ((atom.start, atom.end) for atom in found))
    kept: list[Atom] = []
    for atom in atoms:
        if atom.reason != "stalled":
            kept.append(atom)
            continue
        for _, end, gone in taken.split(atom.start, atom.end):
            head, atom = atom.cut(end) if end < atom.end else (atom, atom)
            if not gone:
                kept.append(head)
    return sorted(kept + found, key=lambda atom: (atom.start, atom.end))


def _note(known: IntervalSet, spans: Iterable[Span]) -> None:
    for start, end in spans:
        known.add(start, end)
