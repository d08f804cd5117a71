"""The tree of organisations: adding, renaming, moving, closing; many at once from a table. Nothing with people is deleted.

Staff of a programme (`programme_id`) change what has people in no other programme; an operator's command changes anything.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row

from lms_tracker.core.grading.words import Words
from lms_tracker.core.organisations import KINDS, SCHOOL_KINDS, above, below, misplaced
from lms_tracker.core.organisations_sheet import WORDS, OrganisationRow, OrganisationSheet
from lms_tracker.core.planned import Line, Plan, require_seen
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store import organisations as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.people import add_organisation, organisation_named
from lms_tracker.store.roster import organisations_by_name

log = logging.getLogger(__name__)

MAX_NAME = 100


class OrganisationRefused(ValueError):
    """Nothing was changed. `code`: name | taken | kind | place | ring | gone | outside | open (things stand under it)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Who(msgspec.Struct, frozen=True):
    """On whose behalf: of a programme's staff (None: of an operator), the account, and when."""

    programme_id: int | None
    by: int | None
    now: datetime


def found(db: Engine, who: Who, *, name: str, kind: str, school_kind: str | None, parent_id: int | None) -> int:
    """A new organisation; its id. Raises OrganisationRefused."""
    with writing(db) as tx:
        _check_name(tx, name)
        if kind not in KINDS or (kind == "school") != (school_kind in SCHOOL_KINDS):
            raise OrganisationRefused("kind")
        parent = _place(tx, who, kind, parent_id)
        id = add_organisation(tx, name.strip(), kind, school_kind=school_kind, parent_id=parent_id)
        store.note_event(tx, id, "added", None, parent.name if parent else None, who.by, who.now)
    return id


def rename(db: Engine, who: Who, organisation_id: int, name: str) -> None:
    """Bulletins and histories that were made before keep the old name. Raises OrganisationRefused."""
    with writing(db) as tx:
        row = _mine(tx, who, organisation_id)
        if name.strip() != row.name:
            _check_name(tx, name)
            store.change(tx, row.id, name=name.strip())
            store.note_event(tx, row.id, "renamed", row.name, name.strip(), who.by, who.now)


def move(db: Engine, who: Who, organisation_id: int, parent_id: int | None) -> None:
    """It stands under another one, with all that stands under it. Raises OrganisationRefused."""
    with writing(db) as tx:
        row = _mine(tx, who, organisation_id)
        if parent_id == row.parent_id:
            return
        parents = store.parents_of(tx)
        if parent_id is not None and row.id in above(parents, parent_id):
            raise OrganisationRefused("ring")
        parent = _place(tx, who, row.kind, parent_id)
        before = store.organisation(tx, row.parent_id) if row.parent_id is not None else None
        store.change(tx, row.id, parent_id=parent_id)
        names = (before.name if before else None, parent.name if parent else None)
        store.note_event(tx, row.id, "moved", *names, who.by, who.now)


def close(db: Engine, who: Who, organisation_id: int, *, closed: bool) -> None:
    """Nobody is put there any more; who is there stays. `closed` False: open again. Raises OrganisationRefused (`open`:
    something that stands under it is not closed)."""
    with writing(db) as tx:
        row = _mine(tx, who, organisation_id)
        if closed and store.open_under(tx, row.id):
            raise OrganisationRefused("open")
        if (row.closed_at is not None) != closed:
            store.change(tx, row.id, closed_at=who.now if closed else None)
            store.note_event(tx, row.id, "closed" if closed else "opened", None, None, who.by, who.now)


def import_organisations(
    db: Engine, who: Who, sheet: OrganisationSheet, *, dry_run: bool = False, seen: str | None = None
) -> Plan:
    """Adds and moves what the table names, all or nothing; what it does not name stays.

    `seen`: the digest of a preview (`dry_run`), which must still be what is done. Raises SheetFaults, PlanChanged.
    """
    with (reading if dry_run else writing)(db) as tx:
        names = {row.name for row in sheet.rows} | {row.parent for row in sheet.rows if row.parent}
        known = organisations_by_name(tx, names)
        may = {row.name for row in sheet.rows if row.name not in known or may_change(tx, who, known[row.name])}
        places = None if who.programme_id is None else places_of(tx, who.programme_id)
        _check_rows(sheet, known, may, places)
        if sheet.sheet.faults:
            raise SheetFaults(sheet.sheet.faults)
        plan = Plan([_line(tx, row, known) for row in sheet.rows], sheet.sheet.ignored)
        require_seen(plan, seen)
        if not dry_run:
            _write(tx, who, sheet.rows, known)
    return plan


