"""What people (and one machine, which may only hold) have decided about a learner's time, put on top of the rules.

Decisions are data. First grants: what the rules discounted for one reason is credited after all, as an appeal was
upheld. Then, of what is credited, the strongest of these stands at each moment, however and whenever they came:

    release   credited: a person has looked, and no later suspicion takes that back
    reject    what is held does not count: reason `rejected`
    hold      waits for a person

A grant never makes a second or a part of the content count twice: where the learner was credited already, elsewhere or
for that content, the seconds stay discounted, as `overlap` or `repeat`. Those two reasons themselves can't be granted.
Beyond that a person may go past the rules, the daily cap included: that is what an appeal is for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec import Struct

from lms_tracker.core.study.entries import COUNTED, REASONS, Entry, Interval, merged
from lms_tracker.core.study.intervals import IntervalSet

Kind = Literal["hold", "release", "reject", "grant"]
KINDS: tuple[Kind, ...] = ("hold", "release", "reject", "grant")
SUSPECT = frozenset({"held", "rejected"})
NOT_GRANTED = COUNTED | {"overlap", "repeat"}
"""`overlap`, `repeat`: counted once already. What counts, or waits, would be found counted, by itself; `rejected` is taken back by
a release."""
SessionKey = tuple[str, str, str]
"""activity, session, registration"""


class Window(Struct, frozen=True, order=True):
    """A part of a session: [start_us, end_us). Instants without width belong to it at both ends."""

    activity: str
    session: str
    registration: str
    start_us: int
    end_us: int

    @property
    def key(self) -> SessionKey:
        return (self.activity, self.session, self.registration)


class Decision(Struct, frozen=True):
    """`reason` of a grant is the discount that is lifted; of the others a word for why. `ref` is where it is recorded."""

    kind: Kind
    window: Window
    reason: str = ""
    ref: int = 0


class Signal(Struct, frozen=True):
    """One thing that made a detector suspicious, in words for those who decide and for the learner.

    Stored as JSON with the hold: only ever add fields, with defaults.
    """

    key: str
    zh: str
    en: str
    weight: float = 0.0
    """Its share in the score, larger is more; only their order is shown."""

    def __call__(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.zh


def windows_of(entries: Iterable[Entry], verdict: str = "credited") -> list[Window]:
    """One window for each session: from its first to its last moment under the verdict."""
    spans: dict[SessionKey, tuple[int, int]] = {}
    for entry in entries:
        for interval in entry.intervals:
            if interval.verdict == verdict:
                start, end = spans.get(entry.key[:3], (interval.start_us, interval.end_us))
                spans[entry.key[:3]] = (min(start, interval.start_us), max(end, interval.end_us))
    return sorted(Window(*key, start, end) for key, (start, end) in spans.items())


def amount_within(entry: Entry, window: Window, verdict: str) -> int:
    """Microseconds of study time of the entry under a verdict within a window of its session."""
    if entry.key[:3] != window.key:
        return 0
    return sum(
        piece.amount_us
        for interval in entry.intervals
        if interval.verdict == verdict
        for piece in _cut(interval, {window.start_us, window.end_us})
        if _covers(window, piece)
    )


def apply_decisions(entries: Sequence[Entry], decisions: Iterable[Decision]) -> list[Entry]:
    """The entries of one learner, all of them, as they are after the decisions. Nothing is lost or added: every entry
    keeps its raw time, and what is applied twice changes nothing more."""
    of_session: Mapping[SessionKey, list[Decision]] = defaultdict(list)
    for decision in decisions:
        of_session[decision.window.key].append(decision)
    if not of_session:
        return list(entries)
    out = list(entries)
    if any(decision.kind == "grant" for several in of_session.values() for decision in several):
        _Granting(out, of_session).run()
    return [_judge(entry, of_session[entry.key[:3]]) if entry.key[:3] in of_session else entry for entry in out]


def _judge(entry: Entry, decisions: list[Decision]) -> Entry:
    """Holds, releases and rejections: they concern what the rules credit, and what came of that."""
    judging = [decision for decision in decisions if decision.kind != "grant"]
    if not judging:
        return entry
    edges = {edge for decision in judging for edge in (decision.window.start_us, decision.window.end_us)}
    pieces: list[Interval] = []
    for interval in entry.intervals:
        if interval.verdict not in COUNTED:
            pieces.append(interval)
            continue
        judged = []
        for piece in _cut(interval, edges):
            kinds = {decision.kind for decision in judging if _covers(decision.window, piece)}
            judged.append(msgspec.structs.replace(piece, verdict=_verdict(piece.verdict, kinds)))
        pieces += merged(judged)  # by itself: bare claims lie across one another
    return _with(entry, pieces)


def _verdict(verdict: str, kinds: set[Kind]) -> str:
    if "release" in kinds:
        return "credited"
    if verdict not in SUSPECT and "hold" not in kinds:
        return verdict
    return "rejected" if "reject" in kinds or verdict == "rejected" else "held"


class _Granting:
    """Grants, in the order of time: what one makes count, the next finds counted."""

    def __init__(self, entries: list[Entry], of_session: Mapping[SessionKey, list[Decision]]) -> None:
        self.entries = entries
        self.grants = {
            key: [one for one in several if one.kind == "grant" and one.reason not in NOT_GRANTED]
            for key, several in of_session.items()
        }
        self.clock = IntervalSet()
        self.content: dict[str, IntervalSet] = defaultdict(IntervalSet)
        for entry in entries:
            for interval in entry.intervals:
                if interval.verdict in COUNTED:
                    self._count(entry.activity, interval)

    def run(self) -> None:
        """Replaces the entries that change."""
        wanted = sorted(
            (interval.start_us, interval.end_us, at, number)
            for at, entry in enumerate(self.entries)
            for number, interval in enumerate(entry.intervals)
            if self._granted(entry, interval)
        )
        new: dict[int, dict[int, list[Interval]]] = defaultdict(dict)
        for _, _, at, number in wanted:
            entry = self.entries[at]
            new[at][number] = merged(self._grant(entry, entry.intervals[number]))
        for at, changed in new.items():
            old = self.entries[at].intervals
            pieces = [piece for number, one in enumerate(old) for piece in changed.get(number, [one])]
            self.entries[at] = _with(self.entries[at], pieces)

    def _granted(self, entry: Entry, interval: Interval) -> list[Window]:
        of_entry = self.grants.get(entry.key[:3], ())
        return [
            grant.window
            for grant in of_entry
            if grant.reason == interval.verdict
            and grant.window.start_us <= interval.end_us
            and interval.start_us <= grant.window.end_us
        ]

    def _grant(self, entry: Entry, interval: Interval) -> Iterable[Interval]:
        windows = self._granted(entry, interval)
        edges = {edge for window in windows for edge in (window.start_us, window.end_us)}
        for piece in _cut(interval, edges):
            if not any(_covers(window, piece) for window in windows):
                yield piece
                continue
            counted = {edge for part in self.clock.split(piece.start_us, piece.end_us) for edge in part[:2]}
            for second in _cut(piece, counted):
                if _holds(self.clock, second.start_us, second.end_us):
                    yield msgspec.structs.replace(second, verdict="overlap")
                else:
                    yield from self._by_content(entry.activity, second)

    def _by_content(self, activity: str, interval: Interval) -> Iterable[Interval]:
        media, seen = interval.media, self.content[activity]
        edges = {edge for part in seen.split(*media) for edge in part[:2]} if media else set()
        for piece in _cut(interval, edges, by_media=True):
            if piece.media and _holds(seen, *piece.media):
                yield msgspec.structs.replace(piece, verdict="repeat")
            else:
                credited = msgspec.structs.replace(piece, verdict="credited")
                self._count(activity, credited)
                yield credited

    def _count(self, activity: str, interval: Interval) -> None:
        self.clock.add(interval.start_us, interval.end_us)
        if interval.media is not None:
            self.content[activity].add(*interval.media)


def _holds(set: IntervalSet, start: int, end: int) -> bool:
    pieces = set.split(start, end)
    return bool(pieces) and all(held for _, _, held in pieces)


def _covers(window: Window, piece: Interval) -> bool:
    return window.start_us <= piece.start_us and piece.end_us <= window.end_us


def _cut(interval: Interval, edges: set[int], by_media: bool = False) -> list[Interval]:
    """The interval in pieces at those of the edges (instants, or positions in the media) that lie within it.

    Each boundary is rounded once, from the whole interval: the pieces add up to it, and are the same whatever other
    edges there are.
    """
    low, high = interval.media if by_media and interval.media else (interval.start_us, interval.end_us)
    inside = sorted(edge for edge in edges if low < edge < high)
    if not inside:
        return [interval]

    def along(start: int, end: int) -> Callable[[int], int]:
        return lambda at: start + (end - start) * (at - low) // (high - low)

    clock, amount = along(interval.start_us, interval.end_us), along(0, interval.amount_us)
    media = along(*interval.media) if interval.media else None
    ends = [low, *inside, high]
    return [
        Interval(
            clock(one),
            clock(next_one),
            amount(next_one) - amount(one),
            (media(one), media(next_one)) if media else None,
            interval.verdict,
            interval.statements,
        )
        for one, next_one in pairwise(ends)
    ]


def _with(entry: Entry, pieces: list[Interval]) -> Entry:
    """The entry with other verdicts. Its sums move with the pieces: an entry that keeps none of its intervals keeps them."""
    moved: dict[str, int] = defaultdict(int)
    for interval in entry.intervals:
        moved[interval.verdict] -= interval.amount_us
    for piece in pieces:
        moved[piece.verdict] += piece.amount_us
    if not any(moved.values()):
        return entry
    discounted = {
        reason: amount
        for reason in (*REASONS, *sorted(set(entry.discounted) - set(REASONS)))
        if (amount := entry.discounted.get(reason, 0) + moved[reason])
    }
    return msgspec.structs.replace(
        entry,
        credited_us=entry.credited_us + moved["credited"],
        held_us=entry.held_us + moved["held"],
        discounted=discounted,
        intervals=merged(pieces),
    )
