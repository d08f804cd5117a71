"""What is shown of a page of statements: as many as its bytes allow."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from lms_tracker.core.instants import from_us
from lms_tracker.store.driver import rows
from lms_tracker.store.packing import unpack_one, unpack_to_array
from lms_tracker.store.postings import Entry

PAGE_BYTES = 8 * 1024 * 1024
"""JSON of one page; a single statement may be larger. A page of 1,000 ordinary ones is a fifth of it."""
TOGETHER = 1024 * 1024
"""Packed bytes up to which it is worth to try whether they unpack together: to less than a page, see store.packing."""

_singly = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Found(NamedTuple):
    """A statement of a page."""

    seq: int
    stored: datetime
    raw: bytes


class Page:
    """The statements of a page: as one JSON array where nobody asks for them singly."""

    def __init__(self, entries: list[Entry], raws: list[bytes] | None, array: bytes | None) -> None:
        self.entries, self._raws, self._array = entries, raws, array

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Found]:
        return (Found(seq, from_us(stored), raw) for (stored, seq), raw in zip(self.entries, self.raws, strict=True))

    @property
    def array(self) -> bytes:
        """JSON of all of them."""
        return b"[" + b",".join(self._raws or ()) + b"]" if self._array is None else self._array

    @property
    def raws(self) -> list[bytes]:
        """JSON of each."""
        if self._raws is None:
            self._raws = [bytes(raw) for raw in _singly(self.array)]
        return self._raws

    @property
    def newest(self) -> datetime:
        """When the last of them was stored. There must be one."""
        return from_us(max(self.entries)[0])


class Shown(NamedTuple):
    """A page, and the last statement that was looked at for it."""

    page: Page
    last: Entry | None


def show(db: Connection, page: list[tuple[Entry, bytes | None]]) -> Shown:
    """As many as PAGE_BYTES allow, at least one. They come packed; None for a large one, which is read now."""
    small = [packed for _, packed in page if packed is not None]
    if page and len(small) == len(page) and sum(map(len, small)) < TOGETHER:
        array = unpack_to_array(small)
        if array is not None:
            return Shown(Page([entry for entry, _ in page], None, array), page[-1][0])
    entries, raws, left, last = list[Entry](), list[bytes](), PAGE_BYTES, None
    for entry, packed in page:
        if packed is None:
            large = rows(db, "SELECT raw FROM statement WHERE seq = :seq", seq=entry[1])
            packed = large[0][0] if large else None
        if packed is not None:  # else deleted meanwhile
            raw = unpack_one(packed)
            left -= len(raw)
            if left < 0 and raws:
                break
            entries.append(entry)
            raws.append(raw)
        last = entry
    return Shown(Page(entries, raws, None), last)
