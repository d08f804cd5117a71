"""Taking a person out of statements: which speak of nobody else, and the others without the name.

A statement by the person or about the person says nothing once the person is taken out: it goes as a whole. One that
belongs to somebody else and names the person on the side (as instructor, in a team, as a member of a group) stays that
other person's evidence, with a pseudonym where the name stood; everything else in it stays as it was.
"""

from collections.abc import Callable, Collection
from hashlib import sha1
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi.model import Account, Actor, Context, Object, Statement, identifier
from lms_tracker.core.xapi.parse import encode_statement
from lms_tracker.core.xapi.signatures import is_signature

Hide = Callable[[str], bool]
Somebody = TypeVar("Somebody", Actor, Object)

HOME_PAGE = "urn:lms-tracker:nobody"
"""Of pseudonyms: an account here is nobody that anybody could ask for."""

_decode = msgspec.json.Decoder(Statement).decode


def pseudonym(name: str) -> Actor:
    """An agent that stands for somebody who is not to be named."""
    return Actor(objectType="Agent", account=Account(HOME_PAGE, name))


_NOBODY = pseudonym("nobody")
SOMEBODY_ELSE = pseudonym("somebody-else")
"""In the copy that one person gets, for all the others."""


def with_digests(ifis: Collection[str]) -> set[str]:
    """The identifiers, and the digests under which statements may name the same mail addresses."""
    digests = {sha1(ifi[5:].encode(), usedforsecurity=False).hexdigest() for ifi in ifis if ifi.startswith("mbox:")}
    return {*ifis, *(f"sha1:{digest}" for digest in digests)}


def as_typed(ifis: Collection[str]) -> set[str]:
    """The identifiers, and the mail addresses without `mailto:`: a common fault of what was refused."""
    return {*ifis, *(ifi.replace("mbox:mailto:", "mbox:", 1) for ifi in ifis)}


def is_about(raw: bytes, hide: Hide) -> bool:
    """Whether the statement is by or about the hidden and nobody else, inside a SubStatement too."""
    statement = _decode(raw)
    target = statement.object
    inner = [one for one in (target.actor, target.object) if isinstance(one, Actor | Object)]
    return any(_is_hidden(one, hide) for one in (statement.actor, target, *inner))


def names(raw: bytes, hide: Hide) -> bool:
    """Whether the statement names one of those whom it is asked about."""
    return redact(raw, hide, _NOBODY) != encode_statement(_decode(raw))


def attached(raw: bytes) -> set[str]:
    """SHA-2 of all attachments, in lower case."""
    if b'"sha2"' not in raw:  # most have none
        return set()
    statement = _decode(raw)
    both = (statement.attachments, statement.object.attachments)
    return {one.sha2.lower() for attachments in both if attachments is not UNSET for one in attachments}


def redact(raw: bytes, hide: Hide, by: Actor) -> bytes:
    """The statement with `by` for every actor whose identifier `hide` says is hidden. Valid if `raw` was.

    A signature goes: it is of the words that stood there, and carries them.
    """
    statement = _decode(raw)
    as_it_was = encode_statement(statement) if statement.attachments is not UNSET else b""
    statement.actor = _shown(statement.actor, hide, by)
    if statement.authority is not UNSET:
        statement.authority = _shown(statement.authority, hide, by)
    _redact_context(statement.context, hide, by)
    target = statement.object = _shown(statement.object, hide, by)
    if target.actor is not UNSET:
        target.actor = _shown(target.actor, hide, by)
    if target.object is not UNSET:
        target.object = _shown(target.object, hide, by)
    _redact_context(target.context, hide, by)
    if statement.attachments is not UNSET and encode_statement(statement) != as_it_was:
        statement.attachments = [one for one in statement.attachments if not is_signature(one)] or UNSET
    return encode_statement(statement)


def without_others(raw: bytes, own: Collection[str]) -> bytes:
    """The statement with `SOMEBODY_ELSE` for everybody but these identifiers and whoever vouches for it.

    Byte for byte as it was where it names nobody else.
    """
    statement = _decode(raw)
    vouching = [] if statement.authority is UNSET else [statement.authority, *(statement.authority.member or ())]
    seen = {*own, *map(identifier, vouching)}
    shown = redact(raw, lambda ifi: ifi not in seen, SOMEBODY_ELSE)
    return raw if shown == encode_statement(statement) else shown


def _is_hidden(one: Actor | Object, hide: Hide) -> bool:
    ifi = identifier(one)
    if ifi is not None:
        return hide(ifi)
    members = [] if one.member is UNSET else [identifier(member) for member in one.member]
    return bool(members) and all(ifi is not None and hide(ifi) for ifi in members)


def _redact_context(context: Context | UnsetType, hide: Hide, by: Actor) -> None:
    if context is UNSET:
        return
    if context.instructor is not UNSET:
        context.instructor = _shown(context.instructor, hide, by)
    if context.team is not UNSET:
        context.team = _shown(context.team, hide, by, group=True)
    for one in [] if context.contextAgents is UNSET else context.contextAgents:
        one.agent = _shown(one.agent, hide, by)
    for many in [] if context.contextGroups is UNSET else context.contextGroups:
        many.group = _shown(many.group, hide, by, group=True)


def _shown(one: Somebody, hide: Hide, by: Actor, group: bool = False) -> Somebody:
    """`group`: whoever stands there must stay a Group."""
    ifi = identifier(one)
    if ifi is not None and hide(ifi):
        kind = "Group" if group or one.objectType == "Group" else "Agent"
        return type(one)(objectType=kind, account=by.account)
    if one.member is not UNSET:
        one.member = [_shown(member, hide, by) for member in one.member]
    return one
