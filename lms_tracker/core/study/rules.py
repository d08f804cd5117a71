"""The rules about a session by itself: for each of its steps, from when on the time does not count, and why.

Each rule is one function `(sessions, policy) -> instants`, one item a step: the instant from which the rule holds within
the step, or NEVER. Thresholds work alike: what is longer than the threshold is discounted from its beginning, because
nobody can say which part of an absence was attention. The table of reasons and their order is study-time.md, section 2.
"""

import math
from collections.abc import Callable

import numpy as np
from msgspec import Struct

from lms_tracker.core.study import arrays
from lms_tracker.core.study.arrays import ALWAYS, NEVER, Codes, Flags, Ints
from lms_tracker.core.study.entries import REASONS
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.sessions import STEADY, Sessions, by_kind

Rule = Callable[[Sessions, StudyPolicy], Ints]

NONE = -1
"""No reason: the code of time that no rule discounts. Other codes are places in REASONS."""
MEDIA_EVENTS = by_kind(
    dict.fromkeys(
        (
            Kind.INITIALIZED,
            Kind.PLAYED,
            Kind.PAUSED,
            Kind.SEEKED,
            Kind.INTERACTED,
            Kind.COMPLETED,
            Kind.TERMINATED,
        ),
        1,
    )
)


def micros(seconds: float) -> int:
    """The whole microseconds in a threshold: a whole number exceeds the one when it exceeds the other."""
    return math.floor(seconds * SECOND)


def gap(sessions: Sessions, policy: StudyPolicy) -> Ints:
    """A producer that promises heartbeats was silent for more than `gap_s`: nothing of the gap counts."""
    silent = sessions.until - sessions.at > micros(policy.gap_s)
    return np.where(silent & sessions.of_rows(sessions.promises), sessions.at, NEVER)


def hidden(sessions: Sessions, policy: StudyPolicy) -> Ints:
    """The page was out of sight or focus for more than `hidden_s` on end."""
    if sessions.visible.all():
        return np.full(len(sessions.at), NEVER)
    runs = arrays.changes(sessions.told.session, sessions.visible)
    lengths = _lengths(sessions, runs)
    return np.where(~sessions.visible & (lengths > micros(policy.hidden_s)), sessions.at, NEVER)


def unanswered(sessions: Sessions, policy: StudyPolicy) -> Ints:
    """A presence check ran out: from the latest sign of presence before it to the next after it."""
    missed = sessions.told.kind == Kind.MISSED
    if not missed.any():
        return np.full(len(sessions.at), NEVER)
    waits = _waits(sessions)
    begin = np.flatnonzero(waits)
    failed = arrays.spread(np.logical_or.reduceat(missed, begin), np.diff(begin, append=len(waits)))
    return np.where(failed, sessions.at, NEVER)


def idle(sessions: Sessions, policy: StudyPolicy) -> Ints:
    """No sign of presence for more than `idle_s`.

    A producer that reports neither inputs nor checks is judged by its media events: each is believed for `stretch_s`. One
    that reports checks only can show a person only where it asks: who then answers is believed for as long before.
    """
    waits = _waits(sessions)
    limit = np.full(len(waits), micros(policy.idle_s))
    limit[_until_answered(sessions, waits)] = micros(max(policy.idle_s, policy.stretch_s))
    since = np.where(_lengths(sessions, waits) > limit, sessions.at, NEVER)
    if sessions.reports_presence.all():
        return since
    return np.where(sessions.of_rows(sessions.reports_presence), since, _beyond_stretch(sessions, policy))


def _beyond_stretch(sessions: Sessions, policy: StudyPolicy) -> Ints:
    shows = (MEDIA_EVENTS[sessions.told.kind] == 1) & ~_blips(sessions, policy)
    shows[sessions.begin] = True
    believed = sessions.at[arrays.latest(shows, sessions.first)] + round(policy.stretch_s * SECOND)
    return np.where(sessions.until > believed, np.maximum(sessions.at, believed), NEVER)


def _blips(sessions: Sessions, policy: StudyPolicy) -> Flags:
    """Statements that pause and play again within `blip_s`: scripts that keep players awake do that."""
    kind, session = sessions.told.kind, sessions.told.session
    pauses = np.zeros(len(kind), np.bool_)
    pauses[:-1] = (kind[:-1] == Kind.PAUSED) & (kind[1:] == Kind.PLAYED) & (session[1:] == session[:-1])
    pauses &= sessions.until - sessions.at <= micros(policy.blip_s)
    pauses[1:] |= pauses[:-1].copy()
    return pauses


def _waits(sessions: Sessions) -> Flags:
    """Where a wait for somebody begins: at the opening of a session and at each sign of presence."""
    told = sessions.told
    waits: Flags = (told.kind == Kind.ANSWERED) & (told.success != 0)
    waits |= (told.inputs > 0) & (told.kind != Kind.MISSED)
    waits[sessions.begin] = True
    return waits


