"""Query parameters of the statement resource: exactly those of the specification, each once, each well-formed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from lms_tracker.core.xapi import formats
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Actor, identifier
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.core.xapi.validate import check_actor
from lms_tracker.core.xapi.values import MAX_INDEXED_BYTES
from lms_tracker.lrs.asked import Asked, Refused


def only(asked: Asked, allowed: Collection[str]) -> dict[str, str]:
    """The request's parameters. Refuses unknown ones (case counts) and repeated ones (Communication 3.2)."""
    found: dict[str, str] = {}
    for name, value in asked.given:
        if name not in allowed:
            raise Refused(400, f"unknown parameter {name[:80]!r}", path=name[:80], rule="parameter")
        if name in found:
            raise _wrong(name, "stands more than once")
        found[name] = value
    return found


def uuid(name: str, text: str) -> UUID:
    """A UUID."""
    if not formats.is_uuid(text):
        raise _wrong(name, "is no UUID")
    return msgspec.convert(text, UUID)  # at a third of the time of UUID's own


def iri(name: str, text: str) -> str:
    """An absolute IRI."""
    if not formats.is_iri(text):
        raise _wrong(name, "is no absolute IRI")
    return text


def instant(name: str, text: str) -> datetime:
    """A timestamp."""
    try:
        # A plus sign that was not escaped arrives as a space.
        return parse_timestamp(text.replace(" ", "+"))
    except ValueError as e:
        raise _wrong(name, f"is no instant: {e}") from None


def boolean(name: str, text: str) -> bool:
    """`true` or `false`; the Python client writes True and False."""
    if text.lower() not in ("true", "false"):
        raise _wrong(name, "is neither true nor false")
    return text.lower() == "true"


def natural(name: str, text: str) -> int:
    """A number from 0 on."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _wrong(name, "is no number from 0 on")
    return int(text)


def text(name: str, text: str) -> str:
    """A text that an index can hold."""
    if not text or "\0" in text or len(text.encode()) > MAX_INDEXED_BYTES:
        raise _wrong(name, f"must have 1 to {MAX_INDEXED_BYTES} bytes and no U+0000")
    return text


def agent(name: str, text: str) -> str:
    """The identifier of an Agent or identified Group in JSON."""
    return identifier(actor(name, text)) or ""


def actor(name: str, text: str) -> Actor:
    """An Agent or identified Group in JSON."""
    try:
        actor = msgspec.json.decode(text, type=Actor)
        check_actor(actor, "$")
    except StatementError as e:
        raise Refused(400, e.message, path=name + e.path[1:], rule=e.rule) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as e:
        raise _wrong(name, f"is no Agent or Group in JSON: {e}") from None
    found = identifier(actor)
    if found is None or "\0" in found:
        raise _wrong(name, "has no identifier")
    return actor


def _wrong(name: str, fault: str) -> Refused:
    return Refused(400, f"the parameter {name} {fault}", path=name, rule="parameter")
