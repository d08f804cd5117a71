"""What statements are found by, as small index terms.

A term is 64 bits of a digest, so that an index entry is a few bytes however long an IRI is. Two names meet in one
term with a chance of 1 in 10^19 for each pair; a query that must be exact looks at the statement too.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from uuid import UUID

from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi.model import (
    Activity,
    Actor,
    Context,
    Object,
    Statement,
    activities_in,
    identifier,
    people_of,
)

# Stored in posting.term and statement.ifi: changing these or `term` needs a migration that fills both anew.
# tests/core/xapi/test_terms.py holds golden values.
ACTOR = "actor"
"""The statement's own actor: a column of its row, for it has one of nearly as many values as there are statements."""
VERB = "verb"
ACTIVITY = "activity"
"""The object of the statement."""
AGENT = "agent"
"""Named as the object, or as a member of the group that is actor or object: counts for GET by `agent`."""
RELATED_AGENT = "related-agent"
"""Authority, instructor, team, and anybody inside a SubStatement: counts with `related_agents`."""
RELATED_ACTIVITY = "related-activity"
"""Context activities, and activities inside a SubStatement: counts with `related_activities`."""


_HALVES = Struct(">qq")


@lru_cache(16384)
def _short_term(kind: str, name: str) -> int:
    digest = blake2b(f"{kind} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def term(kind: str, name: str) -> int:
    """The index term of a name: a signed 64-bit integer, the same for ever and on every machine."""
    return _short_term(kind, name) if len(name) <= 500 else _short_term.__wrapped__(kind, name)


def fold(id: UUID) -> int:
    """A UUID as a signed 64-bit integer: its halves, one laid on the other. For random UUIDs as good as a digest."""
    high, low = _HALVES.unpack(id.bytes)
    return int(high ^ low)


def terms_of(statement: Statement, *, authority: Actor | None) -> frozenset[int]:
    """All terms of a statement. `authority` is None when a column already tells it (a credential's)."""
    target, parts = statement.object, [actor_terms(statement.actor)]
    if target.objectType in ("Agent", "Group"):
        parts.append(_terms(AGENT, _people(target)))
    if authority is not None:
        parts.append(people_terms([authority]))
    parts += _context_terms(statement.context)
    if target.actor is not UNSET:  # a SubStatement
        parts += [people_terms([target.actor]), *_context_terms(target.context)]
    inner = target.object
    if inner is not UNSET:
        if inner.objectType in ("Agent", "Group"):
            parts.append(people_terms([inner]))
        elif inner.objectType in (UNSET, "Activity") and inner.id is not UNSET:
            parts.append(frozenset([term(RELATED_ACTIVITY, inner.id)]))
    return frozenset().union(*parts)


def actor_terms(actor: Actor) -> frozenset[int]:
    """Of a statement's actor: the members of a group. The actor itself has a column."""
    return _terms(AGENT, _members(actor))


def people_terms(actors: Iterable[Actor | Object]) -> frozenset[int]:
    """Of whom a statement names elsewhere."""
    return _terms(RELATED_AGENT, (name for actor in actors for name in _people(actor)))


def activity_terms(activities: Iterable[Activity]) -> frozenset[int]:
    """Of activities of a context."""
    return _terms(RELATED_ACTIVITY, (activity.id for activity in activities))


def _terms(kind: str, names: Iterable[str]) -> frozenset[int]:
    return frozenset([term(kind, name) for name in names])


def _context_terms(context: Context | UnsetType) -> list[frozenset[int]]:
    if context is UNSET:
        return []
    roles = [actor for actor in (context.instructor, context.team) if actor is not UNSET]
    return [people_terms([*roles, *people_of(context)]), activity_terms(activities_in(context))]


def _people(actor: Actor | Object) -> Iterator[str]:
    name = identifier(actor)
    if name is not None:
        yield name
    yield from _members(actor)


def _members(actor: Actor | Object) -> Iterator[str]:
    if actor.member is not UNSET:
        for member in actor.member:
            name = identifier(member)
            if name is not None:
                yield name
