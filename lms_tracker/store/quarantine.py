"""Refused requests of known sources: kept up to a bound for each source, counted up, closed."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, select, update
from sqlalchemy.sql.dml import ReturningInsert

from lms_tracker.store.chunks import chunks
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.credentials import Credential, credential_of
from lms_tracker.store.tables import account, credential, quarantine, quarantine_dropped

MOST_ROWS = 1000
MOST_BYTES = 32 * 1024 * 1024
"""Of bodies. Both for each source: a hostile one fills its own share, and only that."""
STATES = ("open", "replayed", "dismissed")

_q = quarantine.c
_KEPT = func.coalesce(func.length(_q.raw), 0) + func.coalesce(func.length(_q.edited), 0)


def keep(db: Connection, *, now: datetime, **values: Any) -> None:
    """Keep a request, or count one up that is kept already, closed or not. Then drop what is too much for its source.

    `values` are columns of the table; (credential_id, digest) says which are the same.
    """
    new = values | {"first_at": now, "last_at": now, "times": 1, "state": "open"}
    times = db.scalar(_keeping(db.dialect.name), new)
    if times == 1:
        _drop_too_much(db, values["credential_id"], now)


@cache
def _keeping(dialect: str) -> ReturningInsert[tuple[int]]:
    """Made once: what it is made of took an eighth of the time of a refusal."""
    query = inserting(dialect, quarantine)
    said = {name: query.excluded[name] for name in ("status", "path", "rule", "reason", "position", "last_at")}
    index = ["credential_id", "digest"]
    return query.on_conflict_do_update(index_elements=index, set_=said | {"times": _q.times + 1}).returning(_q.times)


def _drop_too_much(db: Connection, credential_id: int, now: datetime) -> None:
    """What is closed goes first, then what has not come for the longest time."""
    mine = _q.credential_id == credential_id
    rows, size = db.execute(select(func.count(), func.sum(_KEPT)).where(mine)).one()
    if rows <= MOST_ROWS and size <= MOST_BYTES:
        return
    is_open = case((_q.state == "open", 1), else_=0)
    gone: list[int] = []
    unread = taken = 0
    for row in db.execute(
        select(_q.id, _q.state, _KEPT.label("size")).where(mine).order_by(is_open, _q.last_at, _q.id)
    ):
        if rows - len(gone) <= MOST_ROWS and size - taken <= MOST_BYTES:
            break
        gone.append(row.id)
        taken += row.size
        unread += row.state == "open"
    remove(db, gone)
    counts = {"requests": len(gone), "unread": unread, "bytes": taken}
    query = inserting(db.dialect.name, quarantine_dropped).values(credential_id=credential_id, last_at=now, **counts)
    more = {name: quarantine_dropped.c[name] + count for name, count in counts.items()}
    db.execute(query.on_conflict_do_update(index_elements=["credential_id"], set_=more | {"last_at": now}))


def find(
    db: Connection,
    *,
    source: str | None = None,
    rule: str | None = None,
    state: str | None = "open",
    limit: int = 100,
    offset: int = 0,
) -> tuple[Sequence[Row[*tuple[Any, ...]]], int]:
    """A page, the latest first, without the bodies: id, source, status, path, rule, reason, position, size, first_at,
    last_at, times, state; and how many there are in all. `rule` "" means those without one."""
    columns = [_q[name] for name in ("id", "status", "path", "rule", "reason", "position", "size", "first_at")]
    query = select(*columns, _q.last_at, _q.times, _q.state, credential.c.name.label("source"))
    query = query.join(credential, credential.c.id == _q.credential_id)
    if source is not None:
        query = query.where(credential.c.name == source)
    if rule is not None:
        query = query.where(func.coalesce(_q.rule, "") == rule)
    if state is not None:
        query = query.where(_q.state == state)
    total = db.scalar(select(func.count()).select_from(query.subquery())) or 0
    return db.execute(query.order_by(_q.last_at.desc(), _q.id.desc()).limit(limit).offset(offset)).all(), total


def one(db: Connection, id: int) -> Row[*tuple[Any, ...]] | None:
    """All columns, `source`, and the names of who closed and who mended it."""
    closer, mender = account.alias(), account.alias()
    names = (credential.c.name.label("source"), closer.c.name.label("closer"), mender.c.name.label("mender"))
    joined = quarantine.join(credential, credential.c.id == _q.credential_id)
    joined = joined.outerjoin(closer, closer.c.id == _q.closed_by).outerjoin(mender, mender.c.id == _q.edited_by)
    return db.execute(select(quarantine, *names).select_from(joined).where(_q.id == id)).one_or_none()


def source_of(db: Connection, credential_id: int) -> Credential:
    """The credential as it is now, revoked or not."""
    return credential_of(db.execute(select(credential).where(credential.c.id == credential_id)).one())


def ids_of(db: Connection, source: str, rule: str) -> list[int]:
    """Open requests of a source that broke one rule ("" for none), oldest first: all that are there, closed ones not."""
    query = select(_q.id).join(credential, credential.c.id == _q.credential_id)
    mine = (credential.c.name == source) & (func.coalesce(_q.rule, "") == rule) & (_q.state == "open")
    return list(db.scalars(query.where(mine).order_by(_q.first_at, _q.id)))


def kinds(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """(source, rule, requests) of what is open, most first."""
    count = func.count().label("requests")
    rule = func.coalesce(_q.rule, "").label("rule")
    query = select(credential.c.name.label("source"), rule, count).join(credential, credential.c.id == _q.credential_id)
    return db.execute(
        query.where(_q.state == "open")
        .group_by(credential.c.name, rule)
        .order_by(count.desc(), credential.c.name, rule)
    ).all()


def dropped(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """(source, requests, unread, bytes, last_at) of sources that sent more than is kept."""
    d = quarantine_dropped.c
    query = select(credential.c.name.label("source"), d.requests, d.unread, d.bytes, d.last_at)
    return db.execute(query.join(credential, credential.c.id == d.credential_id).order_by(credential.c.name)).all()


def change(db: Connection, id: int, **values: Any) -> bool:
    """Only what is still open. Whether it was."""
    return db.execute(update(quarantine).where(_q.id == id, _q.state == "open").values(**values)).rowcount == 1


def waiting(db: Connection) -> int:
    """Open requests."""
    return int(db.scalar(select(func.count()).where(_q.state == "open")) or 0)


def naming(db: Connection, ifis: Collection[str]) -> list[int]:
    """Requests, closed ones included, in which one of the identifiers (of core.xapi.actors) stands: for erasure.

    Bodies may be broken, so it is looked for as text: rather one too many than one too few.
    """
    needles = [_needles(ifi) for ifi in ifis]
    query = select(_q.id, _q.raw, _q.edited).execution_options(yield_per=50)
    found = []
    for row in db.execute(query):
        for text in _texts(row.raw, row.edited):
            if any(all(part in text for part in parts) for parts in needles):
                found.append(row.id)
                break
    return found


def remove(db: Connection, ids: Collection[int]) -> None:
    """For good."""
    for chunk in chunks(ids):
        db.execute(delete(quarantine).where(_q.id.in_(chunk)))


def remove_before(db: Connection, credential_id: int, before: datetime) -> int:
    """For good, what a source has not sent since. How many."""
    return db.execute(delete(quarantine).where(_q.credential_id == credential_id, _q.last_at < before)).rowcount


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def _texts(*bodies: bytes | None) -> Iterator[str]:
    """Bodies without the escapes of JSON, in lower case."""
    for body in bodies:
        if body is not None:
            text = bytes(body).decode("utf-8", "replace")
            yield _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else m[1], text).lower()


def _needles(ifi: str) -> list[str]:
    kind, _, value = ifi.partition(":")
    if kind != "account":
        return [value.lower()]
    home_page, _, name = value.partition(" ")
    return [home_page.lower(), f'"{name.lower()}"']
