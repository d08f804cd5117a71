"""What the rules need of columns of numbers: totals of groups, the latest word, and shares without loss.

Every column is an array with one item a row; rows of a group stand together. Numbers are whole microseconds (int64).
"""

from collections.abc import Sequence
from itertools import compress
from operator import ne, sub
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
"""Small numbers for words; -1 where nothing is said."""

NEVER = np.iinfo(np.int64).max
"""An instant that does not come."""
ALWAYS = np.iinfo(np.int64).min
"""An instant before all others."""
_SAFE = 2**62


def share(amount: Ints, part: Ints, whole: Ints | int) -> Ints:
    """amount * part // whole, exactly, also where the product exceeds 64 bits. All are >= 0 and `whole` > 0."""
    if not len(amount) or int(np.max(amount)) * int(np.max(part)) < _SAFE:
        return amount * part // whole
    wide: Any = amount.astype(object) * part // whole
    return np.asarray(wide, np.int64)


def latest(said: Flags, begin: Ints) -> Ints:
    """For each row the last row of its group up to it where `said` holds; less than `begin` where there is none.

    `begin` is the first row of each row's group.
    """
    rows = np.arange(len(said))
    return np.maximum.accumulate(np.where(said, rows, -1))


def soonest(said: Flags) -> Ints:
    """For each row the first row from it on where `said` holds; the number of rows where there is none."""
    count = len(said)
    found = np.where(said, np.arange(count), count)
    return np.minimum.accumulate(found[::-1])[::-1]


def carried(words: NDArray[Any], begin: Ints, default: int) -> NDArray[Any]:
    """What was said last up to each row of its group; `default` before anything was. -1 says nothing."""
    row = latest(words >= 0, begin)
    return np.where(row >= begin, words[row], words.dtype.type(default))


def highest_so_far(values: Ints, group: Ints) -> Ints:
    """The largest value up to each row within its group; `group` numbers the groups from 0, rows in their order."""
    distinct, rank = np.unique(values, return_inverse=True)
    return distinct[np.maximum.accumulate(group * len(distinct) + rank) - group * len(distinct)]


def spread(values: NDArray[Any], counts: Ints) -> NDArray[Any]:
    """One value a group, for each of its rows."""
    return np.repeat(values, counts)


def runs(values: Sequence[Any]) -> tuple[list[int], list[int]]:
    """Where each run of equal values begins, and how long it is. Not for arrays: `changes` is."""
    begin = [0, *compress(range(1, len(values)), map(ne, values[1:], values))]
    return begin, list(map(sub, [*begin[1:], len(values)], begin))


def ascends(*columns: NDArray[Any]) -> bool:
    """Whether each row comes after the one before it, by the first of the columns in which they differ. Equal ones do not."""
    equal = np.ones(max(0, len(columns[0]) - 1), np.bool_)
    for column in columns:
        before, after = column[:-1], column[1:]
        if np.any(equal & (after < before)):
            return False
        equal &= after == before
    return not np.any(equal)


def changes(*columns: NDArray[Any]) -> Flags:
    """Whether a row differs from the one before it in any of the columns; the first row does."""
    out = np.ones(len(columns[0]), np.bool_)
    if len(out):
        out[1:] = False
        for column in columns:
            out[1:] |= column[1:] != column[:-1]
    return out
