"""Parts of statements that were read and checked before, known again by their bytes.

A source repeats itself: the same people, verbs, activities and courses, byte for byte. Reading and checking such a part
again would cost more than all else that is done to a statement.
"""

from collections.abc import Callable

import msgspec
from msgspec import Raw

from lms_tracker.core.xapi.definitions import Said, definitions_in
from lms_tracker.core.xapi.model import (
    Activity,
    Actor,
    ContextActivities,
    Object,
    Verb,
    activities_of_kinds,
    identifier,
)
from lms_tracker.core.xapi.parse import MAX_DEPTH, make_lists
from lms_tracker.core.xapi.terms import activity_terms, actor_terms, people_terms
from lms_tracker.core.xapi.validate import (
    check_actor,
    check_context_activities,
    check_subject,
    check_target,
    check_team,
    check_verb,
)
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED

MOST_BYTES = 16 * 1024 * 1024
"""Of each kind of part; about as much again may be remembered from before."""
LONGEST = 16 * 1024
_BRACKETS = MAX_DEPTH - 2
"""More may be too deep, in the context of a statement: whoever reads it whole looks closely."""
_ENTRY_BYTES = 700
"""What an entry takes beside the bytes that it holds."""

_encode = msgspec.json.Encoder().encode
_actor = msgspec.json.Decoder(Actor).decode
_verb = msgspec.json.Decoder(Verb).decode
_object = msgspec.json.Decoder(Object).decode
_activities = msgspec.json.Decoder(ContextActivities).decode
_NO_TERMS: frozenset[int] = frozenset()
_NOTHING: Said = {}


class Part(msgspec.Struct, frozen=True, gc=False):
    """A valid part: as it is stored, and what the record is searched by."""

    raw: Raw
    name: str | None = None
    """Identifier of an actor, IRI of a verb or an activity."""
    terms: frozenset[int] = _NO_TERMS
    said: Said = _NOTHING


class Unusual(Exception):
    """Not to be judged by itself: the statement is to be read whole."""


class Remembered:
    """Parts of one kind by their bytes, those used lately.

    When there are enough, a new generation begins; of the old one those stay that are asked for meanwhile.
    """

    def __init__(self, read: Callable[[bytes], Part]) -> None:
        self._read = read
        self._now: dict[bytes, Part] = {}
        self._before: dict[bytes, Part] = {}
        self._bytes = 0

    def part(self, raw: Raw) -> Part:
        """Raises Unusual, StatementError, and what msgspec raises; such a part is not remembered."""
        key = bytes(raw)
        return self._now.get(key) or self._recall(key)

    def _recall(self, key: bytes) -> Part:
        part = self._before.get(key)
        if part is None:
            if key.count(b"[") + key.count(b"{") > _BRACKETS:
                raise Unusual
            part = self._read(key)
            # Decoding keeps the last of equal keys: a lost key shows as a lost colon (see parse.parse_statement).
            if bytes(part.raw).count(b":") != key.count(b":"):
                raise Unusual
        if len(key) <= LONGEST:
            # Threads at one moment may lose a count or a generation to each other: that costs reading a part again.
            if self._bytes > MOST_BYTES:
                self._now, self._before, self._bytes = {}, self._now, 0
            self._now[key] = part
            self._bytes += len(key) + len(bytes(part.raw)) + sum(map(len, part.said.values())) + _ENTRY_BYTES
        return part


def _read_subject(raw: bytes) -> Part:
    actor = _actor(raw)
    check_subject(actor, "$")
    return Part(Raw(_encode(actor)), identifier(actor), actor_terms(actor))


def _read_verb(raw: bytes) -> Part:
    verb = _verb(raw)
    check_verb(verb, "$")
    if verb.id == VERB_VOIDED:
        raise Unusual  # its object has to be a reference
    return Part(Raw(_encode(verb)), verb.id)


def _read_target(raw: bytes) -> Part:
    target = _object(raw)
    if check_target(target, "$") != "Activity":
        raise Unusual  # other rules hold for the context of such a statement, and it may hold anything inside
    return Part(Raw(_encode(target)), str(target.id), said=definitions_in([target]))


def _read_instructor(raw: bytes) -> Part:
    actor = _actor(raw)
    check_actor(actor, "$")
    return Part(Raw(_encode(actor)), terms=people_terms([actor]))


def _read_team(raw: bytes) -> Part:
    actor = _actor(raw)
    check_team(actor, "$")
    return Part(Raw(_encode(actor)), terms=people_terms([actor]))


def _read_activities(raw: bytes) -> Part:
    named = _activities(raw)
    check_context_activities(named, "$")
    make_lists(named)
    each: list[Activity] = list(activities_of_kinds(named))
    return Part(Raw(_encode(named)), terms=activity_terms(each), said=definitions_in(each))


subjects = Remembered(_read_subject)
verbs = Remembered(_read_verb)
targets = Remembered(_read_target)
instructors = Remembered(_read_instructor)
teams = Remembered(_read_team)
context_activities = Remembered(_read_activities)
