"""Events -> sessions: grouped, put in order, the producer's clock corrected, the state told between any two events.

A session is one opening of one activity (study-time.md, section 1). Between its consecutive statements lie *steps*; each
rule of `rules.py` speaks about steps. Everything here is columns, one row a statement: row i is also the step from that
statement to the session's next one; the last row of a session is a step of no length in which nothing is claimed.
"""

import math
from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec import Struct

from lms_tracker.core.study import arrays
from lms_tracker.core.study.arrays import ALWAYS, NEVER, Codes, Flags, Ints
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.evidence import Evidence
from lms_tracker.core.study.policy import SourcePolicy, StudyPolicy


class CatalogueItem(Struct, frozen=True):
    """What the catalogue knows of an activity."""

    media: bool
    length: int | None = None
    """Microseconds of content, or of the longest study that counts; None: no bound is known."""


Catalogue = Mapping[str, CatalogueItem]

STEADY = 5 * SECOND
"""How much the delay of live evidence varies, at most, where the network does not delay it."""


def by_kind(words: dict[Kind, int]) -> Codes:
    """A column to look words up by kind; kinds that are not named say nothing."""
    return np.array([words.get(kind, -1) for kind in Kind], np.int8)


PLAYS = by_kind({Kind.PLAYED: 1, Kind.PAUSED: 0, Kind.INITIALIZED: 0, Kind.TERMINATED: 0})
"""What a statement says of playing; the others leave it as it was, unless they carry `playing`."""
SEES = by_kind({Kind.FOCUSED: 1, Kind.UNFOCUSED: 0})
OPENS = by_kind({kind: int(kind is not Kind.TERMINATED) for kind in set(Kind) - {Kind.COMPLETED, Kind.OTHER}})
"""Statements that say that the activity is open on somebody's screen, or no longer."""


class Sessions(Struct):
    """All sessions of some evidence. Rows of a session stand together in the order they happened; times are corrected."""

    told: Evidence
    """The evidence in this order; `ids` and `segments` are still looked up by `row`."""
    row: Ints
    """Where each row stood in the evidence."""
    begin: Ints
    """First row of each session; one item a session, as are the next ones."""
    count: Ints
    media: Flags
    promises: Flags
    proved: Flags
    reports_presence: Flags
    source: list[SourcePolicy]
    first: Ints
    """First row of the session of each row; one item a row, as are the next ones."""
    at: Ints
    until: Ints
    """The session's next statement: the end of the step."""
    playing: Flags
    open: Flags
    visible: Flags
    rate_milli: Ints
    newest: Ints
    """Up to here the time was already told of by an earlier statement, where that lies after `at`."""

    def of_rows(self, flags: Flags) -> Flags:
        """What holds of sessions, for each of their rows."""
        return flags[self.told.session]

    def start(self) -> Ints:
        """When each session began."""
        return self.at[self.begin]


def open_sessions(evidence: Evidence, policy: StudyPolicy, catalogue: Catalogue) -> Sessions:
    """The sessions of at least one event. What the catalogue does not know of an activity, its events tell."""
    row = in_order(evidence)
    told = _rearranged(evidence, row)
    begin = np.flatnonzero(arrays.changes(told.session))
    count = np.diff(begin, append=len(row))
    media = np.logical_or.reduceat(told.media, begin)
    known = [(number, item.media) for number, key in enumerate(told.keys) if (item := catalogue.get(key.activity))]
    if known:
        numbers, said = zip(*known, strict=True)
        media[list(numbers)] = said
    promises = np.logical_or.reduceat(told.promises, begin)
    source = _sources(told, begin, policy)
    first = arrays.spread(begin, count)
    late = np.array([trust.reports_late for trust in source], np.bool_)
    at = told.at + arrays.spread(clock_error(told, begin, count, late, policy), count)
    until = np.append(at[1:], at[-1:])
    until[begin + count - 1] = at[begin + count - 1]
    presence = (told.inputs >= 0) | (told.kind == Kind.ANSWERED) | (told.kind == Kind.MISSED)
    is_open = arrays.carried(OPENS[told.kind], first, 0) == 1
    playing = _playing(told, first)
    silent = promises & _silent_on_playing(told, begin)
    if silent.any():
        playing = np.where(arrays.spread(silent, count), is_open, playing)
    sees = np.where(told.visible >= 0, told.visible, SEES[told.kind])
    return Sessions(
        told=told,
        row=row,
        begin=begin,
        count=count,
        media=media,
        promises=promises,
        proved=np.logical_and.reduceat(told.proved, begin),
        reports_presence=np.logical_or.reduceat(presence, begin),
        source=source,
        first=first,
        at=at,
        until=until,
        playing=playing,
        open=is_open,
        visible=arrays.carried(sees, first, 1) == 1,
        rate_milli=arrays.carried(told.rate_milli, first, 1000),
        newest=arrays.highest_so_far(at, told.session) if (until < at).any() else at,
    )


