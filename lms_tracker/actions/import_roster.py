"""Bringing a programme's people in from a table: accounts, roles, classes, schools, and whose evidence is whose.

All or nothing, and again with the same table changes nothing. What a table would do can be looked at first: the preview is the
import itself, undone at its end, and its digest says whether the import still does the same.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.create_account import SCOPES
from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.move_learner import earliest, note
from lms_tracker.actions.passwords import UNUSABLE, hash_given
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.identities import ROSTER
from lms_tracker.core.roster import STUDENTS, Roster, RosterRow
from lms_tracker.core.sheet import Fault, Sheet, SheetFaults
from lms_tracker.core.xapi.actors import identify
from lms_tracker.store import roster as store
from lms_tracker.store.db import writing
from lms_tracker.store.evidence import mark_unsettled
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.learners import add_identity, known_learners, learners_of
from lms_tracker.store.people import move_enrolment
from lms_tracker.store.programmes import programme_by_slug


class NewAccount(msgspec.Struct, frozen=True):
    """An account that the import made. `password` is None: it has none until an operator sets one."""

    login: str
    name: str
    password: str | None
    school: str = ""
    cohort: str = ""


class Change(msgspec.Struct, frozen=True):
    """One thing that becomes another. `what`: account | class | school | role | identity | back."""

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


class RosterChanged(ValueError):
    """What was looked at is not what would be done now."""


BY_ROSTER = "名单导入"
"""The reason that stands in the history of who was moved or came back by a roster."""

_ELSEWHERE = (
    (
        "{ifi} belongs to learner {owner}: leave it out, import, and join the two if they are one person"
        " (`lms-tracker identity join`)"
    ),
    "{ifi} 属于另一位学员（编号 {owner}）：请先去掉它再导入；如果是同一个人，再请系统管理员合并",
)


class _DryRun(Exception):
    pass


def import_people(
    db: Engine,
    roster: Roster,
    programme_slug: str,
    *,
    home_page: str,
    now: datetime,
    enrolled_on: date | None = None,
    new_password: Callable[[], str] | None = None,
    must_change: bool = False,
    by: int | None = None,
    seen: str | None = None,
    dry_run: bool = False,
) -> RosterResult:
    """Add or change people in one transaction; people whom the table does not name stay.

    A learner without an actor gets the account `login` at `home_page`. `new_password` makes the password of each new
    account, which `must_change` has its owner replace at the first log-in; without it, new accounts have none.
    `enrolled_on` defaults to the programme's first day. With `dry_run` everything is tried and nothing kept. `seen` is the
    digest of a preview: nothing is done unless it would be just that.

    Raises SheetFaults, RosterChanged, and ProgrammeError when there is no such programme.
    """
    result = RosterResult(ignored=roster.sheet.ignored)
    hashed = {} if dry_run or new_password is None else _hash_ahead(roster, new_password)
    try:
        with writing(db) as tx:
            hold_who_is_who(tx)
            programme = programme_by_slug(tx, programme_slug)
            if programme is None:
                raise ProgrammeError(f"no programme has the slug {programme_slug!r}")
            zone = policy_of_programme(tx, programme, now).study.zone
            _Import(
                tx=tx,
                programme_id=programme.id,
                enrolled_on=enrolled_on or programme.starts_on,
                rows=roster.rows,
                sheet=roster.sheet,
                home_page=home_page,
                by=by,
                now=now,
                today=now.astimezone(zone).date(),
                hashed=hashed,
                must_change=must_change,
                result=result,
            ).run()
            if seen is not None and result.digest != seen:
                raise RosterChanged("the import would not do any more what was shown")
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return result


def _hash_ahead(roster: Roster, new_password: Callable[[], str]) -> dict[str, tuple[str, str]]:
    """Login -> (password, hash), for the accounts that may have to be made: no database waits for it."""
    passwords = {row.login: new_password() for row in roster.rows}
    hashes = {password: hash_given(password) for password in set(passwords.values())}  # a demo has one for all
    return {login: (password, hashes[password]) for login, password in passwords.items()}


class _Import(msgspec.Struct):
    """One import under way, in stages: each asks and writes for all rows at once."""

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
    changes: dict[int, list[Change]] = {}

    def run(self) -> None:
        """Everything, or SheetFaults with every fault that was found."""
        self._find_accounts()
        students = [row for row in self.rows if row.role in STUDENTS]
        self._find_schools(students)
        self._find_learners(students)
        self._point_out_namesakes(students)
        if self.sheet.faults:
            raise SheetFaults(self.sheet.faults)
        self._find_cohorts()
        self._enrol(students)
        self._grant()
        self._sum_up()

    def _changed(self, row: RosterRow, what: str, before: str | None, after: str | None) -> None:
        self.changes.setdefault(row.row, []).append(Change(what, before, after))

    def _find_accounts(self) -> None:
        """A login of somebody of another name is a fault, and its row is left alone from there on."""
        self.known = store.accounts_by_login(self.tx, {row.login for row in self.rows})
        mine = []
        for row in self.rows:
            account = self.known.get(row.login)
            if account is None or account.name == row.name:
                mine.append(row)
            else:
                self.sheet.fault(
                    row.row,
                    "login",
                    f"{row.login!r} is the login of another person, {account.name}",
                    f"登录名 {row.login} 已属于另一个人：{account.name}",
                )
        self.rows = mine
        new = [row for row in self.rows if row.login not in self.known]
        for row in new:
            password, _ = self.hashed.get(row.login, (None, UNUSABLE))
            self.result.accounts.append(NewAccount(row.login, row.name, password, row.school, row.cohort))
            self._changed(row, "account", None, row.login)
        self.account_ids = {login: account.id for login, account in self.known.items()}
        self.account_ids |= store.add_accounts(self.tx, [self._account(row) for row in new])

    def _account(self, row: RosterRow) -> dict[str, Any]:
        return {
            "login": row.login,
            "name": row.name,
            "password_hash": self.hashed.get(row.login, ("", UNUSABLE))[1],
            "session_token": secrets.token_urlsafe(24),
            "created_at": self.now,
            "must_change": self.must_change and row.login in self.hashed,
        }

    def _find_schools(self, students: list[RosterRow]) -> None:
        wanted = {row.school for row in students} | {row.district for row in students if row.district}
        known = store.organisations_by_name(self.tx, wanted)
        new: dict[str, dict[str, Any]] = {}
        for row in students:
            if not self._check_district(row, known.get(row.district)):
                continue
            parent = known[row.district].id if row.district else None
            school = known.get(row.school)
            if school is None:
                values = {"name": row.school, "kind": "school", "school_kind": row.school_kind, "parent_id": parent}
                if new.setdefault(row.school, values) != values:
                    self.sheet.fault(
                        row.row,
                        "district",
                        f"another row puts {row.school} elsewhere",
                        f"另一行把 {row.school} 放在别处",
                    )
            elif self._check_school(row, school, parent):
                self.schools[row.school] = school.id
        self.schools |= store.add_organisations(self.tx, list(new.values()))

    def _check_district(self, row: RosterRow, found: Row[Any] | None) -> bool:
        if not row.district or (found is not None and found.kind != "school"):
            return True
        self.sheet.fault(
            row.row,
            "district",
            f"no district or centre is called {row.district!r}: enter it first",
            f"没有名为“{row.district}”的区县或中心，请先建立",
        )
        return False

    def _check_school(self, row: RosterRow, school: Row[Any], parent: int | None) -> bool:
        said = None
        if school.kind != "school":
            said = "school", f"{row.school} is a {school.kind}, not a school", f"{row.school} 不是学校"
        elif school.closed_at is not None:
            said = "school", f"{row.school} is closed", f"{row.school} 已停用"
        elif school.school_kind != row.school_kind:
            was = {"city": "城市直属", "town": "乡镇"}.get(school.school_kind, "—")
            said = (
                "school_kind",
                f"{row.school} is known as a {school.school_kind} school",
                f"{row.school} 已登记为{was}学校",
            )
        elif parent is not None and school.parent_id != parent:
            said = (
                "district",
                f"{row.school} is known to stand elsewhere: move it on its page",
                f"{row.school} 已登记在别处，请在机构页面上移动它",
            )
        if said is not None:
            self.sheet.fault(row.row, *said)
        return said is None

    def _find_learners(self, students: list[RosterRow]) -> None:
        """Whose evidence is whose. New learners are made together, and joined to their accounts."""
        actors = {row.login: row.actor or self._made_up(row) for row in students}
        ifis = {login: identify(actor) or "" for login, actor in actors.items()}
        others = {ifi for row in students for actor in row.others if (ifi := identify(actor))}
        owners = known_learners(self.tx, {*ifis.values(), *others})
        loose = [row for row in students if self._learner_of_account(row) is None]
        new = {
            ifis[row.login]: {**actors[row.login], "name": row.name} for row in loose if ifis[row.login] not in owners
        }
        owners |= learners_of(self.tx, new, self.now) if new else {}
        held = store.accounts_by_learner(self.tx, {owners[ifis[row.login]] for row in loose})
        joined, named = dict[int, int](), dict[int, str]()
        for row in students:
            own, owner = self._learner_of_account(row), owners.get(ifis[row.login])
            if own is None:
                assert owner is not None
                if self._is_somebody_elses(row, held.get(owner)):
                    continue
                joined[self.account_ids[row.login]], named[owner] = owner, row.name
            elif row.actor and owner is None:
                self._identify(row, own, ifis[row.login], owners)
            elif row.actor and owner != own:
                self._elsewhere(row, "actor", ifis[row.login], owner)
                continue
            self.learner_ids[row.login] = own or owner or 0
            for actor in row.others:
                self._other(row, identify(actor) or "", owners)
        store.join_accounts(self.tx, joined)
        store.name_learners(self.tx, named)

    def _made_up(self, row: RosterRow) -> dict[str, Any]:
        return {"objectType": "Agent", "account": {"homePage": self.home_page, "name": row.login}}

    def _learner_of_account(self, row: RosterRow) -> int | None:
        account = self.known.get(row.login)
        learner_id: int | None = account.learner_id if account is not None else None
        return learner_id

    def _is_somebody_elses(self, row: RosterRow, other: Row[Any] | None) -> bool:
        if other is None or other.id == self.account_ids[row.login]:
            return False
        self.sheet.fault(
            row.row,
            "actor" if row.actor else "login",
            f"this identifier belongs to {other.name}, who logs in as {other.login!r}",
            f"这个标识属于 {other.name}（登录名 {other.login}）",
        )
        return True

    def _other(self, row: RosterRow, ifi: str, owners: dict[str, int]) -> None:
        owner, mine = owners.get(ifi), self.learner_ids[row.login]
        if owner is None:
            self._identify(row, mine, ifi, owners)
        if owners[ifi] != mine:
            self._elsewhere(row, "others", ifi, owners[ifi])

    def _identify(self, row: RosterRow, learner_id: int, ifi: str, owners: dict[str, int]) -> None:
        add_identity(self.tx, learner_id, ifi, ROSTER, self.now)
        owners |= known_learners(self.tx, [ifi])  # a mail address goes where its SHA-1 is
        self._changed(row, "identity", None, ifi)

    def _elsewhere(self, row: RosterRow, key: str, ifi: str, owner: int | None) -> None:
        self.sheet.fault(row.row, key, *(text.format(ifi=ifi, owner=owner) for text in _ELSEWHERE))

    def _point_out_namesakes(self, students: list[RosterRow]) -> None:
        """Two of one name may be one person twice: in the file, or known from another school."""
        there = store.namesakes(self.tx, {row.name for row in students})
        first: dict[str, RosterRow] = {}
        for row in students:
            before = first.setdefault(row.name, row)
            if before is not row:
                self._warn(row, f"the same name stands in row {before.row}", f"与第 {before.row} 行同名")
            mine = self.learner_ids.get(row.login)
            for other in there.get(row.name, ()):
                if other.learner_id != mine and row.login not in self.known:
                    place = other.school or "—"
                    self._warn(row, f"somebody of this name is known from {place}", f"已有同名学员，学校：{place}")

    def _warn(self, row: RosterRow, said: str, zh: str) -> None:
        at = self.sheet.columns["name"]
        self.result.warnings.append(Fault(row.row, at, self.sheet.headers[at], said, zh))

    def _find_cohorts(self) -> None:
        known = store.cohorts_by_name(self.tx, self.programme_id)
        new = sorted({row.cohort for row in self.rows if row.cohort} - set(known))
        self.cohorts = known | store.add_cohorts(self.tx, self.programme_id, new)

    def _enrol(self, students: list[RosterRow]) -> None:
        known = store.enrolments_by_learner(self.tx, self.programme_id, self.learner_ids.values())
        new = []
        for row in students:
            learner_id, where = self.learner_ids[row.login], (self.cohorts[row.cohort], self.schools[row.school])
            there = known.get(learner_id)
            if there is None:
                values = {"cohort_id": where[0], "organisation_id": where[1], "enrolled_on": self.enrolled_on}
                new.append({"programme_id": self.programme_id, "learner_id": learner_id, **values})
                self._changed(row, "class", None, row.cohort)
            elif (there.cohort_id, there.organisation_id, there.left_on) != (*where, None):
                self._move(row, there, where)
        store.add_enrolments(self.tx, new)
        # From now on under this programme's policy.
        mark_unsettled(self.tx, store.with_statements(self.tx, [row["learner_id"] for row in new]), self.now)

    def _move(self, row: RosterRow, there: Row[Any], where: tuple[int, int]) -> None:
        what = "moved" if there.left_on is None else "returned"
        if there.left_on is not None:
            self._changed(row, "back", str(there.left_on), row.cohort)
        if there.cohort_id != where[0]:
            self._changed(row, "class", there.cohort, row.cohort)
        if there.organisation_id != where[1]:
            self._changed(row, "school", there.school, row.school)
        on = max(self.today, earliest(self.tx, there))
        note(self.tx, there, what, on, *where, reason=BY_ROSTER, by=self.by, now=self.now)
        move_enrolment(self.tx, there.id, *where)

    def _grant(self) -> None:
        """Each row its role in its scope; a monitor is one of the learners, too."""
        rows = store.roles_of_accounts(self.tx, self.account_ids.values())
        held = {
            (r.account_id, r.role, r.programme_id, r.cohort_id)
            for r in rows
            if all(end is None or end > self.now for end in (r.until_at, r.ended_at))
        }
        new = []
        for row in self.rows:
            for name in (row.role, "learner") if row.role == "monitor" else (row.role,):
                by_class = SCOPES[name] == "cohort_id"
                scope = (None, self.cohorts[row.cohort]) if by_class else (self.programme_id, None)
                key = (self.account_ids[row.login], name, *scope)
                if key not in held:
                    held.add(key)
                    new.append(dict(zip(("account_id", "role", "programme_id", "cohort_id"), key, strict=True)))
                    self._changed(row, "role", None, name)
        event = {"reason": BY_ROSTER, "made_by": self.by, "made_at": self.now}
        store.add_roles(self.tx, new, event)

    def _sum_up(self) -> None:
        for row in self.rows:
            changes = tuple(self.changes.get(row.row, ()))
            what = "added" if row.login not in self.known else "changed" if changes else "same"
            line = Line(row.row, row.login, row.name, row.role, row.school, row.cohort, what, changes)
            self.result.lines.append(line)
        counts = [line.what for line in self.result.lines]
        self.result.added, self.result.changed = counts.count("added"), counts.count("changed")
        self.result.unchanged = counts.count("same")
        whole = (self.programme_id, str(self.enrolled_on), self.rows, self.result.lines)
        self.result.digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()
