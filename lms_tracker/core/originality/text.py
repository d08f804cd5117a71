"""A text as it is compared: characters that carry meaning, each with its place in the text, and their shingles."""

import re
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from lms_tracker.core.originality.scripts import one_for_all

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SHINGLE = 5
"""Characters: two or three Chinese words. Shorter ones are shared by texts that only speak of the same thing."""
QUOTED = re.compile(r"“[^“”]{2,200}”|「[^「」]{2,200}」|『[^『』]{2,200}』|《[^《》]{1,60}》")
"""What is given as somebody else's words, or a title. A longer one is no quotation but a way to hide."""
MOST_QUOTED = 0.5
"""Where more than this share stands in quotation marks, they are taken for decoration."""
# Stored prints were made with these: changing any of the numbers, or what `fold` does, makes them all worthless.
_FACTORS = np.array([0x9E3779B97F4A7C15 ** (n + 1) % 2**64 for n in range(SHINGLE)], np.uint64)
_MIX = np.uint64(0xFF51AFD7ED558CCD)


class Shingled(Struct, frozen=True):
    """A text taken apart. `places[i]` is where the i-th character that counts stands in the text; `hashes[i]` is of it and
    the four after it; `free[i]` is False where that shingle touches a quotation or stands in what everybody was given."""

    places: Places
    hashes: Codes
    free: Mask

    @property
    def length(self) -> int:
        """Characters that count."""
        return len(self.places)


def shingled(text: str, given: Codes | None = None) -> Shingled:
    """Take a text apart. `given`: hashes of what everybody was given (see `hashes_of`)."""
    codes, places = fold(text)
    hashes = _hashes(codes)
    free = ~_touched(_quoted(text)[places], len(hashes))
    if given is not None and len(given):
        free &= ~np.isin(hashes, given)
    return Shingled(places, hashes, free)


def hashes_of(*texts: str) -> Codes:
    """The shingles of some texts: an assignment's instructions, its rubric."""
    return np.unique(np.concatenate([_hashes(fold(text)[0]) for text in texts] or [np.empty(0, np.uint32)]))


def fold(text: str) -> tuple[Codes, Places]:
    """Letters, digits and ideographs in one width, case and script (traditional as simplified), and where each stands. All else (spaces, punctuation,
    line ends) is left out: it changes whenever a text is copied."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    table = _table()
    folded = np.where(codes < len(table), table[np.minimum(codes, len(table) - 1)], codes)
    places = np.flatnonzero(folded)
    return folded[places].astype(np.uint32), places


@cache
def _table() -> Codes:
    """Code of the basic plane -> its folded code, or 0 for what does not count."""
    table, same = np.zeros(0x10000, np.uint32), one_for_all()
    for code in range(0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(plain) == 1 and unicodedata.category(plain)[0] in "LN":
            table[code] = ord(same.get(plain, plain))
    return table


def _hashes(codes: Codes) -> Codes:
    """32 bits of each shingle."""
    count = max(0, len(codes) - SHINGLE + 1)
    total = np.zeros(count, np.uint64)
    wide = codes.astype(np.uint64)
    for n, factor in enumerate(_FACTORS):
        total += wide[n : n + count] * factor
    total ^= total >> np.uint64(33)
    total *= _MIX
    return (total >> np.uint64(32)).astype(np.uint32)


def _quoted(text: str) -> Mask:
    """Which characters of a text stand in quotation marks."""
    mask = np.zeros(len(text), np.bool_)
    for found in QUOTED.finditer(text):
        mask[found.start() : found.end()] = True
    return mask if mask.sum() <= MOST_QUOTED * len(text) else np.zeros(len(text), np.bool_)


def _touched(mask: Mask, count: int) -> Mask:
    """Which shingles hold at least one character of the mask."""
    before = np.concatenate([[0], np.cumsum(mask)])
    starts = np.arange(count)
    touched: Mask = before[starts + SHINGLE] > before[starts]
    return touched
