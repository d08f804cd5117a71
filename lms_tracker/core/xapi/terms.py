"""What a statement names elsewhere than as its actor, verb, object activity and registration, as small index terms.

A term is 64 bits of a digest, so that an index entry is a few bytes however long an IRI is. Two names meet in one
term with a chance of 1 in 10^19 for each pair; a query that must be exact looks at the statement too.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi.model import Actor, Context, Object, Statement, as_list, identifier, people_of

# Stored in related.term: changing these or `term` needs a migration that fills the table anew.
AGENT = "agent"
"""Named as the object, or as a member of the group that is actor or object: counts for GET by `agent`."""
RELATED_AGENT = "related-agent"
"""Authority, instructor, team, and anybody inside a SubStatement: counts with `related_agents`."""
RELATED_ACTIVITY = "related-activity"
"""Context activities, and activities inside a SubStatement: counts with `related_activities`."""


@lru_cache(16384)
def _short_term(kind: str, name: str) -> int:
    digest = blake2b(f"{kind} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def term(kind: str, name: str) -> int:
    """The index term of a name: a signed 64-bit integer, the same for ever and on every machine."""
    return _short_term(kind, name) if len(name) <= 500 else _short_term.__wrapped__(kind, name)


def terms_of(statement: Statement, *, authority: Actor | None) -> set[int]:
    """All terms of a statement. `authority` is None when a column already tells it (a credential's)."""
    found = {term(AGENT, name) for name in _direct_agents(statement)}
    found.update(term(RELATED_AGENT, name) for name in _related_agents(statement, authority))
    found.update(term(RELATED_ACTIVITY, iri) for iri in _related_activities(statement))
    return found


def _direct_agents(statement: Statement) -> Iterator[str]:
    yield from _members(statement.actor)
    if statement.object.objectType in ("Agent", "Group"):
        yield from _people(statement.object)


def _related_agents(statement: Statement, authority: Actor | None) -> Iterator[str]:
    if authority is not None:
        yield from _people(authority)
    yield from _context_people(statement.context)
    sub = statement.object
    if sub.actor is not UNSET:
        yield from _people(sub.actor)
        yield from _context_people(sub.context)
        if sub.object is not UNSET and sub.object.objectType in ("Agent", "Group"):
            yield from _people(sub.object)


def _related_activities(statement: Statement) -> Iterator[str]:
    yield from _context_activities(statement.context)
    sub = statement.object
    yield from _context_activities(sub.context)
    if sub.object is not UNSET and sub.object.objectType in (UNSET, "Activity") and sub.object.id is not UNSET:
        yield sub.object.id


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


def _context_people(context: Context | UnsetType) -> Iterator[str]:
    if context is not UNSET:
        for actor in (context.instructor, context.team):
            if actor is not UNSET:
                yield from _people(actor)
        for actor in people_of(context):
            yield from _people(actor)


def _context_activities(context: Context | UnsetType) -> Iterator[str]:
    if context is not UNSET and context.contextActivities is not UNSET:
        of = context.contextActivities
        for activities in (of.parent, of.grouping, of.category, of.other):
            for activity in as_list(activities):
                yield activity.id
