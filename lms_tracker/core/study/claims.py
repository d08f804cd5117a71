"""What sessions claim, in atoms: time on the clock, study time, content, and whether the session alone discounts it.

Raw time is all that is claimed between consecutive statements in which the session says that it plays (media) or is
open (everything else). For media it is the content claimed as played: clock x rate, or the advance of the position
where that is more. Position and clock are compared over a *stretch*: the steps between two known positions, or several
such where each is short and agrees, for what it may be off by is granted once.
"""

import numpy as np
from msgspec import Struct

from lms_tracker.core.study import arrays
from lms_tracker.core.study.account import MOST
from lms_tracker.core.study.arrays import Flags, Ints
from lms_tracker.core.study.atoms import Atoms, joined, timed
from lms_tracker.core.study.entries import REASONS
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.rules import NONE, Parts, label_steps, micros
from lms_tracker.core.study.sessions import Sessions

GAP, RATE, STALLED = (REASONS.index(name) for name in ("gap", "rate", "stalled"))


class Weights(Struct):
    """What becomes of stretches: raw = counted + stalled + excess; one item a stretch."""

    expected: Ints
    """The study time that the clock allows."""
    counted: Ints
    stalled: Flags
    """What is expected beyond the counted time is `stalled`."""
    excess: Ints
    too_fast: Flags
    """What is counted is `rate` as well."""
    low: Ints
    """Where the counted content begins; -1 when positions are unknown."""
    high: Ints


def claim(sessions: Sessions, untimely: Ints, policy: StudyPolicy) -> Atoms:
    """All atoms in the order of the statements. Those of a session add up to its raw time.

    `untimely`: for each step, until when its timestamps cannot be believed.
    """
    claimed = np.where(sessions.of_rows(sessions.media), sessions.playing, sessions.open)
    claimed[sessions.begin + sessions.count - 1] = False
    parts = label_steps(sessions, np.flatnonzero(claimed), policy)
    rate = np.where(sessions.of_rows(sessions.media), sessions.rate_milli, 1000)[parts.row]
    # What goes beyond is put down as this much anyway; centuries at a thousand times the speed would not fit 64 bits.
    length = np.clip(parts.end - parts.start, 0, MOST)
    expected = length if policy.credit == "wall" else np.minimum(arrays.share(length, rate, 1000), MOST)
    begin = stretches(sessions, parts, expected, policy)
    last = _last(begin, parts)
    weights = weigh(sessions, parts, expected, length, begin, last, policy)
    return _lay(parts, expected, rate > policy.max_rate * 1000, begin, last, weights, untimely)


def stretches(sessions: Sessions, parts: Parts, expected: Ints, policy: StudyPolicy) -> Ints:
    """Where a stretch begins among the claimed parts: at a known position, after a pause; a gap stands alone. Those that
    agree with the clock follow each other within one until `compare_s` is over."""
    told = sessions.told
    entered = arrays.changes(parts.row)
    resumed = entered.copy()
    resumed[1:] &= parts.row[1:] != parts.row[:-1] + 1  # the last row of a session claims nothing, so this ends it, too
    gaps = parts.reason == GAP
    apart = gaps | (told.kind[parts.row] == Kind.SEEKED)
    apart[1:] |= gaps[:-1]
    apart = resumed | (entered & apart)
    begin = np.flatnonzero(apart | (entered & (told.position[parts.row] >= 0)))

    first, at = parts.row[begin], sessions.at[parts.row[begin]]
    before, after = told.position[first], told.position_before[parts.row[_last(begin, parts)] + 1]
    due = np.add.reduceat(expected, begin)
    agree = sessions.media[told.session[first]] & (before >= 0) & (after >= 0)
    agree &= np.abs(after - before - due) <= tolerance(due, policy)
    follows = ~apart[begin]
    follows[1:] &= agree[1:] & agree[:-1] & (at[1:] >= at[:-1])
    turn = (at - at[arrays.latest(~follows, first)]) // max(1, micros(policy.compare_s))
    follows[1:] &= turn[1:] == turn[:-1]
    begins: Ints = begin[~follows]
    return begins


def _last(begin: Ints, parts: Parts) -> Ints:
    """The last part of each stretch."""
    return np.append(begin[1:], len(parts.row))[: len(begin)] - 1


def tolerance(expected: Ints, policy: StudyPolicy) -> Ints:
    """How far position and clock may be apart over so much study time."""
    return np.rint(policy.tolerance_s * SECOND + expected * policy.tolerance_pct / 100).astype(np.int64)


