"""Long lists of keys in pieces that a database takes as bound parameters."""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from uuid import UUID

Key = TypeVar("Key", int, str, UUID)

CHUNK = 500  # SQLite before 3.32 allows 999 parameters


def chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """The distinct keys in order, a few hundred at a time."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
