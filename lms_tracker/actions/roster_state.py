"""A roster on its way in: what came of it so far, shared by its stages. `import_roster` runs them."""

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from lms_tracker.core.roster import STUDENTS, RosterRow
from lms_tracker.core.sheet import Fault, Sheet


class NewAccount(msgspec.Struct, frozen=True):
    """An account that the import made. `password` is None: it has none until an operator sets one."""

    login: str
    name: str
    password: str | None
    school: str = ""
    cohort: str = ""


class Change(msgspec.Struct, frozen=True):
    """One thing that becomes another. `what`: account | class | school | role | identity | mail | back."""

    what: str
    before: str | None
    after: str | None


class Line(msgspec.Struct, frozen=True):
    """What becomes of one row. `what`: added | changed | same."""

    row: int
    login: str
    name: str
    role: str
    school: str
    cohort: str
    what: str
    changes: tuple[Change, ...]


class RosterResult(msgspec.Struct):
    """How many people came in new, changed (class, school, role, identifier), or stood there as they are.

    `digest` is the same for two imports that do the same; `warnings` are no faults, but worth a look."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    accounts: list[NewAccount] = []
    ignored: list[str] = []
    lines: list[Line] = []
    warnings: list[Fault] = []
    digest: str = ""


class Under(msgspec.Struct):
    """One import under way. Each stage asks and writes for all rows at once; `hashed`: login -> (password, its hash)."""

    tx: Connection
    programme_id: int
    enrolled_on: date
    rows: list[RosterRow]
    sheet: Sheet
    home_page: str
    by: int | None
    now: datetime
    today: date
    hashed: dict[str, tuple[str, str]]
    must_change: bool
    result: RosterResult
    known: dict[str, Row[Any]] = {}
    account_ids: dict[str, int] = {}
    learner_ids: dict[str, int] = {}
    cohorts: dict[str, int] = {}
    schools: dict[str, int] = {}
    new_schools: dict[str, dict[str, Any]] = {}
    mails: dict[int, str] = {}
    """By account: addresses that become others."""
    changes: dict[int, list[Change]] = {}

    @property
    def students(self) -> list[RosterRow]:
        """The rows of those who study."""
        return [row for row in self.rows if row.role in STUDENTS]

    def changed(self, row: RosterRow, what: str, before: str | None, after: str | None) -> None:
        """Note what becomes of a row."""
        self.changes.setdefault(row.row, []).append(Change(what, before, after))

    def warn(self, row: RosterRow, key: str, said: str, zh: str) -> None:
        """No fault, but worth a look."""
        at = self.sheet.columns[key]
        self.result.warnings.append(Fault(row.row, at, self.sheet.headers[at], said, zh))
