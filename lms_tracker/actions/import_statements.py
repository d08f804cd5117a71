"""Import statements from lines of JSON: good lines are stored, bad ones named, and none stops the rest."""

from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

import msgspec
from msgspec import UNSET
from sqlalchemy import Engine

from lms_tracker.actions.blocked import Blocked, knows_blocked
from lms_tracker.actions.ingest import store_drafts
from lms_tracker.core.xapi.draft import Draft, draft_statement, fill
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.store.db import reading

# Ids of lines without one follow from it: changing it makes a second import store them twice.
_NAMESPACE = uuid5(NAMESPACE_OID, "lms_tracker.import_statements")


class Line(msgspec.Struct, frozen=True):
    """One line of a file, counted from 1, without its end."""

    number: int
    raw: bytes


class Rejected(msgspec.Struct, frozen=True):
    """A line that was not stored, and why."""

    line: Line
    path: str
    rule: str
    message: str


class Outcome(msgspec.Struct):
    """What became of a batch of lines."""

    stored: int
    already: int
    rejected: list[Rejected]


def import_statements(
    db: Engine,
    lines: Sequence[Line],
    *,
    keep_stored: bool,
    evidence: str,
    now: datetime,
    home_page: str = "urn:lms-tracker",
) -> Outcome:
    """Store the good lines in one transaction. Importing the same lines again stores nothing.

    With `keep_stored` each line's own `stored` stands as the time of receipt, and a line without is bad. Without it
    the lines carry no time of receipt. A line without an id gets one that follows from its content.
    """
    good: list[Line] = []
    drafts: list[Draft] = []
    stored: list[datetime] = []
    rejected: list[Rejected] = []
    with reading(db) as tx:
        is_blocked = knows_blocked(tx)
    for line in lines:
        try:
            draft = draft_statement(line.raw)
            at = _own_stored(draft) if keep_stored else now
        except StatementError as e:
            rejected.append(Rejected(line, e.path, e.rule, e.message))
            continue
        if is_blocked is not None and is_blocked(draft.ifi):
            rejected.append(Rejected(line, "$.actor", "erased", str(Blocked())))
            continue
        whole = draft.whole
        if whole is not None and whole.id is UNSET:
            whole.stored = UNSET
            fill(draft, id=str(uuid5(_NAMESPACE, msgspec.json.encode(whole).decode())))
        good.append(line)
        drafts.append(draft)
        stored.append(at)
    result = store_drafts(
        db,
        drafts,
        credential=None,
        evidence=evidence,
        now=now,
        received=keep_stored,
        stored=stored,
        home_page=home_page,
        skip_conflicts=True,
    )
    for index in result.conflicts:
        message = f"another statement with the id {result.ids[index]} is already stored"
        rejected.append(Rejected(good[index], "$.id", "conflict", message))
    rejected.sort(key=lambda bad: bad.line.number)
    return Outcome(result.stored, result.already, rejected)


def _own_stored(draft: Draft) -> datetime:
    if draft.whole is None or draft.whole.stored is UNSET:
        raise StatementError("$.stored", "stored", "missing, though --keep-stored was asked for")
    try:
        return parse_timestamp(draft.whole.stored)
    except ValueError as e:
        raise StatementError("$.stored", "timestamp", str(e)) from None
