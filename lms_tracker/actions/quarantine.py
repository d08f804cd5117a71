"""Refused requests of known sources: keep them, mend them, replay them, or dismiss them with a reason.

A batch is refused whole, so it is kept whole, and replayed whole. What is replayed belongs to the credential that sent
it: with its authority, its scopes and bounds of now. `stored` is the moment of replaying, as the standard wants it; but
the sender was in time, so `received` is false: lateness is not judged. A statement without a timestamp gets that of its
first arrival, and one without an id an id that follows from the request: replayed twice, it is stored once.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.blocked import Blocked, knows_blocked
from lms_tracker.actions.ingest import Conflict, Revoked, ingest
from lms_tracker.core.typed import legible
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.mentioned import mentioned
from lms_tracker.core.xapi.multipart import split_multipart
from lms_tracker.core.xapi.parse import split_body
from lms_tracker.core.xapi.scopes import WRITE
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.core.xapi.versions import is_supported
from lms_tracker.core.xapi.vocabulary import ATTACHMENT_SIGNATURE
from lms_tracker.store import quarantine as store
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing

MOST_BODY = 4 * 1024 * 1024
"""Of a larger request it is kept that it was refused and why, but not what it said."""
MOST_TEXT = 1000

_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})', re.IGNORECASE)
# Ids of replayed statements that had none: changing it would store them again. tests/actions/test_quarantine.py
_IDS = UUID("b1d1a9c4-6e55-5a4e-9d0c-4f7c1b0d6a21")


class NotReplayed(Exception):
    """Nothing was stored, and the request waits on. `kind`: invalid (the rest says why), reason (none was given), gone,
    closed, too-large, scope, revoked, erased."""

    def __init__(
        self, kind: str, reason: str, path: str | None = None, rule: str | None = None, position: int | None = None
    ) -> None:
        self.kind, self.reason, self.path, self.rule, self.position = kind, reason, path, rule, position
        super().__init__(reason if path is None else f"{path}: {reason}")


def keep_refused(
    db: Engine,
    credential: Credential,
    raw: bytes | None,
    path: str | None,
    rule: str | None,
    reason: str,
    now: datetime,
    *,
    status: int,
    content_type: str = "application/json",
    version: str | None = None,
    put_id: str | None = None,
    position: int | None = None,
    size: int | None = None,
) -> None:
    """Keep one refused request; the same once more only counts up.

    `raw` is the body, None where it was not read; `size` is then what it said it had. `path`, `rule`, `position` (of
    the statement in its batch) and `reason` are what the sender was told. What names somebody who was erased, with
    the order to take no more, is not kept.
    """
    size = len(raw or b"") if size is None else size
    values = {
        "credential_id": credential.id,
        "digest": _digest(raw, content_type, version, put_id, size),
        "raw": raw if raw is not None and len(raw) <= MOST_BODY else None,
        "size": size,
        "content_type": content_type[:MOST_TEXT],
        "version": version if version is not None and is_supported(version) else None,
        "put_id": put_id and put_id[:MOST_TEXT],
        "status": status,
        "path": path and path[:MOST_TEXT],
        "rule": rule,
        "reason": reason[:MOST_TEXT],
        "position": position,
    }
    clean = {name: value.replace("\0", "�") if isinstance(value, str) else value for name, value in values.items()}
    with writing(db) as tx:
        if clean["raw"] is None or not _names_blocked(tx, clean["raw"], content_type):
            store.keep(tx, now=now, **clean)


def mend(db: Engine, id: int, json: bytes, *, why: str, by: int | None, now: datetime) -> None:
    """Put other JSON in the place of what came: what came stays. Of a batch the faulty statement alone may be given,
    an object. Raises NotReplayed for one that is not open, without a reason, or larger than what is kept."""
    why = legible(why)
    if not why:
        raise NotReplayed("reason", "a reason is needed")
    with writing(db) as tx:
        row = _open(store.one(tx, id))
        if row.position is not None and not json.lstrip().startswith(b"["):
            json = _spliced(_json(row)[0], row.position, json)
        if len(json) > MOST_BODY:
            raise NotReplayed("too-large", f"larger than {MOST_BODY} bytes")
        store.change(tx, id, edited=json, edited_at=now, edited_by=by, note=why[:MOST_TEXT])


def replay(db: Engine, id: int, *, home_page: str, by: int | None, now: datetime) -> int:
    """Store what was refused, as it was mended last or as it came. How many statements are stored that were not before.

    Raises NotReplayed; a new reason is kept with the request. `by` is an account, None for a command.
    """
    with reading(db) as tx:
        row = _open(store.one(tx, id))
        source = store.source_of(tx, row.credential_id)
    if not source.may(WRITE):
        raise NotReplayed("scope", f"the credential {source.name!r} lacks the scope {WRITE}")
    try:
        stored = _ingest(db, row, source, home_page, now)
    except StatementError as e:
        refused = NotReplayed("invalid", e.message, e.path, e.rule, e.index)
    except NotReplayed as e:
        if e.kind != "invalid":
            raise
        refused = e
    except Blocked as e:
        raise NotReplayed("erased", str(e)) from None
    except Revoked:
        raise NotReplayed("revoked", f"the credential {source.name!r} is revoked") from None
    else:
        with writing(db) as tx:
            store.change(tx, id, state="replayed", closed_at=now, closed_by=by, stored=stored)
        return stored
    with writing(db) as tx:
        said = {"path": refused.path, "rule": refused.rule, "position": refused.position}
        store.change(tx, id, reason=refused.reason[:MOST_TEXT].replace("\0", "�"), **said)
    raise refused


def replay_all(db: Engine, ids: Iterable[int], *, home_page: str, by: int | None, now: datetime) -> tuple[int, int]:
    """How many requests were stored, and how many wait on."""
    done = waiting = 0
    for id in ids:
        try:
            replay(db, id, home_page=home_page, by=by, now=now)
            done += 1
        except NotReplayed:
            waiting += 1
    return done, waiting


def dismiss(db: Engine, id: int, *, why: str, by: int | None, now: datetime) -> None:
    """Nothing more is to be done with it. It stays until its place is needed. Raises NotReplayed as `mend`."""
    why = legible(why)
    if not why:
        raise NotReplayed("reason", "a reason is needed")
    with writing(db) as tx:
        _open(store.one(tx, id))
        note = why[:MOST_TEXT]
        store.change(tx, id, state="dismissed", closed_at=now, closed_by=by, note=note)


def body_of(row: Row[Any]) -> tuple[bytes, bool]:
    """The JSON of a request as it would be replayed, and whether it is one faulty statement out of a batch."""
    json = _json(row)[0]
    if row.position is not None:
        try:
            raws, _ = split_body(json)
            return raws[row.position], True
        except (StatementError, IndexError):
            pass
    return json, False


def jsons_of(row: Row[Any]) -> list[bytes]:
    """What came, and what it was mended to, as far as it was kept. What cannot be taken apart stays as it is."""
    try:
        came = [] if row.raw is None else [_came(bytes(row.raw), row.content_type)[0]]
    except StatementError:
        came = [bytes(row.raw)]
    return came if row.edited is None else [*came, bytes(row.edited)]


def _names_blocked(tx: Connection, raw: bytes, content_type: str) -> bool:
    """Whether one of those who were erased, and are not to come back, stands in it, as far as it can be read.

    Reading whatever was refused takes memory, so nothing is read where nobody is blocked, and nothing above MOST_BODY.
    """
    is_blocked = knows_blocked(tx)
    if is_blocked is None:
        return False
    try:
        json = _came(raw, content_type)[0]
    except StatementError:
        json = raw
    return bool(mentioned(json, lambda ifi: is_blocked(ifi) or is_blocked(ifi.replace("mbox:", "mbox:mailto:", 1))))


def _ingest(db: Engine, row: Row[Any], source: Credential, home_page: str, now: datetime) -> int:
    json, data = _json(row)
    raws, as_list = split_body(json)
    if row.put_id is not None and as_list:
        raise StatementError("$", "type", "PUT takes one statement, not a list")
    completed = [_completed(raw, row, n) for n, raw in enumerate(raws)]
    try:
        result = ingest(
            db,
            completed,
            credential=source,
            evidence=source.evidence,
            now=now,
            received=False,
            home_page=home_page,
            put_id=_put_id(row.put_id),
            with_data=data,
            version=row.version,
        )
    except StatementError as e:  # a statement that came alone has no place in a batch
        raise e if as_list or e.index is None else StatementError("$" + e.path[4:], e.rule, e.fault) from None
    except Conflict as e:
        position = e.index if as_list else None
        path = f"$[{position}].id" if as_list else "$.id"
        raise NotReplayed("invalid", str(e), path, "conflict", position) from None
    return result.stored


def _completed(raw: bytes, row: Row[Any], position: int) -> bytes:
    """With the id and the timestamp that it would have got on arrival. What is signed, or no object, stays as it is."""
    try:
        statement = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return raw
    given: dict[str, Any] = {"timestamp": format_timestamp(row.first_at)}
    if row.put_id is None:
        given["id"] = str(uuid5(_IDS, f"{row.credential_id} {row.digest} {position}"))
    missing = {name: value for name, value in given.items() if name not in statement}
    if not missing or ATTACHMENT_SIGNATURE.encode() in raw:
        return raw
    inside = raw.strip()[1:]
    # Put in front as text: the rest stays as it came, what stands in it twice included.
    return b"{" + msgspec.json.encode(missing)[1:-1] + (b"" if inside.strip() == b"}" else b",") + inside


def _json(row: Row[Any]) -> tuple[bytes, dict[str, bytes]]:
    """JSON and the data of attachments. Raises NotReplayed where the body was not kept, StatementError."""
    if row.raw is None and row.edited is None:
        raise NotReplayed("too-large", "it was too large to be kept")
    json, data = (b"", {}) if row.raw is None else _came(bytes(row.raw), row.content_type)
    return (json if row.edited is None else bytes(row.edited)), data


def _came(raw: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]]:
    is_multipart = content_type.lower().startswith("multipart/mixed")
    return split_multipart(raw, content_type) if is_multipart else (raw, {})


def _spliced(json: bytes, position: int, one: bytes) -> bytes:
    raws, as_list = split_body(json)
    if not as_list or position >= len(raws):
        return one
    raws[position] = one
    return b"[" + b",".join(raws) + b"]"


def _put_id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise StatementError("statementId", "uuid", "not a UUID") from None


def _open(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise NotReplayed("gone", "there is no such request")
    if row.state != "open":
        raise NotReplayed("closed", f"it is {row.state} already")
    return row


def _digest(raw: bytes | None, content_type: str, version: str | None, put_id: str | None, size: int) -> str:
    """The same request has the same digest, also where a client draws a new boundary each time."""
    body = f"{size} bytes".encode() if raw is None else raw
    if content_type.lower().startswith("multipart/") and (named := _BOUNDARY.search(content_type)):
        body = body.replace(named[1].encode(), b"")
    about = f"{content_type.partition(';')[0]}\n{version}\n{put_id}\n".encode("utf-8", "replace")
    return hashlib.sha256(about + body).hexdigest()
