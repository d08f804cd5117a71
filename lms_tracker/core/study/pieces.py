"""Pieces of ledger entries: cutting them, and what is counted in them by the clock, by content and by activity."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise

from msgspec.structs import replace

from lms_tracker.core.study.entries import REASONS, Entry, Interval, merged
from lms_tracker.core.study.intervals import IntervalSet


class Taken:
    """What intervals of some verdicts take up: seconds on the clock, content and study time by activity."""

    def __init__(self, entries: Iterable[Entry] = (), verdicts: Collection[str] = ()) -> None:
        self.clock = IntervalSet()
        self.content: dict[str, IntervalSet] = defaultdict(IntervalSet)
        self.of_activity: dict[str, int] = defaultdict(int)
        for entry in entries:
            for interval in entry.intervals:
                if interval.verdict in verdicts:
                    self.add(entry.activity, interval)

    def add(self, activity: str, interval: Interval) -> None:
        self.clock.add(interval.start_us, interval.end_us)
        self.of_activity[activity] += interval.amount_us
        if interval.media is not None:
            self.content[activity].add(*interval.media)


def holds(held: IntervalSet, start: int, end: int) -> bool:
    """Whether all of [start, end) is in the set; not what has no width."""
    pieces = held.split(start, end)
    return bool(pieces) and all(inside for _, _, inside in pieces)


def edges_of(held: IntervalSet, start: int, end: int) -> set[int]:
    """Where the set begins and ends within [start, end)."""
    return {edge for piece in held.split(start, end) for edge in piece[:2]}


def cut(interval: Interval, edges: set[int], by_media: bool = False) -> list[Interval]:
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


def take(interval: Interval, amount: int) -> tuple[Interval | None, Interval | None]:
    """The first `amount` of its study time, and the rest; None for what is nothing."""
    if amount <= 0:
        return None, interval
    if amount >= interval.amount_us:
        return interval, None

    def reach(span: tuple[int, int]) -> int:
        return span[0] + (span[1] - span[0]) * amount // interval.amount_us

    at, media = reach((interval.start_us, interval.end_us)), interval.media
    place = reach(media) if media else 0
    return (
        replace(interval, end_us=at, amount_us=amount, media=(media[0], place) if media else None),
        replace(
            interval,
            start_us=at,
            amount_us=interval.amount_us - amount,
            media=(place, media[1]) if media else None,
        ),
    )


def with_pieces(entry: Entry, pieces: list[Interval]) -> Entry:
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
    return replace(
        entry,
        credited_us=entry.credited_us + moved["credited"],
        held_us=entry.held_us + moved["held"],
        discounted=discounted,
        intervals=merged(pieces),
    )


def change_in_time(
    entries: list[Entry],
    wanted: Callable[[Entry, Interval], bool],
    change: Callable[[Entry, Interval], Iterable[Interval]],
) -> None:
    """Puts in the place of each wanted interval the pieces that `change` makes of it, one after the other in the order of time, whatever
    entry they are of. Replaces the entries that change."""
    in_time = sorted(
        (interval.start_us, interval.end_us, at, number)
        for at, entry in enumerate(entries)
        for number, interval in enumerate(entry.intervals)
        if wanted(entry, interval)
    )
    new: dict[int, dict[int, list[Interval]]] = defaultdict(dict)
    for _, _, at, number in in_time:
        new[at][number] = merged(change(entries[at], entries[at].intervals[number]))
    for at, changed in new.items():
        old = entries[at].intervals
        pieces = [piece for number, one in enumerate(old) for piece in changed.get(number, [one])]
        entries[at] = with_pieces(entries[at], pieces)
