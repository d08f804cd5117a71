"""What people (and one machine, which may only hold) have decided about a learner's time, put on top of the rules.

Decisions are data. First grants: what the rules discounted for one reason is credited after all, as an appeal was
upheld. Then, of what is credited, the strongest of these stands at each moment, however and whenever they came:

    release   credited: a person has looked, and no later suspicion takes that back
    reject    what is held does not count: reason `rejected`
    hold      waits for a person

A grant never makes a second or a part of the content count twice: where the learner was credited already, elsewhere or
for that content, the seconds stay discounted, as `overlap` or `repeat`. Those two reasons themselves can't be granted: what
they stand for is given back by itself where what was counted instead is rejected (`freed.py`).
Beyond that a person may go past the rules, the daily cap included: that is what an appeal is for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from lms_tracker.core.study.entries import COUNTED, Entry, Interval, merged
from lms_tracker.core.study.freed import free
from lms_tracker.core.study.pieces import Taken, change_in_time, cut, edges_of, holds, with_pieces

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
        for piece in cut(interval, {window.start_us, window.end_us})
        if _covers(window, piece)
    )


def apply_decisions(
    entries: Sequence[Entry], decisions: Iterable[Decision], lengths: Mapping[str, int | None] | None = None
) -> list[Entry]:
    """The entries of one learner, all of them, as they are after the decisions. Nothing is lost or added: every entry
    keeps its raw time, and what is applied twice changes nothing more.

    `lengths`: of activities, in microseconds, as far as they are known (None: the activity has none); see `freed.py`.
    """
    of_session: Mapping[SessionKey, list[Decision]] = defaultdict(list)
    for decision in decisions:
        of_session[decision.window.key].append(decision)
    if not of_session:
        return list(entries)
    out = list(entries)
    if any(decision.kind == "grant" for several in of_session.values() for decision in several):
        _Granting(out, of_session).run()
    judging = {key: [one for one in several if one.kind != "grant"] for key, several in of_session.items()}
    out = [_judge(entry, judging.get(entry.key[:3], ())) for entry in out]
    return free(out, lambda entry, piece: _judged(piece, judging.get(entry.key[:3], ())), lengths)


def _judge(entry: Entry, decisions: Sequence[Decision]) -> Entry:
    """Holds, releases and rejections: they concern what the rules credit, and what came of that."""
    if not decisions:
        return entry
    pieces: list[Interval] = []
    for interval in entry.intervals:
        if interval.verdict in COUNTED:
            pieces += merged(_judged(interval, decisions))  # by itself: bare claims lie across one another
        else:
            pieces.append(interval)
    return with_pieces(entry, pieces)


def _judged(interval: Interval, decisions: Sequence[Decision]) -> list[Interval]:
    """What counts, under the verdicts that these decisions give its parts."""
    edges = {edge for decision in decisions for edge in (decision.window.start_us, decision.window.end_us)}
    return [
        msgspec.structs.replace(piece, verdict=_verdict(piece.verdict, kinds))
        for piece in cut(interval, edges)
        for kinds in [{decision.kind for decision in decisions if _covers(decision.window, piece)}]
    ]


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
        self.counted = Taken(entries, COUNTED)

    def run(self) -> None:
        """Replaces the entries that change."""
        change_in_time(self.entries, lambda entry, interval: bool(self._granted(entry, interval)), self._grant)

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
        for piece in cut(interval, edges):
            if not any(_covers(window, piece) for window in windows):
                yield piece
                continue
            clock = self.counted.clock
            for second in cut(piece, edges_of(clock, piece.start_us, piece.end_us)):
                if holds(clock, second.start_us, second.end_us):
                    yield msgspec.structs.replace(second, verdict="overlap")
                else:
                    yield from self._by_content(entry.activity, second)

    def _by_content(self, activity: str, interval: Interval) -> Iterable[Interval]:
        media, seen = interval.media, self.counted.content[activity]
        edges = edges_of(seen, *media) if media else set()
        for piece in cut(interval, edges, by_media=True):
            if piece.media and holds(seen, *piece.media):
                yield msgspec.structs.replace(piece, verdict="repeat")
            else:
                credited = msgspec.structs.replace(piece, verdict="credited")
                self.counted.add(activity, credited)
                yield credited


def _covers(window: Window, piece: Interval) -> bool:
    return window.start_us <= piece.start_us and piece.end_us <= window.end_us
