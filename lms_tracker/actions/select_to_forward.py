"""Which statements go to a target next."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.deliver import Item
from lms_tracker.core.forwarding import Filter, Outline, matches, outline
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading
from lms_tracker.store.statements import statement_by_id, statements_after

SCAN = 2_000
"""Statements looked at for one batch where not all of them go."""
BATCH_BYTES = 4 * 1024 * 1024

_filter = msgspec.json.Decoder(Filter).decode


def next_batch(db: Engine, target: Row[Any], through: int, limit: int) -> tuple[list[Item], int]:
    """What goes next, at most `limit` statements, and the number up to which everything has been looked at.

    `through`: the number up to which the record is complete. A statement with attachments goes alone, with their data.
    A voiding statement goes only where it voids something here, and not before that.
    """
    filter = _filter(target.filter)
    scan = limit if filter == Filter() else SCAN
    with reading(db) as tx:
        rows = [row for row in statements_after(tx, target.position, scan) if row.seq <= through]
        seen = [outline(row.raw) for row in rows]
        voided = _voided_by(tx, seen)
        people = _people(tx, filter, [*seen, *(what for _, what, _ in voided.values())])
        names = store.names_of_sources(tx)
        earlier = store.voided_before_they_came(tx, [UUID(s.id) for s in seen])
        items: list[Item] = []
        size = 0
        for row, what in zip(rows, seen, strict=True):
            if what.voids and what.id not in voided:
                continue
            at, meant, sent_by = voided.get(what.id, (row.seq, what, row.credential_id))
            if at > row.seq or not matches(filter, meant, names.get(sent_by) or meant.source, people):
                continue  # what is voided comes later, and brings this along
            raw = bytes(row.raw)
            size += len(raw)
            if items and (len(items) >= limit or size > BATCH_BYTES or _goes_alone(items[-1], what)):
                return items, items[-1].at
            items.append(Item(row.seq, row.seq, raw, what, _held(target, what)))
            if UUID(what.id) in earlier:  # when its voiding statement passed, nobody could say where this one goes
                seq, id = earlier[UUID(what.id)]
                items += _item(tx, target, seq, id, row.seq)
    return items, rows[-1].seq if len(rows) == scan else max(through, target.position)


def asked_again(db: Engine, target: Row[Any], limit: int) -> tuple[list[Item], list[int]]:
    """What somebody asked to send once more, as much as fits, and the numbers of it; some may be erased by now."""
    items: list[Item] = []
    seqs: list[int] = []
    size = 0
    with reading(db) as tx:
        for row in store.asked_again(tx, target.id, limit):
            for item in _item(tx, target, row.seq, row.statement_id, row.seq):
                size += len(item.raw)
                if items and (size > BATCH_BYTES or _goes_alone(items[-1], item.seen)):
                    return items, seqs
                items.append(item)
            seqs.append(row.seq)
    return items, seqs


def _goes_alone(last: Item, what: Outline) -> bool:
    """Whether one of the two has attachments: together their data would have no bound."""
    return any(one.attachments or one.object.attachments for one in (last.seen, what))


def _item(tx: Connection, target: Row[Any], seq: int, id: UUID, at: int) -> list[Item]:
    """One statement, or none when it is no longer there."""
    found = statement_by_id(tx, id, voided=False) or statement_by_id(tx, id, voided=True)
    if found is None:
        return []
    raw = bytes(found.raw)
    what = outline(raw)
    return [Item(seq, at, raw, what, _held(target, what))]


def _held(target: Row[Any], what: Outline) -> str | None:
    return "version" if what.version.startswith("2.") and target.version.startswith("1.") else None


def _voided_by(tx: Connection, seen: Sequence[Outline]) -> dict[str, tuple[int, Outline, int | None]]:
    """Voiding statements -> number, outline and credential of what they void here.

    One that has no effect here (what it names is not here, is of another source, voids itself, or was voided before) is
    not in it: to the other side every voiding statement counts that it has (Data 2.3.2), and the two would differ.
    """
    targets = {UUID(what.id): UUID(what.voids) for what in seen if what.voids}
    return {
        str(row.voided_by): (row.seq, outline(row.raw), row.credential_id)
        for row in store.voided_among(tx, targets.values())
        if row.voided_by in targets
    }


def _people(tx: Connection, filter: Filter, seen: Sequence[Outline]) -> set[str]:
    if not filter.asks_for_people:
        return set()
    ifis = {what.ifi for what in seen} - {None}
    return store.people_meant(tx, [ifi for ifi in ifis if ifi], filter.programmes, filter.organisations)
