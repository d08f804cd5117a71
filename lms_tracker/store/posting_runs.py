"""Runs: rows of posting lists that are no longer new, packed many to a row.

A row of `posting` takes 130 bytes on PostgreSQL with its place in the index, 14 of which say something: of statements that come one by
one that is more than half of what they take. Packed, it takes six. What is new stays in `posting`, where adding a row moves no
other; store.postings.fold moves it here later.

Of each term runs follow one another: an instant is in one run only, and no run begins before another ends. So a run is
found by the instant that it begins at, and has whatever comes until the next begins.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise, repeat
from operator import sub
from struct import Struct, pack, unpack

FULL, FULL_BYTES = 128, 1500
"""Rows and bytes with which a run is full. Each time that rows join a run it is written anew; and beyond 2,000 bytes PostgreSQL
keeps it elsewhere, in two pieces or more."""

At = tuple[int, int, bytes]
"""A row of a term: (stored in microseconds, number of the first, distances), as in store.postings."""
Run = tuple[int, int, bytes]
"""(stored of its first row, number of the first in it, its rows packed)."""

# How rows are packed is stored: changing it needs a migration that packs all runs anew. tests/store/test_posting_runs.py
# holds golden values. Nothing for a single row with a single member. Else how many rows; of three columns the bytes of each
# of their values, and of the second what is to be added to each; the columns: how much later than the row before, how much
# the number is higher, how many distances; and all distances. Of a column the lowest bytes of all values come first.
_HEAD = Struct("<IBBBq")


def members(first: int, distances: bytes) -> list[int]:
    """Numbers of the statements in a row, ascending."""
    return list(accumulate(distances, initial=first))


def runs_of(rows: Sequence[At]) -> Iterator[Run]:
    """Runs for rows of one term in order, all full but the last."""
    start = 0
    while start < len(rows):
        sizes = list(accumulate(6 + len(distances) for _, _, distances in rows[start : start + FULL]))
        end = min(start + 1 + bisect_left(sizes, FULL_BYTES), start + len(sizes))
        while end < len(rows) and rows[end][0] == rows[end - 1][0]:
            end += 1
        yield _pack(rows[start:end])
        start = end


def rows_in(run: Run) -> list[At]:
    """In order of `stored`."""
    stored, first, packed = run
    if not packed:
        return [run]
    count, width, *_ = _HEAD.unpack_from(packed)
    later = _widen(packed[_HEAD.size : _HEAD.size + width * (count - 1)], count - 1)
    return list(zip(accumulate(later, initial=stored), *_numbers_and_tails(first, packed), strict=True))


def numbers_in(run: Run) -> Iterable[int]:
    """Numbers of all statements in it, in no order."""
    _, first, packed = run
    if not packed:
        return [first]
    numbers, tails = _numbers_and_tails(first, packed)
    return numbers if isinstance(tails, repeat) else chain.from_iterable(map(members, numbers, tails))


def numbers_at(run: Run, instants: Collection[int]) -> Iterable[int]:
    """The same of those that were stored at one of the instants; of others too, where that is less work: who came one by one."""
    if not run[2] or not _HEAD.unpack_from(run[2])[3]:
        return numbers_in(run)
    return chain.from_iterable(members(one, distances) for at, one, distances in rows_in(run) if at in instants)


def is_full(run: Run) -> bool:
    """Whether it takes no more rows unless they belong into its midst."""
    packed = run[2]
    return len(packed) >= FULL_BYTES or (packed != b"" and _HEAD.unpack_from(packed)[0] >= FULL)


def _pack(rows: Sequence[At]) -> Run:
    stored, numbers, tails = zip(*rows, strict=True)
    if len(rows) == 1 and not tails[0]:
        return stored[0], numbers[0], b""
    higher = list(map(sub, numbers[1:], numbers))
    less = min(0, *higher) if higher else 0
    columns = [
        _narrow(list(map(sub, stored[1:], stored))),
        _narrow([distance - less for distance in higher]),
        _narrow(list(map(len, tails))),
    ]
    head = _HEAD.pack(len(rows), *(width for width, _ in columns), less)
    return stored[0], numbers[0], b"".join((head, *(planes for _, planes in columns), *tails))


def _narrow(values: list[int]) -> tuple[int, bytes]:
    width = (max(values, default=0).bit_length() + 7) // 8
    wide = pack(f"<{len(values)}Q", *values)
    return width, b"".join(wide[byte::8] for byte in range(width))


def _numbers_and_tails(first: int, packed: bytes) -> tuple[Iterator[int], Iterable[bytes]]:
    """Of each row the number of the first, and the distances."""
    count, skipped, width, lengths_width, less = _HEAD.unpack_from(packed)
    start = _HEAD.size + skipped * (count - 1)
    end = start + width * (count - 1)
    higher = _widen(packed[start:end], count - 1)
    numbers = accumulate([distance + less for distance in higher] if less else higher, initial=first)
    if not lengths_width:
        return numbers, repeat(b"", count)
    tails = end + lengths_width * count
    ends = accumulate(_widen(packed[end:tails], count), initial=tails)
    return numbers, [packed[one:next_one] for one, next_one in pairwise(ends)]


def _widen(planes: bytes, many: int) -> Sequence[int]:
    if len(planes) <= many:
        return planes or bytes(many)
    wide = bytearray(8 * many)
    for byte in range(len(planes) // many):
        wide[byte::8] = planes[byte * many : (byte + 1) * many]
    return unpack(f"<{many}Q", wide)
