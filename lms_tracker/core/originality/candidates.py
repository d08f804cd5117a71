"""Which of many texts might say the same: those that share marks, or a band of their signatures. Columns, no loop."""

from collections.abc import Sequence

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
_BITS = 22


class Corpus(Struct):
    """Prints in columns. `mark_of[i]` and `band_of[i]` say of which text (index into `ids`) `marks[i]`, `bands[i]` are."""

    ids: Ids
    marks: Codes
    mark_of: Ids
    bands: Codes
    band_of: Ids
    signatures: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.ids)


def corpus_of(ids: Sequence[int], prints: Sequence[Print]) -> Corpus:
    """Columns of some prints."""
    signatures = np.array([one.signature for one in prints], np.uint32).reshape(-1, SIGNATURE)
    bands = bands_of(signatures)
    numbers = np.arange(len(ids), dtype=np.int64)
    return Corpus(
        ids=np.array(ids, np.int64),
        marks=np.concatenate([one.marks for one in prints] or [np.empty(0, np.uint32)]),
        mark_of=np.repeat(numbers, [len(one.marks) for one in prints]),
        bands=bands.ravel(),
        band_of=np.repeat(numbers, bands.shape[1]),
        signatures=signatures,
    )


def joined(one: Corpus, other: Corpus) -> Corpus:
    """Both, one after the other."""
    first = len(one)
    return Corpus(
        ids=np.concatenate([one.ids, other.ids]),
        marks=np.concatenate([one.marks, other.marks]),
        mark_of=np.concatenate([one.mark_of, other.mark_of + first]),
        bands=np.concatenate([one.bands, other.bands]),
        band_of=np.concatenate([one.band_of, other.band_of + first]),
        signatures=np.concatenate([one.signatures, other.signatures]),
    )


def candidates(new: Corpus, there: Corpus) -> Pairs:
    """Pairs (id of `new`, id of `there`), never of one id, that are worth a look. `there` may hold `new`.

    A mark in more than 1 % of the texts (and more than 50) is a phrase that everybody uses: it says nothing.
    """
    if not len(new) or not len(there):
        return set()
    most = max(50, len(there) // 100)
    by_marks, common = _meetings(new.marks, new.mark_of, there.marks, there.mark_of, most, len(there))
    by_marks = by_marks[common >= FEWEST_MARKS]
    by_bands, _ = _meetings(new.bands, new.band_of, there.bands, there.band_of, most, len(there))
    one, other = np.divmod(by_bands, len(there))
    alike = np.array(
        [(new.signatures[a] == there.signatures[b]).mean() for a, b in zip(one, other, strict=True)], np.float64
    )
    by_bands = by_bands[alike >= LEAST_ALIKE] if len(by_bands) else by_bands
    one, other = np.divmod(np.union1d(by_marks, by_bands), len(there))
    ids = zip(new.ids[one].tolist(), there.ids[other].tolist(), strict=True)
    return {pair for pair in ids if pair[0] != pair[1]}


def _meetings(keys: Codes, of: Ids, there: Codes, there_of: Ids, most: int, count: int) -> tuple[Ids, Ids]:
    """Where texts share keys: (text * count + text of `there`), ascending, and how many keys they share."""
    table = np.zeros(1 << _BITS, np.bool_)
    table[keys & np.uint32((1 << _BITS) - 1)] = True
    hit = np.flatnonzero(table[there & np.uint32((1 << _BITS) - 1)])  # a twentieth of them by chance
    order = np.argsort(there[hit], kind="stable")
    found, found_of = there[hit][order], there_of[hit][order]
    first, last = np.searchsorted(found, keys, "left"), np.searchsorted(found, keys, "right")
    times = last - first
    times[times > most] = 0
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(times)[:-1]]), times)
    partners = found_of[starts + np.arange(times.sum())]
    pairs = np.repeat(of, times) * count + partners
    return np.unique(pairs, return_counts=True)
