"""What becomes of time that did not count because other time did, once a person finds that the other does not count.

A second that was counted elsewhere (`overlap`), and content that was counted before (`repeat`), count where nothing counts in their
place any more: who was found not to have watched a lesson may watch it. Seconds and content are given to the sessions in the order
of time, each once, and a part that is given back is judged by what was decided about its own session.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from lms_tracker.core.study.entries import Entry, Interval
from lms_tracker.core.study.pieces import Taken, change_in_time, cut, edges_of, holds, take

INSTEAD = frozenset({"overlap", "repeat"})
COUNTS = frozenset({"credited", "held"})
Judge = Callable[[Entry, Interval], list[Interval]]
"""What would count, in parts under the verdicts that people have given them."""


def free(entries: Sequence[Entry], judge: Judge, lengths: Mapping[str, int | None] | None = None) -> list[Entry]:
    """The entries of one learner, all of them, with what counts where something was rejected. `lengths`: of activities in microseconds, as
    far as they are known; without one nothing is given back that is bounded by it."""
    rejected = Taken(entries, {"rejected"})
    if not rejected.of_activity:
        return list(entries)
    return _Freeing(list(entries), rejected, judge, lengths or {}).run()


class _Freeing:
    def __init__(self, entries: list[Entry], rejected: Taken, judge: Judge, lengths: Mapping[str, int | None]) -> None:
        self.entries, self.rejected, self.judge, self.lengths = entries, rejected, judge, lengths
        self.counted = Taken(entries, COUNTS)

    def run(self) -> list[Entry]:
        change_in_time(self.entries, lambda _, interval: interval.verdict in INSTEAD, self._by_clock)
        return self.entries

    def _by_clock(self, entry: Entry, interval: Interval) -> Iterator[Interval]:
        counted, rejected = self.counted.clock, self.rejected.clock
        span = interval.start_us, interval.end_us
        for piece in cut(interval, edges_of(counted, *span) | edges_of(rejected, *span)):
            at = piece.start_us, piece.end_us
            if holds(counted, *at) or (piece.verdict == "overlap" and not holds(rejected, *at)):
                yield piece
            else:
                yield from self._by_content(entry, piece)

    def _by_content(self, entry: Entry, interval: Interval) -> Iterator[Interval]:
        media, length = interval.media, self.lengths.get(entry.activity)
        if media is None or media[0] == media[1]:
            yield from self._by_room(entry, interval)
            return
        counted, rejected = (taken.content[entry.activity] for taken in (self.counted, self.rejected))
        edges = edges_of(counted, *media) | edges_of(rejected, *media) | ({length} if length else set())
        for piece in cut(interval, edges, by_media=True):
            assert piece.media is not None
            beyond = length is not None and piece.media[1] > length
            if holds(counted, *piece.media) or (beyond and piece.verdict == "overlap"):
                yield replace(piece, verdict="repeat")
            elif piece.verdict == "repeat" and not holds(rejected, *piece.media):
                yield piece
            else:
                yield from self._give(entry, piece)

    def _by_room(self, entry: Entry, interval: Interval) -> Iterator[Interval]:
        """Without content: what the activity's length still admits."""
        length = self.lengths.get(entry.activity)
        if length is None:
            if interval.verdict == "overlap" and entry.activity in self.lengths:
                yield from self._give(entry, interval)
            else:
                yield interval
            return
        kept, over = take(interval, length - self.counted.of_activity[entry.activity])
        if kept is not None:
            yield from self._give(entry, kept)
        if over is not None:
            yield replace(over, verdict="repeat")

    def _give(self, entry: Entry, interval: Interval) -> Iterator[Interval]:
        for piece in self.judge(entry, replace(interval, verdict="credited")):
            if piece.verdict == "rejected":
                yield replace(piece, verdict=interval.verdict)
            else:
                self.counted.add(entry.activity, piece)
                yield piece
