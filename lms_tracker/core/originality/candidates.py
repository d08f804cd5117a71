"""Which of many texts might say the same: those that share marks, or a band of their signatures. Columns, no loop."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from lms_tracker.core.originality.prints import SIGNATURE, Print, bands_of
from lms_tracker.core.originality.text import Codes

Ids = npt.NDArray[np.int64]
Pairs = set[tuple[int, int]]

FEWEST_MARKS = 5
"""Marks in common from which on two texts are looked at: about 40 characters word for word."""
LEAST_ALIKE = 0.15
"""Share of the signatures that agrees from which on two texts are looked at."""
_GROWS = 3
_LOW = (1 << 32) - 1


class Keys(Struct, frozen=True):
    """Keys in ascending order, and of which text (id) each is."""

    keys: Codes
    of: Ids


class Corpus(Struct, frozen=True):
    """Prints in columns. `ids` ascend, `signatures` are in their order."""

    ids: Ids
    marks: Keys
    bands: Keys
    signatures: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.ids)


def corpus_of(ids: Sequence[int], prints: Sequence[Print]) -> Corpus:
    """Columns of some prints. Ids are from 0 up to 2^31."""
    signatures = np.array([one.signature for one in prints], np.uint32).reshape(-1, SIGNATURE)
    bands = bands_of(signatures)
    numbers = np.array(ids, np.int64)
    order = np.argsort(numbers)
    marks = np.concatenate([one.marks for one in prints] or [np.empty(0, np.uint32)])
    return Corpus(
        ids=numbers[order],
        marks=_sorted(marks, np.repeat(numbers, [len(one.marks) for one in prints])),
        bands=_sorted(bands.ravel(), np.repeat(numbers, bands.shape[1])),
        signatures=signatures[order],
    )


def added(parts: Sequence[Corpus], new: Corpus) -> list[Corpus]:
    """Parts of a growing corpus with one more, each a few times as large as the next: adding one text moves few."""
    found = [*parts, new]
    while len(found) > 1 and len(found[-2]) < _GROWS * len(found[-1]):
        last = found.pop()
        found[-1] = _joined(found[-1], last)
    return found


def candidates(new: Corpus, parts: Sequence[Corpus]) -> Pairs:
    """Pairs (id of `new`, id of a part), never of one id, that are worth a look. The parts may hold `new`.

    A mark in more than 1 % of the texts (and more than 50) is a phrase that everybody uses: it says nothing.
    """
    most = max(50, sum(map(len, parts)) // 100)
    by_marks, common = _meetings(new.marks, [part.marks for part in parts], most)
    by_bands, _ = _meetings(new.bands, [part.bands for part in parts], most)
    by_bands = by_bands[_alike(by_bands, new, parts) >= LEAST_ALIKE]
    found = np.union1d(by_marks[common >= FEWEST_MARKS], by_bands)
    pairs = zip((found >> 32).tolist(), (found & _LOW).tolist(), strict=True)
    return {pair for pair in pairs if pair[0] != pair[1]}


def _meetings(new: Keys, parts: Sequence[Keys], most: int) -> tuple[Ids, Ids]:
    """Where texts share keys: (id of new << 32 | id of the other), ascending, and how many keys they share."""
    spans = [(np.searchsorted(p.keys, new.keys, "left"), np.searchsorted(p.keys, new.keys, "right")) for p in parts]
    texts = sum((last - first for first, last in spans), np.zeros(len(new.keys), np.int64))
    pairs = [np.empty(0, np.int64)]
    for part, (first, last) in zip(parts, spans, strict=True):
        times = np.where(texts > most, 0, last - first)
        starts = np.repeat(first - np.concatenate([[0], np.cumsum(times)[:-1]]), times)
        others = part.of[starts + np.arange(times.sum())] if len(times) else part.of[:0]
        pairs.append(np.repeat(new.of, times) << 32 | others)
    return np.unique(np.concatenate(pairs), return_counts=True)


def _alike(pairs: Ids, new: Corpus, parts: Iterable[Corpus]) -> npt.NDArray[np.float64]:
    """The share of the two signatures that agrees, by pair."""
    found = np.zeros(len(pairs), np.float64)
    mine, other = pairs >> 32, pairs & _LOW
    for part in parts:
        here = np.flatnonzero(np.isin(other, part.ids))
        one = new.signatures[np.searchsorted(new.ids, mine[here])]
        found[here] = (one == part.signatures[np.searchsorted(part.ids, other[here])]).mean(axis=1)
    return found


def _sorted(keys: Codes, of: Ids) -> Keys:
    order = np.argsort(keys, kind="stable")
    return Keys(keys[order], of[order])


def _joined(one: Corpus, other: Corpus) -> Corpus:
    ids = np.concatenate([one.ids, other.ids])
    order = np.argsort(ids)
    return Corpus(
        ids=ids[order],
        marks=_merged(one.marks, other.marks),
        bands=_merged(one.bands, other.bands),
        signatures=np.concatenate([one.signatures, other.signatures])[order],
    )


def _merged(one: Keys, other: Keys) -> Keys:
    return _sorted(np.concatenate([one.keys, other.keys]), np.concatenate([one.of, other.of]))
