"""A statement on its way into the record: checked, with what it is stored and found by.

Most statements are read as an Outline, whose parts are mostly remembered from before; the few others, and all in which
something is wrong, are read whole by parse.py, which has the last word. Both ways come to the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi.definitions import Said, definitions_of
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Actor, Outline, Statement, identifier
from lms_tracker.core.xapi.parse import LONG, MAX_DEPTH, encode_statement, parse_statement
from lms_tracker.core.xapi.remembered import (
    Unusual,
    context_activities,
    instructors,
    subjects,
    targets,
    teams,
    verbs,
)
from lms_tracker.core.xapi.terms import terms_of
from lms_tracker.core.xapi.timestamps import format_timestamp, parse_timestamp
from lms_tracker.core.xapi.validate import check_context_values, check_own_version, check_result
from lms_tracker.core.xapi.values import check_uuid

_outline = msgspec.json.Decoder(Outline).decode
_encode = msgspec.json.Encoder().encode
_COLON = ord(":")
TOGETHER = 16
"""Texts from which on it pays to count in all of them at once: one takes half a microsecond for each kilobyte."""


class Draft(msgspec.Struct, gc=False):
    """A valid statement."""

    id: str | UnsetType
    whole: Statement | Outline | None
    """Where something may still have to be filled in or taken out. Nearly all say all that they have to, and nothing that
    an LRS assigns: None, for it takes more room than the statement itself."""
    raw: bytes
    """As encode_statement writes it."""
    ifi: str | None
    verb: str
    activity: str | None
    target: str | None
    """Id of the statement that a StatementRef object names."""
    registration: str | UnsetType
    at: datetime | None
    """Its timestamp."""
    terms: frozenset[int]
    """Without those of its own authority."""
    said: tuple[Said, ...]
    """What it says about activities; nothing empty."""
    version: str | None = None
    """Its own, where `raw` does not say it."""


def draft_statement(raw: bytes | dict[str, Any], version: str | None = None) -> Draft:
    """As parse.parse_statement: raises StatementError and nothing else."""
    draft = _usual(raw, version)
    if draft is None or not _keep_keys([(raw, draft)]):
        draft = draft_of(parse_statement(raw, version))
    return draft


def draft_statements(raws: Sequence[bytes | dict[str, Any]], version: str | None = None) -> list[Draft]:
    """The same of many; an error says which of them it is in."""
    drafts = [_usual(raw, version) for raw in raws]
    if not _keep_keys(zip(raws, drafts, strict=True)):
        drafts = [draft if _keep_keys([(raw, draft)]) else None for raw, draft in zip(raws, drafts, strict=True)]
    found = []
    for index, draft in enumerate(drafts):
        try:
            found.append(draft_of(parse_statement(raws[index], version)) if draft is None else draft)
        except StatementError as e:
            raise e.at(index) from None
    return found


def _keep_keys(read: Iterable[tuple[Any, Draft | None]]) -> bool:
    """Whether no key stood twice. Decoding keeps the last of equal keys, so a lost key shows as a lost colon; none is won."""
    pairs = [(raw, draft.raw) for raw, draft in read if draft is not None]
    return not pairs or len(set(map(_colons, zip(*pairs, strict=True)))) == 1


def _colons(texts: Sequence[bytes]) -> int:
    if len(texts) < TOGETHER:
        return sum(text.count(b":") for text in texts)
    return int(np.count_nonzero(np.frombuffer(b"".join(texts), np.uint8) == _COLON))


def _usual(raw: bytes | dict[str, Any], version: str | None) -> Draft | None:
    if not isinstance(raw, bytes):
        return None
    try:
        return _from_parts(raw, version)
    except (Unusual, StatementError, msgspec.DecodeError, UnicodeError, RecursionError, OverflowError, ValueError):
        return None


def draft_of(statement: Statement) -> Draft:
    """Of a statement that parse_statement gave."""
    s = statement
    kind = "Activity" if s.object.objectType is UNSET else s.object.objectType
    object_id = None if s.object.id is UNSET else s.object.id
    said = definitions_of(s)
    return Draft(
        s.id,
        s,
        encode_statement(s),
        identifier(s.actor),
        s.verb.id,
        object_id if kind == "Activity" else None,
        object_id if kind == "StatementRef" else None,
        UNSET if s.context is UNSET else s.context.registration,
        None if s.timestamp is UNSET else parse_timestamp(s.timestamp),
        terms_of(s, authority=None),
        (said,) if said else (),
    )


def _from_parts(raw: bytes, version: str | None) -> Draft:
    # A text may hide what is looked for here, or a bound is near: parse_statement has time to look closely.
    if len(raw) > LONG or (b"\\" in raw and b"\\u00" in raw):
        raise Unusual
    s = _outline(raw)
    check_uuid(s.id, "$.id")
    if s.version is not UNSET:
        check_own_version(s.version, version)
    actor, verb, target = subjects.part(s.actor), verbs.part(s.verb), targets.part(s.object)
    s.actor, s.verb, s.object = actor.raw, verb.raw, target.raw
    terms = actor.terms
    said: tuple[Said, ...] = (target.said,) if target.said else ()
    registration: str | UnsetType = UNSET
    nested = s.result is not UNSET and check_result(s.result, "$.result")
    context = s.context
    if context is not UNSET:
        nested = check_context_values(context, "Activity", "$.context") or nested
        registration = context.registration
        if context.contextActivities is not UNSET:
            part = context_activities.part(context.contextActivities)
            context.contextActivities = part.raw
            terms = terms | part.terms if terms else part.terms
            said += (part.said,) if part.said else ()
        if context.instructor is not UNSET:
            part = instructors.part(context.instructor)
            context.instructor, terms = part.raw, terms | part.terms
        if context.team is not UNSET:
            part = teams.part(context.team)
            context.team, terms = part.raw, terms | part.terms
    if nested and raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        raise Unusual
    at = None if s.timestamp is UNSET else parse_timestamp(s.timestamp)
    encoded = _encode(s)
    says_all = s.id is not UNSET and s.timestamp is not UNSET and s.timestamp.endswith("Z")
    whole = None if says_all and s.stored is UNSET and s.version is UNSET else s
    return Draft(s.id, whole, encoded, actor.name, str(verb.name), target.name, None, registration, at, terms, said)


def put_in_utc(draft: Draft) -> None:
    """Write timestamps with another offset as UTC (IEEE 9274.1.1 4.2.7)."""
    whole = draft.whole
    if whole is None:
        return
    changed = False
    for part in (whole, whole.object) if isinstance(whole, Statement) else (whole,):
        if part.timestamp is not UNSET and not part.timestamp.endswith("Z"):
            part.timestamp = format_timestamp(parse_timestamp(part.timestamp))
            changed = True
    if changed:
        draft.raw = _encode(whole)


def fill(draft: Draft, *, id: str, timestamp: str | None = None) -> None:
    """Say an id, and a timestamp where there is none, of a statement that lacks one of them."""
    whole = draft.whole
    assert whole is not None
    whole.id = draft.id = id
    if timestamp is not None:
        whole.timestamp, draft.at = timestamp, parse_timestamp(timestamp)
    draft.raw = _encode(whole)


def complete(draft: Draft, stored: str, authority: bytes | None, version: str) -> bytes:
    """The statement as it is kept, with what an LRS assigns; `authority` is JSON, None where its own stands.

    Its id and its timestamp must be there. What it says of `stored` does not count, nor of an authority where one is given.
    It may be completed again, as of another instant.
    """
    whole = draft.whole
    if isinstance(whole, Statement):
        whole.stored = stored
        whole.version = version if whole.version is UNSET else whole.version
        whole.authority = whole.authority if authority is None else msgspec.json.decode(authority, type=Actor)
        return _encode(whole)
    if whole is not None and (whole.version is not UNSET or whole.stored is not UNSET):
        draft.version = draft.version if whole.version is UNSET else whole.version
        whole.version = whole.stored = UNSET
        draft.raw = _encode(whole)
    assert authority is not None
    return draft.raw[:-1] + _end(stored, authority, draft.version or version)


@lru_cache(64)
def _end(stored: str, authority: bytes, version: str) -> bytes:
    """Of a whole batch mostly one."""
    return b',"stored":"%b","authority":%b,"version":"%b"}' % (stored.encode(), authority, version.encode())
