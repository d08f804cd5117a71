"""Signals in one learner's own sessions. Each is one function: a value that can be said in a sentence, or None.

None means that there is too little to tell, and is the usual answer. Values are measured so that more evidence of a
person (variety, bursts, rests) moves them away from suspicion. What honest people share with machines is left out on
purpose: a steady heartbeat (their player's timer), an exact position, a regular hour of study, no pointer, no pause.
"""

from collections.abc import Callable
from itertools import pairwise

from lms_tracker.core.study.entries import union
from lms_tracker.core.study.events import DAY, HOUR, SECOND, Event, Kind
from lms_tracker.core.study.suspicion.answers import OF_ANSWERS, answers_in
from lms_tracker.core.study.suspicion.found import Found, Signal, deviation, keys_of
from lms_tracker.core.study.suspicion.inputs import clockwork_inputs, echoing_inputs, even_inputs
from lms_tracker.core.study.suspicion.life import blip
from lms_tracker.core.study.suspicion.openings import SILENCE, Opening
from lms_tracker.core.study.suspicion.stretches import unbroken
from lms_tracker.core.study.suspicion.timing import exact

FEW_SESSIONS = 3
"""With fewer nobody has habits that could be strange."""
ENOUGH_SESSIONS = 5
ENOUGH_CHANGES = 10
ENOUGH_BLIPS = 8
OPEN = 150 * SECOND
"""No check stays open longer, and none follows so soon after another (study-time.md, section 3: four minutes at least)."""
NUDGE = 30
"""Thousandths by which a speed must differ to be another: some producers measure theirs."""


def signless(sessions: list[Opening]) -> Found | None:
    """Hours in sessions without one sign of presence, of producers that would report it, if half of the study is such.

    The rules judge each session by itself: short ones in a row need no sign there, and add up here.
    """
    telling = [o for o in sessions if any(event.inputs is not None for event in o.events) or o.answers]
    bare = [
        o
        for o in telling
        if not any(event.inputs for event in o.events) and not any(right for _, _, right in o.answers)
    ]
    hours = sum(o.played_us for o in bare) / HOUR
    if len(bare) < ENOUGH_SESSIONS or hours < sum(o.played_us for o in telling) / HOUR / 2:
        return None
    return Found(hours, len(bare), keys_of(o.key for o in bare))


def side_by_side(sessions: list[Opening]) -> Found | None:
    """Hours in which two sessions or more play at the same time, as their beats say. The rules credit one of them; that
    somebody is with any of them, two at once speak against."""
    spans = sorted((start, end, number) for number, o in enumerate(sessions) for start, end in _beats_played(o.events))
    both, shown = [], set()
    last: tuple[int, int, int] | None = None
    for start, end, number in spans:
        if last is not None and number != last[2] and start < last[1]:
            both.append((start, min(end, last[1])))
            shown |= {number, last[2]}
        if last is None or end > last[1]:
            last = start, end, number
    hours = sum(end - start for start, end in union(both)) / HOUR
    return Found(hours, len(shown), keys_of(sessions[number].key for number in sorted(shown))) if shown else None


def _beats_played(events: list[Event]) -> list[tuple[int, int]]:
    """Spans between statements that were never far apart, and said that it plays."""
    if not any(event.promises for event in events):
        return []
    return union((a.at, b.at) for a, b in pairwise(events) if a.playing and b.at - a.at <= SILENCE)


def restless_speed(sessions: list[Opening]) -> Found | None:
    """Changes of speed an hour between two heartbeats that nobody's hand accounts for (no `interacted`)."""
    return _often(sessions, _nudged, ENOUGH_CHANGES)


def _nudged(first: Event, last: Event) -> bool:
    if last.kind is not Kind.HEARTBEAT or not first.rate_milli or not last.rate_milli:
        return False
    return abs(first.rate_milli - last.rate_milli) > NUDGE


def keep_alive(sessions: list[Opening]) -> Found | None:
    """Pauses that end within 1.5 s, at the same place, per hour played, and with no input that the browser saw: a script that presses
    play again. Somebody who hits the key twice shows it."""
    return _often(sessions, blip, ENOUGH_BLIPS)


