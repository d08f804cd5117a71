"""What statements say about activities, put together (Communication 2.5: the canonical activity)."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from lms_tracker.core.xapi.model import Activity, Object, Statement, activities_in

_encode = msgspec.json.Encoder().encode
_UNITED = ("name", "description", "extensions")
_LONG = 2000


Said = dict[tuple[str, str], bytes]
"""Definitions as JSON, by (digest of the activity's IRI, digest of the definition)."""


def definitions_of(statement: Statement) -> Said:
    """What a statement says about activities."""
    return definitions_in(_activities(statement))


def definitions_in(activities: Iterable[Activity | Object]) -> Said:
    """What is said about these."""
    found = {}
    for activity in activities:
        if activity.definition is not UNSET and activity.id is not UNSET:
            raw = _encode(activity.definition)
            short = len(raw) + len(activity.id) <= _LONG
            found[_short_digests(activity.id, raw) if short else _digests(activity.id, raw)] = raw
    return found


def _digests(iri: str, raw: bytes) -> tuple[str, str]:
    return activity_digest(iri), hashlib.sha256(raw).hexdigest()


_short_digests = lru_cache(4096)(_digests)  # a source says the same of the same activities all the time


def activity_digest(iri: str) -> str:
    """The same for ever: definitions are found by it."""
    return hashlib.sha256(iri.encode()).hexdigest()


def merge_definitions(raws: Iterable[bytes]) -> dict[str, Any]:
    """One definition of several, oldest first: languages and extensions add up, of all else the latest stands."""
    merged: dict[str, Any] = {}
    for raw in raws:
        said = msgspec.json.decode(raw)
        united = {key: merged.get(key, {}) | said[key] for key in _UNITED if key in said}
        merged = merged | said | united
    return merged


def _activities(statement: Statement) -> Iterator[Activity | Object]:
    target = statement.object
    yield target
    yield from activities_in(statement.context)
    if target.object is not UNSET:
        yield target.object
        yield from activities_in(target.context)
