"""The print of a text: a few hundred numbers by which others like it are found without reading any."""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from lms_tracker.core.originality.text import Codes, Shingled

VERSION = 2
"""Of stored prints; see the warning in `text`."""
WINDOW = 12
"""Of so many shingles in a row at least one is a mark: any common run of WINDOW + SHINGLE - 1 = 16 characters shows."""
ROWS, BANDS = 3, 42
"""Numbers of a signature that must agree for a band to, and bands: texts whose shingles agree by 0.4 share a band with a
probability of 0.94, by 0.2 of 0.29, by 0.02 of 0.0003."""
SIGNATURE = ROWS * BANDS
SHORTEST = 80
"""Characters: shorter texts are not compared, they agree by chance."""

_WORDS = np.array([(0xD6E8FEB86659FD93 * (n + 1) + 0xCA5A826395121157 * n * n) % 2**64 for n in range(SIGNATURE)])
_FACTORS = _WORDS.astype(np.uint64) | np.uint64(1)
_TERMS = (_FACTORS * np.uint64(0x9FB21C651E98DF25)) ^ (_FACTORS >> np.uint64(29))


class Print(Struct, frozen=True):
    """`marks`: ascending, each once. `signature`: SIGNATURE numbers."""

    marks: Codes
    signature: Codes


def print_of(text: Shingled) -> Print | None:
    """None for a text too short to be compared."""
    if text.length < SHORTEST or text.free.sum() < WINDOW:
        return None
    return Print(_winnowed(text), _signature(np.unique(text.hashes[text.free])))


def print_bytes(made: Print) -> tuple[bytes, bytes]:
    """(marks, signature) as they are stored: little-endian."""
    return made.marks.astype("<u4").tobytes(), made.signature.astype("<u4").tobytes()


def _winnowed(text: Shingled) -> Codes:
    """The smallest hash of every window, free ones only."""
    low = np.where(text.free, text.hashes, np.uint32(0xFFFFFFFF))
    count = len(low) - WINDOW + 1
    if count < 1:
        return np.unique(text.hashes[text.free])
    reach = 1
    while reach * 2 <= WINDOW:  # minima of 2, 4, 8 in a row, then of two overlapping runs
        low = np.minimum(low[:-reach], low[reach:])
        reach *= 2
    low = np.minimum(low[:count], low[WINDOW - reach : WINDOW - reach + count])
    marks: Codes = np.unique(low)
    return marks[marks < 0xFFFFFFFF]


def _signature(hashes: Codes) -> Codes:
    """The smallest of the hashes under each of SIGNATURE orders (multiply-shift, Dietzfelbinger et al. 1997)."""
    wide = hashes.astype(np.uint64)
    found = np.empty(SIGNATURE, np.uint32)
    for n in range(0, SIGNATURE, BANDS):  # a few rows at a time stay in the processor's cache
        part = wide[None, :] * _FACTORS[n : n + BANDS, None] + _TERMS[n : n + BANDS, None]
        found[n : n + BANDS] = (part >> np.uint64(32)).min(axis=1).astype(np.uint32)
    return found


def bands_of(signatures: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """One key for each band of each signature: (texts, SIGNATURE) -> (texts, BANDS)."""
    parts = signatures.reshape(-1, BANDS, ROWS).astype(np.uint64)
    key = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), parts.shape[:2]).copy()
    for row in range(ROWS):
        key = (key ^ parts[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    return (key >> np.uint64(16)).astype(np.uint32)