def _often(sessions: list[Opening], happens: Callable[[Event, Event], bool], enough: int) -> Found | None:
    """How often an hour played something happens between neighbours, in sessions where it does so three times."""
    times, keys, played = 0, [], 0
    for o in sessions:
        own = sum(happens(a, b) for a, b in pairwise(o.events))
        if own >= 3:
            times += own
            played += o.played_us
            keys.append(o.key)
    if times < enough or not played:
        return None
    return Found(times / max(played / HOUR, 0.25), times, keys_of(keys))


def other_answers(sessions: list[Opening]) -> Found | None:
    """Presence checks that ran out though one was answered so shortly before, or another so shortly after, that what was answered
    is not what was asked."""
    shown, count = [], 0
    for o in sessions:
        told = [event for event in o.events if event.kind in (Kind.ANSWERED, Kind.MISSED)]
        asked = list(zip(told, o.checks, strict=True)) if o.checks else [(event, "") for event in told]
        own = sum(_another(*a, *b) for a, b in pairwise(asked))
        count += own
        shown += [o.key] * (own > 0)
    return Found(float(count), count, keys_of(shown)) if count else None


def _another(event: Event, check: str, then: Event, its: str) -> bool:
    """Whether of two that follow each other one was answered while another was open."""
    same = bool(check) and check == its
    if then.at - event.at > OPEN:
        return False
    if (event.kind, then.kind) == (Kind.MISSED, Kind.ANSWERED):
        return bool(check and its) and not same  # nothing else is asked so soon
    return (event.kind, then.kind) == (Kind.ANSWERED, Kind.MISSED) and not (same and event.success is False)


def no_rest(sessions: list[Opening]) -> Found | None:
    """Most hours played within any 24, sessions at the same time counted once."""
    spans = union(span for o in sessions for span in o.plays)
    if not spans:
        return None
    played, first, sums = 0, 0, []
    for start, end in spans:
        played += end - start
        while spans[first][1] <= end - DAY:
            played -= spans[first][1] - spans[first][0]
            first += 1
        sums.append((played - max(0, end - DAY - spans[first][0]), end))
    most = max(sums)[0]
    bad = [end for total, end in sums if total >= 0.85 * most]
    keys = keys_of(o.key for o in sessions if any(end - DAY < o.end and o.start < end for end in bad))
    return Found(most / HOUR, len(spans), keys)


def lifeless(sessions: list[Opening]) -> Found | None:
    """Hours of play with waits that look drawn by lot, positions exact to the clock, and never a pause, seek or glance."""
    played, beats, keys = 0, 0, []
    for o in sessions:
        gaps = [b.at - a.at for a, b in pairwise(o.events) if a.kind is b.kind is Kind.HEARTBEAT]
        if len(gaps) < 15 or not o.still:
            continue
        if deviation([float(gap) for gap in gaps]) > 0.08 and exact(o.events):
            played += o.played_us
            beats += len(gaps)
            keys.append(o.key)
    return Found(played / HOUR, beats, keys_of(keys)) if keys else None


OWN: dict[str, Signal] = {
    "signless": signless,
    "side_by_side": side_by_side,
    "even_inputs": even_inputs,
    "clockwork_inputs": clockwork_inputs,
    "echoing_inputs": echoing_inputs,
    "keep_alive": keep_alive,
    "restless_speed": restless_speed,
    "other_answers": other_answers,
    "no_rest": no_rest,
    "lifeless": lifeless,
    "unbroken": unbroken,
}


def own_signals(sessions: list[Opening]) -> dict[str, Found]:
    """Every signal that a learner's sessions are enough for; none where they are few."""
    if sum(o.end > o.start for o in sessions) < FEW_SESSIONS:
        return {}
    answers = answers_in(sessions)
    found = {name: signal(sessions) for name, signal in OWN.items()}
    found |= {name: signal(answers) for name, signal in OF_ANSWERS.items()}
    return {name: one for name, one in found.items() if one is not None}
