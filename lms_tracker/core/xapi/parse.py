"""From bytes to a checked statement, in one typed pass, and back to bytes."""

import json
import re
from collections import Counter
from collections.abc import Sized
from typing import Any

import msgspec
from msgspec import UNSET

from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Context, ContextActivities, Object, Statement, as_list
from lms_tracker.core.xapi.validate import CONTEXT_KINDS, check_statement, check_version
from lms_tracker.core.xapi.values import shown

MAX_DEPTH = 64
MAX_STATEMENTS = 10_000
MAX_TOKENS = 500_000
LONG = 100_000
"""Bytes from which on a statement is measured before it is read."""


class _Object(msgspec.Struct, gc=False):
    """Any JSON object, of which nothing is kept."""


_statement = msgspec.json.Decoder(Statement)
_batch = msgspec.json.Decoder(list[msgspec.Raw])
_count = msgspec.json.Decoder(list[_Object])
_encode = msgspec.json.Encoder().encode
_PLACED = re.compile(r"(?s)(?P<what>.*?)(?: - at `(?P<path>.*)`)?")
_UNKNOWN = re.compile(r"(?s)Object contains unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_SPACE = b" \t\r\n"
# A string without end reaches to the end of all, lest it be looked for again at each of its quotes.
_TOKEN = re.compile(rb'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{},]')


def split_body(body: bytes) -> tuple[list[bytes], bool]:
    """The statements of a request's body as raw JSON, and whether they came as a list.

    Each is later decoded by itself: the garbage collector then never walks a thousand half-built statements, and an
    error knows which one it is in. Raises StatementError.
    """
    if not body.lstrip(_SPACE).startswith(b"["):
        return [body], False
    try:
        # Else millions of parts could be cut out before they are counted.
        if len(body) > 100 * MAX_STATEMENTS and body.count(b",") > 100 * MAX_STATEMENTS:
            _require_few(_count.decode(body))
        parts = [bytes(raw) for raw in _batch.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise _malformed(e) from None
    _require_few(parts)
    return parts, True


def parse_statement(raw: bytes | dict[str, Any], version: str | None = None) -> Statement:
    """A valid statement, contexts' single activities made lists. Raises StatementError; never another exception.

    `version` is that of the request; without one the statement's own says what it may hold.
    """
    try:
        if isinstance(raw, dict):
            raw = _encode(raw)
        if len(raw) > LONG or raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _check_bounds(raw)
        statement = _statement.decode(raw)
        check_statement(statement)
        check_version(statement, version)
        encoded = _encode(statement)
    except msgspec.ValidationError as e:
        raise _misshapen(str(e)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError, OverflowError, TypeError) as e:
        raise _malformed(e) from None
    # Decoding keeps the last of equal keys, so a lost key shows as a lost colon; only then is the slow look worth it.
    if raw.count(b":") != encoded.count(b":") or b"\\u003" in raw:
        _check_duplicates(raw)
    if b"\\u0000" in encoded:
        _check_nul(json.loads(encoded), "$")
    _make_lists(statement)
    return statement


def encode_statement(statement: Statement) -> bytes:
    """UTF-8 JSON without spaces, keys in the order of the model. What is stored."""
    return _encode(statement)


def _make_lists(statement: Statement) -> None:
    _make_context_lists(statement.context)
    if isinstance(statement.object, Object):
        _make_context_lists(statement.object.context)


def _make_context_lists(context: Context | msgspec.UnsetType) -> None:
    if context is not UNSET and context.contextActivities is not UNSET:
        make_lists(context.contextActivities)


def make_lists(activities: ContextActivities) -> None:
    """A single activity becomes a list of one."""
    for kind in CONTEXT_KINDS:
        if getattr(activities, kind) is not UNSET:
            setattr(activities, kind, as_list(getattr(activities, kind)))


def _malformed(e: Exception) -> StatementError:
    if isinstance(e, RecursionError):
        return StatementError("$", "depth", "nested too deeply")
    if isinstance(e, UnicodeError):
        return StatementError("$", "json", "not UTF-8")
    if isinstance(e, msgspec.ValidationError):
        return _misshapen(str(e))
    if "truncated" in str(e):
        return StatementError("$", "json", "the JSON ends too early, or half a surrogate pair stands alone")
    return StatementError("$", "json", str(e).removeprefix("JSON is malformed: "))


def _misshapen(text: str) -> StatementError:
    """Our words for what msgspec found."""
    found = _PLACED.fullmatch(text)
    assert found is not None
    what, path = found["what"], found["path"] or "$"
    if unknown := _UNKNOWN.fullmatch(what):
        return StatementError(f"{path}.{unknown['name'][:80]}", "unknown-property", "no such property")
    if missing := _MISSING.fullmatch(what):
        return StatementError(f"{path}.{missing['name']}", "required", "missing")
    if what.endswith("got `null`"):
        return StatementError(path, "null", what)
    return StatementError(path, "number-range" if "out of range" in what else "type", what)


def _require_few(parts: Sized) -> None:
    if len(parts) > MAX_STATEMENTS:
        raise StatementError("$", "too-many", f"{len(parts)} statements")


def _check_bounds(raw: bytes) -> None:
    """Before anything is made of it. Looks no further than the first bound that is passed; raw need not be JSON."""
    depth = 0
    for count, token in enumerate(_TOKEN.finditer(raw), 1):
        sign = raw[token.start()]
        if sign in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StatementError("$", "depth", f"more than {MAX_DEPTH} levels")
        elif sign in b"]}":
            depth -= 1
        if count > MAX_TOKENS:
            raise StatementError("$", "too-many", f"more than {MAX_TOKENS} texts, brackets and commas in a statement")


def _check_duplicates(raw: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = dict(pairs)
        if len(keys) != len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise StatementError("$", "duplicate-key", f"the key {shown(twice)} stands twice in one object")
        return keys

    json.loads(raw, object_pairs_hook=unique)


def _check_nul(value: Any, path: str) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise StatementError(path, "nul", "a text with U+0000")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _check_nul(item, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if "\0" in key:
                raise StatementError(path, "nul", "a key with U+0000")
            _check_nul(item, f"{path}.{key}")
