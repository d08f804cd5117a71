"""Bring a batch to another record store, and find those of its statements that it does not take."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Engine

from lms_tracker.actions.remote import Answer, Remote, Trouble
from lms_tracker.core.forwarding import ASIDE, Outline
from lms_tracker.core.xapi.multipart import join_multipart
from lms_tracker.core.xapi.sameness import same_statement
from lms_tracker.store.attachments import attachments
from lms_tracker.store.db import reading

MOST_REFUSED = 100
"""In a row, with nothing taken: then it is the target, not the statements."""
PATIENCE = 10
"""Failures in a row after which a statement, sent alone, is what the target fails at."""

CONTENT = {400, 409, 413, 422}
"""The target minds what was sent, not who sends or when."""
TROUBLE = {401: "credentials", 403: "credentials", 404: "address", 405: "address", 408: "timeout", 429: "busy"}


class Item(msgspec.Struct):
    """A statement on its way."""

    seq: int
    at: int
    """The number at which it came up: its own, or that of a later statement that brought it along."""
    raw: bytes
    seen: Outline
    held: str | None = None
    """Why it is not even tried: a key of ASIDE."""


class Delivery(msgspec.Struct):
    """What came of a batch: its first `decided` items are sent, or in `aside` as (item, kind, reason)."""

    decided: int = 0
    sent: int = 0
    refused: int = 0
    aside: list[tuple[Item, str, str]] = msgspec.field(default_factory=list)
    trouble: Trouble | None = None


class _OutOfTime(Exception):
    pass


def deliver(db: Engine, remote: Remote, items: Sequence[Item], attempts: int, has_time: Callable[[], bool]) -> Delivery:
    """Send them in order. Never raises for what the target does: see `trouble`.

    `attempts` is how often in a row the target failed before; `has_time` whether another request may begin.
    """
    outcome = Delivery()
    try:
        for run, held in _runs(items):
            if held is None:
                _send(db, remote, run, attempts, has_time, outcome)
            else:
                outcome.aside += [(item, held, ASIDE[held]) for item in run]
                outcome.decided += len(run)
    except _OutOfTime:
        pass
    except Trouble as e:
        outcome.trouble = e
    return outcome


def _runs(items: Sequence[Item]) -> list[tuple[list[Item], str | None]]:
    """Neighbours that are tried together, or held for one reason."""
    runs: list[tuple[list[Item], str | None]] = []
    for item in items:
        if not runs or runs[-1][1] != item.held:
            runs.append(([], item.held))
        runs[-1][0].append(item)
    return runs


def _send(
    db: Engine, remote: Remote, items: Sequence[Item], attempts: int, has_time: Callable[[], bool], outcome: Delivery
) -> None:
    """All of them; where the target refuses, first the one half, then the other: `decided` is always a beginning."""
    if not has_time():
        raise _OutOfTime
    answer = remote.post(*_body(db, items))
    if answer.status in (200, 204) and _took(answer, items):
        outcome.sent += len(items)
        outcome.decided += len(items)
    elif len(items) > 1 and answer.status in CONTENT:
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            _send(db, remote, half, attempts, has_time, outcome)
    else:
        _settle(remote, items[0], answer, attempts, outcome, alone=len(items) == 1)


def _settle(remote: Remote, item: Item, answer: Answer, attempts: int, outcome: Delivery, *, alone: bool) -> None:
    """One statement that was refused, or a target that is in trouble."""
    if alone and answer.status == 409 and _is_there(remote, item):
        outcome.sent += 1
    elif alone and (answer.status in CONTENT or (answer.status == 500 and attempts >= PATIENCE)):
        kinds = {409: "conflict", 413: "too-large", 500: "failing"}
        outcome.aside.append((item, kinds.get(answer.status, "refused"), answer.said))
        outcome.refused += 1
    else:
        kind = TROUBLE.get(answer.status) or ("failing" if answer.status >= 500 else "answer")
        raise Trouble("busy" if answer.retry_after else kind, answer.said, _seconds(answer.retry_after))
    outcome.decided += 1
    if not outcome.sent and outcome.refused >= MOST_REFUSED:
        raise Trouble("refuses-all", answer.said)


def _is_there(remote: Remote, item: Item) -> bool:
    """Some record stores answer 409 to every id that they know: then it counts what they know."""
    theirs = remote.statement(UUID(item.seen.id))
    try:
        return theirs is not None and same_statement(theirs, item.raw)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, AttributeError):  # whatever it is, no statement
        return False


def _took(answer: Answer, items: Sequence[Item]) -> bool:
    """Whether the ids came back (Communication 2.1.2): some other page may answer 200, too. 204 can bring none."""
    if answer.status == 204:
        return True
    try:
        ids = msgspec.json.decode(answer.text, type=list[UUID])
    except msgspec.MsgspecError:
        return False
    return set(ids) == {UUID(item.seen.id) for item in items}


def _body(db: Engine, items: Sequence[Item]) -> tuple[bytes, str]:
    """Body and content type: with the data of attachments that is here, in the form of Communication 1.5.2."""
    json = b"[" + b",".join(item.raw for item in items) + b"]"
    described: dict[str, str] = {}
    for item in items:
        both = [*item.seen.attachments, *item.seen.object.attachments]
        described.update((a["sha2"].lower(), a["contentType"]) for a in both)
    if described:
        with reading(db) as tx:
            found = attachments(tx, described)
        if found:
            boundary = f"lms-tracker-{uuid4().hex}"  # random: no data can hold it
            parts = [(sha2, described[sha2], data) for sha2, data in found.items()]
            return join_multipart(json, parts, boundary), f'multipart/mixed; boundary="{boundary}"'
    return json, "application/json"


def _seconds(retry_after: str) -> float | None:
    """Of a Retry-After header: seconds, or None when it says none. A date counts as a minute: clocks differ."""
    if retry_after.isdigit():
        return float(retry_after[:9])
    return 60.0 if retry_after else None