def _until_answered(sessions: Sessions, waits: Flags) -> Flags:
    """The waits that a check ends which was answered, where no inputs are reported."""
    mute = ~np.logical_or.reduceat(sessions.told.inputs >= 0, sessions.begin)
    if not mute.any():
        return np.zeros(len(waits), np.bool_)
    begin = np.flatnonzero(waits)
    session = sessions.told.session[begin]
    ended = np.append(session[1:] == session[:-1], False) & mute[session]
    return arrays.spread(ended, np.diff(begin, append=len(waits)))


def _lengths(sessions: Sessions, starts: Flags) -> Ints:
    """For each row the time from the start of its run of steps to the end of it. Runs end with their session."""
    begin = np.flatnonzero(starts)
    count = np.diff(begin, append=len(starts))
    return arrays.spread(sessions.until[begin + count - 1] - sessions.at[begin], count)


STEP_RULES: dict[str, Rule] = {"gap": gap, "hidden": hidden, "unanswered": unanswered, "idle": idle}


class Parts(Struct):
    """Steps divided where a reason begins to hold; one item a part, in order."""

    row: Ints
    start: Ints
    end: Ints
    reason: Codes


def label_steps(sessions: Sessions, rows: Ints, policy: StudyPolicy) -> Parts:
    """The steps of these rows in parts, each with the first reason of the table that applies, or NONE."""
    at, end = sessions.at[rows], sessions.until[rows]
    parts: list[Parts] = []
    divided = np.zeros(len(rows), np.bool_)
    for name, rule in STEP_RULES.items():
        since = rule(sessions, policy)[rows]
        holds = since < end
        if holds.any():
            reason = np.full(np.count_nonzero(holds), REASONS.index(name), np.int8)
            parts.append(Parts(rows[holds], since[holds], end[holds], reason))
            divided |= holds
            end = np.where(holds, since, end)
    rest = (end > at) | ~divided
    if not rest.all():
        rows, at, end = rows[rest], at[rest], end[rest]
    parts.append(Parts(rows, at, end, np.full(len(rows), NONE, np.int8)))
    if len(parts) == 1:
        return parts[0]
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Parts.__struct_fields__]
    order = np.lexsort((columns[1], columns[0]))
    return Parts(*(column[order] for column in columns))


def untimely(sessions: Sessions, early: Flags, policy: StudyPolicy) -> Ints:
    """For each step, until when it is `clock`: ALWAYS where the timestamps can be believed. `early`: see `ahead`.

    A timestamp is believed when it is not in the future of its receipt, nor (for a producer that promises heartbeats)
    older than `late_s` at its receipt. Late statements still tell what happened between timely ones that are near
    enough to prove each other (no more than `gap_s` apart); alone they prove nothing.
    """
    told = sessions.told
    limits = [NEVER if trust.reports_late else round(trust.late_s * SECOND) for trust in sessions.source]
    late_by = arrays.spread(np.where(sessions.promises, np.array(limits, np.int64), NEVER), sessions.count)
    timely = ~early & (~told.received | (told.stored - sessions.at <= late_by))
    marks = np.where(sessions.newest > sessions.at, np.minimum(sessions.until, sessions.newest), ALWAYS)
    if timely.all():
        return marks
    following = np.minimum(np.arange(1, len(timely) + 1), len(timely) - 1)
    sure = (timely & timely[following]) | _bridged(sessions, timely, following, policy)
    return np.where(sure, marks, sessions.until)


def ahead(sessions: Sessions, policy: StudyPolicy) -> Flags:
    """Of which statements the timestamp lies in the future of its receipt.

    A clock that has run into the future within a session (a constant error is corrected for before) was ahead earlier,
    too, by less than may pass unnoticed: there STEADY is all that passes.
    """
    age = sessions.told.stored - sessions.at
    unnoticed = round(policy.clock_error_s * SECOND)
    hurries = sessions.of_rows(np.logical_or.reduceat(age < -unnoticed, sessions.begin))
    return age < -np.where(hurries, min(STEADY, unnoticed), unnoticed)


def _bridged(sessions: Sessions, timely: Flags, following: Ints, policy: StudyPolicy) -> Flags:
    before, after = arrays.latest(timely, sessions.first), arrays.soonest(timely)[following]
    known = (before >= sessions.first) & (after < len(timely))
    after = np.where(known, after, 0)
    known &= sessions.told.session[after] == sessions.told.session
    span = sessions.at[after] - sessions.at[np.maximum(before, 0)]
    return known & (span >= 0) & (span <= micros(policy.gap_s)) & sessions.of_rows(sessions.promises)