def _line(tx: Connection, row: OrganisationRow, known: dict[str, Row[Any]]) -> Line:
    cells = (row.name, Words(WORDS[row.kind], row.kind.replace("_", " ")), row.parent)
    there, parent = known.get(row.name), known.get(row.parent)
    if there is None:
        return Line(row.row, "added", cells)
    if not row.parent or (parent is not None and there.parent_id == parent.id):
        return Line(row.row, "same", cells)
    return Line(row.row, "changed", cells, f"{store.name_of(tx, there.parent_id) or '—'} → {row.parent}")


def places_of(db: Connection, programme_id: int) -> set[int]:
    """Where staff of a programme may put things: what it is run for with all below, and what has people of it."""
    parents = store.parents_of(db)
    return set(store.over_somebody(db, programme_id)) | below(parents, store.owners_of(db, programme_id))


def may_change(db: Connection, who: Who, row: Row[Any]) -> bool:
    """Whether it is in the programme's part of the tree, with people in no other programme."""
    if who.programme_id is None:
        return True
    concerns = store.programmes_of_organisations(db, [row.id])
    near = {row.id, row.parent_id} & places_of(db, who.programme_id)
    return concerns <= {who.programme_id} and bool(concerns or near)


def _mine(tx: Connection, who: Who, organisation_id: int) -> Row[Any]:
    row = store.organisation(tx, organisation_id)
    if row is None:
        raise OrganisationRefused("gone")
    if not may_change(tx, who, row):
        raise OrganisationRefused("outside")
    return row


def _place(tx: Connection, who: Who, kind: str, parent_id: int | None) -> Row[Any] | None:
    if parent_id is None:
        return None
    parent = store.organisation(tx, parent_id)
    if parent is None or parent.closed_at is not None or misplaced(kind, parent.kind):
        raise OrganisationRefused("place")
    if who.programme_id is not None and parent_id not in places_of(tx, who.programme_id):
        raise OrganisationRefused("outside")
    return parent


def _check_name(tx: Connection, name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise OrganisationRefused("name")
    if organisation_named(tx, name.strip()) is not None:
        raise OrganisationRefused("taken")


def _check_rows(sheet: OrganisationSheet, known: dict[str, Row[Any]], may: set[str], places: set[int] | None) -> None:
    kinds = {row.name: row.kind for row in sheet.rows} | {name: row.kind for name, row in known.items()}
    new = {row.name for row in sheet.rows}
    for row in sheet.rows:
        there, parent = known.get(row.name), known.get(row.parent)
        if there is not None and there.kind != row.kind:
            sheet.fault(row, "kind", f"is known as a {there.kind}", "与已登记的类别不同")
        elif row.name not in may:
            sheet.fault(
                row,
                "name",
                "has people in another programme: an administrator changes it",
                "涉及其他项目，须由系统管理员更改",
            )
        if row.parent and row.parent not in kinds:
            sheet.fault(row, "parent", "is not known and not in this table", "没有这个机构，表里也没有")
        elif row.parent and misplaced(row.kind, kinds[row.parent]):
            sheet.fault(row, "parent", f"a {row.kind} cannot stand under a {kinds[row.parent]}", "不能放在这类机构下面")
        elif parent is not None and places is not None and row.parent not in new and parent.id not in places:
            sheet.fault(row, "parent", "does not belong to this programme", "不属于本项目")


def _write(tx: Connection, who: Who, rows: Sequence[OrganisationRow], known: dict[str, Row[Any]]) -> None:
    """From the top down, so that what others stand under is there."""
    ids = {name: row.id for name, row in known.items()}
    for row in sorted(rows, key=lambda row: list(KINDS).index(row.kind)):
        parent_id = ids[row.parent] if row.parent else None
        if row.name not in known:
            ids[row.name] = add_organisation(tx, row.name, row.kind, school_kind=row.school_kind, parent_id=parent_id)
            store.note_event(tx, ids[row.name], "added", None, row.parent or None, who.by, who.now)
        elif row.parent and known[row.name].parent_id != parent_id:
            before = store.name_of(tx, known[row.name].parent_id)
            store.change(tx, ids[row.name], parent_id=parent_id)
            store.note_event(tx, ids[row.name], "moved", before, row.parent, who.by, who.now)