def in_order(evidence: Evidence) -> Ints:
    """Rows session by session, by sequence number where every statement has one, else by time; ids settle ties."""
    counted = np.ones(len(evidence.keys), np.bool_)
    counted[evidence.session[evidence.sequence < 0]] = False
    place = np.where(counted[evidence.session], evidence.sequence, 0)
    columns = (evidence.session, place, evidence.at, evidence.kind)
    if arrays.ascends(*columns):  # as whoever told it alone, and in time, told it
        return np.arange(len(place))
    order = np.lexsort(columns[::-1])
    tied = ~arrays.changes(*(column[order] for column in columns))
    if tied.any():
        starts = np.flatnonzero(tied & ~np.append(False, tied[:-1])) - 1
        ends = np.flatnonzero(tied & ~np.append(tied[1:], False)) + 1
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            order[start:end] = sorted(order[start:end].tolist(), key=evidence.ids.__getitem__)
    return order


def _rearranged(evidence: Evidence, order: Ints) -> Evidence:
    if arrays.ascends(order):
        return evidence
    columns = {name: getattr(evidence, name) for name in Evidence.__struct_fields__}
    arranged = {name: column[order] for name, column in columns.items() if isinstance(column, np.ndarray)}
    return msgspec.structs.replace(evidence, **arranged)


def _sources(told: Evidence, begin: Ints, policy: StudyPolicy) -> list[SourcePolicy]:
    """The trust in each session. Should it have several producers, the least trusted speaks for it (names settle ties)."""
    order = sorted(told.sources, key=lambda name: (policy.source(name).declared_share, name))
    rank = np.array([order.index(name) for name in told.sources], np.int64)
    trust = [policy.source(name) for name in order]
    return [trust[number] for number in np.minimum.reduceat(rank[told.source], begin).tolist()]


def clock_error(told: Evidence, begin: Ints, count: Ints, reports_late: Flags, policy: StudyPolicy) -> Ints:
    """The constant error of the producer's clock in each session; 0 where there is none.

    Live evidence from a wrong clock arrives at a constant distance from its timestamps, or later on a slow network;
    evidence sent together after the fact does not. So the smallest distance is the clock's error when three statements
    or more keep to it within a few seconds, over half of the time in which all arrived, and it exceeds what the policy
    lets pass unnoticed. Sources that report late are not judged.
    """
    delay = np.where(told.received, told.stored - told.at, NEVER)
    error = np.minimum.reduceat(delay, begin)
    error[(error == NEVER) | reports_late | (np.abs(error) <= math.floor(policy.clock_error_s * SECOND))] = 0
    if not error.any():
        return error
    steady = told.received & (delay - arrays.spread(error, count) <= STEADY)
    many = np.add.reduceat(steady.astype(np.int64), begin) >= 3
    longest = np.maximum(2 * STEADY, _extent(told.stored, told.received, begin) // 2)
    return np.where(many & (_extent(told.stored, steady, begin) >= longest), error, 0)


def _extent(values: Ints, of: Flags, begin: Ints) -> Ints:
    """From the smallest to the largest value among some rows of each session; sessions without any: meaningless."""
    largest = np.maximum.reduceat(np.where(of, values, ALWAYS), begin)
    return largest - np.minimum.reduceat(np.where(of, values, NEVER), begin)


def _playing(told: Evidence, first: Ints) -> Flags:
    says = np.where(told.playing >= 0, told.playing, PLAYS[told.kind])
    at_the_end = (told.position >= told.length - 2 * SECOND) & (told.position >= 0) & (told.length >= 0)
    says[(told.kind == Kind.COMPLETED) & (told.playing < 0) & at_the_end] = 0
    says[told.kind == Kind.TERMINATED] = 0
    plays: Flags = arrays.carried(says, first, 0) == 1
    return plays


def _silent_on_playing(told: Evidence, begin: Ints) -> Flags:
    """Producers whose heartbeats never speak of playing: they are taken to play while open; their positions tell."""
    speaks = (told.playing >= 0) | (told.kind == Kind.PLAYED) | (told.kind == Kind.PAUSED)
    return np.logical_or.reduceat(told.kind == Kind.HEARTBEAT, begin) & ~np.logical_or.reduceat(speaks, begin)
