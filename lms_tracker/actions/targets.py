"""Targets of forwarding: add, change, pause, resume, remove; send once more what was put aside, or give it up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.seal import seal
from lms_tracker.core.forwarding import VERSIONS, Filter, endpoint_fault, parse_filter
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.tables import credential, organisation, programme

MOST_TEXT = 500


class TargetRefused(ValueError):
    """Nothing was changed. `faults` are "key: what is wrong", all at once."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


class TargetForm(msgspec.Struct):
    """What an administrator says of a target. An empty `secret` keeps the one there is, while the address stays."""

    name: str
    endpoint: str
    username: str = ""
    secret: str = ""
    version: str = VERSIONS[0]
    filter: Mapping[str, list[str]] = msgspec.field(default_factory=dict)


def add_target(db: Engine, form: TargetForm, *, from_beginning: bool, secret_key: str, now: datetime) -> int:
    """The id of the new target, which gets everything there is, or what is stored from now on.

    Raises TargetRefused. What others are storing at this moment counts as later than now.
    """
    position = 0 if from_beginning else _newest(db)
    with writing(db) as tx:
        values = _values(tx, form, secret_key, known_at=None)
        try:
            return store.add_target(tx, **values, position=position, created_at=now)
        except IntegrityError:
            raise TargetRefused(["name: taken"]) from None


def change_target(db: Engine, id: int, form: TargetForm, *, secret_key: str, now: datetime) -> bool:
    """Whether there is such a target. It is tried at once. What a wider filter lets through counts from now on.

    Raises TargetRefused. A secret goes to no address but that for which it was entered: it could be read there.
    """
    with writing(db) as tx:
        row = store.target(tx, id)
        if row is None:
            return False
        values = _values(tx, form, secret_key, known_at=row.endpoint)
        try:
            return store.change_target(tx, id, **values, attempts=0, next_try_at=now)
        except IntegrityError:
            raise TargetRefused(["name: taken"]) from None


def pause(db: Engine, id: int, now: datetime) -> bool:
    """Nothing more is sent; what waits, waits. Whether there is such a target."""
    with writing(db) as tx:
        return store.change_target(tx, id, paused_at=now)


def resume(db: Engine, id: int, now: datetime) -> bool:
    """Go on where it stopped, at once; also ends a wait after a failure. Whether there is such a target."""
    with writing(db) as tx:
        return store.change_target(tx, id, paused_at=None, attempts=0, next_try_at=now)


def remove(db: Engine, id: int, now: datetime) -> bool:
    """Forget a target, its secret and what was put aside for it; its name is kept for certificates. Whether there was one."""
    with writing(db) as tx:
        return store.remove_target(tx, id, now)


def give_up(db: Engine, id: int) -> int:
    """What the target did not take is never sent again. How many statements. They stay in the record."""
    with writing(db) as tx:
        return store.give_up(tx, id)


def ask_again(db: Engine, id: int, seq: int | None, now: datetime) -> int:
    """Have one statement, or all that were put aside, sent once more. How many."""
    with writing(db) as tx:
        return store.ask_again(tx, id, seq, now)


def _newest(db: Engine) -> int:
    """Statements that were given a number and are not visible yet come later than this."""
    with reading(db) as tx:
        return store.newest(tx)


def _values(tx: Connection, form: TargetForm, secret_key: str, *, known_at: str | None) -> dict[str, Any]:
    """`known_at` is the address for which there is a secret."""
    filter, faults = parse_filter(form.filter)
    faults += _unknown(tx, filter)
    name, endpoint = form.name.strip(), form.endpoint.strip().rstrip("/") + "/"
    if not name:
        faults.append("name: missing")
    if fault := endpoint_fault(endpoint):
        faults.append(f"endpoint: {fault}")
    if form.version not in VERSIONS:
        faults.append(f"version: {' or '.join(VERSIONS)}")
    if endpoint != known_at and not form.secret:
        faults.append("secret: missing")
    if ":" in form.username:
        faults.append("username: HTTP Basic knows no colon in it")
    for key in ("name", "endpoint", "username", "secret"):
        text = getattr(form, key)
        if len(text) > MOST_TEXT or "\0" in text:
            faults.append(f"{key}: at most {MOST_TEXT} characters")
    if faults:
        raise TargetRefused(faults)
    values = {
        "name": name,
        "endpoint": endpoint,
        "username": form.username,
        "version": form.version,
        "filter": msgspec.json.encode(filter).decode(),
    }
    return values | ({"secret_sealed": seal(secret_key, form.secret)} if form.secret else {})


def _unknown(tx: Connection, filter: Filter) -> list[str]:
    """Second stage: names of things that are not there."""
    columns = {"sources": credential.c.name, "programmes": programme.c.slug, "organisations": organisation.c.name}
    return [
        f"filter.{key}: there is no {name[:100]!r}"
        for key, column in columns.items()
        for name in store.names_missing(tx, column, getattr(filter, key))
    ]