def weigh(
    sessions: Sessions, parts: Parts, expected: Ints, length: Ints, begin: Ints, last: Ints, policy: StudyPolicy
) -> Weights:
    """Compare the advance of the position with the clock: where they agree all counts, else the smaller.

    A producer with heartbeats says where it stands every few seconds: when its position outruns the allowed rate, what it says
    of that time contradicts itself and none of it counts. Where it never tells the speed, the position does, up to that rate.
    """
    told = sessions.told
    first = parts.row[begin]
    expected = np.add.reduceat(expected, begin)
    clock = np.add.reduceat(length, begin)
    before, after = told.position[first], told.position_before[parts.row[last] + 1]
    known = sessions.media[told.session[first]] & (before >= 0) & (after >= 0)
    advance = np.where(known, np.maximum(after - before, 0), expected)
    allowed = np.rint(clock * policy.max_rate).astype(np.int64)
    slack = tolerance(expected, policy)
    wall = policy.credit == "wall"

    ticks = expected > 0
    stalled = ticks & (advance < expected - slack)
    beats = sessions.promises[told.session[first]] & known & ticks
    ahead = advance > expected + slack
    mute = beats & ~np.logical_or.reduceat(told.rate_milli >= 0, sessions.begin)[told.session[first]]
    outruns = beats & ahead & (advance > np.where(mute, allowed + tolerance(allowed, policy), allowed))
    counted = np.where(ahead & ~mute, expected, np.maximum(expected, np.minimum(advance, allowed)))
    counted = expected if wall else np.where(known & ticks, counted, expected)
    counted = np.where(stalled, advance, counted)
    if not wall:
        counted = np.where(outruns, advance, counted)
    spare = known & ~stalled & ~outruns & (not wall)
    excess = np.where(spare, np.maximum(advance - counted, 0), 0)
    return Weights(
        expected=expected,
        counted=counted,
        stalled=stalled,
        excess=excess,
        too_fast=outruns,
        low=np.where(known, before, -1),
        high=np.where(known, before + advance - excess, -1),
    )


def _lay(
    parts: Parts, expected: Ints, too_fast: Flags, begin: Ints, last: Ints, weights: Weights, untimely: Ints
) -> Atoms:
    """Lay stretches' weights over their parts: counted time evenly, or first where the rest is stalled."""
    size = last - begin + 1
    stretch = arrays.spread(np.arange(len(begin)), size)
    total = np.cumsum(expected)
    done = total - arrays.spread(total[begin] - expected[begin], size)
    counted, stalled = weights.counted[stretch], weights.stalled[stretch]
    high = np.where(stalled, np.minimum(done, counted), done)
    low = np.where(stalled, np.minimum(done - expected, counted), done - expected)
    of = np.maximum(np.where(stalled, counted, weights.expected[stretch]), 1)
    length = parts.end - parts.start
    until = parts.end
    if stalled.any():
        laid = arrays.share(np.maximum(length, 0), high - low, np.maximum(expected, 1))
        until = np.where(stalled, parts.start + laid, until)
    content, place = weights.low[stretch], (weights.high - weights.low)[stretch]
    known = (content >= 0) & ((counted > 0) | ~stalled)
    too_fast = too_fast | weights.too_fast[stretch]
    own = parts.reason
    laid_out = [
        Atoms(
            first=parts.row,
            last=parts.row + 1,
            start=parts.start,
            end=until,
            amount=arrays.share(counted, high, of) - arrays.share(counted, low, of),
            low=np.where(known, content + arrays.share(place, low, of), -1),
            high=np.where(known, content + arrays.share(place, high, of), -1),
            reason=np.where((own == NONE) & too_fast, np.int8(RATE), own),
            untimely=np.zeros(len(own), np.bool_),
        )
    ]
    order = [np.arange(len(own))]
    if stalled.any():
        laid_out.append(_rest(parts, until, expected - (high - low), stalled))
        order.append(np.flatnonzero(stalled))
    if weights.excess.any():
        ends = np.flatnonzero(weights.excess)
        laid_out.append(_beyond(parts, last[ends], weights, ends))
        order.append(last[ends])
    atoms = laid_out[0]
    if len(laid_out) > 1:
        atoms = joined(laid_out).among(np.argsort(np.concatenate(order), kind="stable"))
    atoms = timed(atoms, untimely[atoms.first])
    worth = atoms.amount > 0
    return atoms if worth.all() else atoms.among(worth)


def _rest(parts: Parts, since: Ints, amount: Ints, stalled: Flags) -> Atoms:
    """What the clock ran without the media: the rest of each part of the stalled stretches."""
    own = parts.reason[stalled]
    nothing = np.full(len(own), -1)
    return Atoms(
        first=parts.row[stalled],
        last=parts.row[stalled] + 1,
        start=since[stalled],
        end=parts.end[stalled],
        amount=amount[stalled],
        low=nothing,
        high=nothing,
        reason=np.where(own == NONE, np.int8(STALLED), own),
        untimely=np.zeros(len(own), np.bool_),
    )


def _beyond(parts: Parts, last: Ints, weights: Weights, stretch: Ints) -> Atoms:
    """Content that no time on the clock accounts for, at the end of its stretch."""
    own = parts.reason[last]
    excess, high = weights.excess[stretch], weights.high[stretch]
    return Atoms(
        first=parts.row[last],
        last=parts.row[last] + 1,
        start=parts.end[last],
        end=parts.end[last],
        amount=excess,
        low=high,
        high=high + excess,
        reason=np.where(own == NONE, np.int8(RATE), own),
        untimely=np.zeros(len(own), np.bool_),
    )
