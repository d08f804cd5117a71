"""Bringing a programme's people in from a table: accounts, roles, classes, schools, and whose evidence is whose.

All or nothing, and again with the same table changes nothing.
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.create_account import grant
from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.move_learner import earliest, note
from lms_tracker.actions.passwords import UNUSABLE, hash_password
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.identities import ROSTER
from lms_tracker.core.roster import STUDENTS, Roster, RosterRow
from lms_tracker.core.sheet import Sheet, SheetFaults
from lms_tracker.core.xapi.actors import identify
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import writing
from lms_tracker.store.evidence import mark_unsettled
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.learners import add_identity, learner_of
from lms_tracker.store.people import (
    account_of_learner,
    add_account,
    add_cohort,
    add_enrolment,
    add_organisation,
    cohort_named,
    enrolment_of,
    has_statements,
    join_account,
    learner_with_identity,
    move_enrolment,
    name_learner,
    organisation_named,
)
from lms_tracker.store.programmes import programme_by_slug


class NewAccount(msgspec.Struct, frozen=True):
    """An account that the import made. `password` is None: it has none until an operator sets one."""

    login: str
    name: str
    password: str | None


class RosterResult(msgspec.Struct):
    """How many people came in new, changed (class, school, role, identifier), or stood there as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    accounts: list[NewAccount] = []
    ignored: list[str] = []


_ELSEWHERE = (
    "{ifi} belongs to learner {owner}: leave it out, import, and join the two if they are one person"
    " (`lms-tracker identity join`)"
)


BY_ROSTER = "名单导入"
"""The reason that stands in the history of who was moved or came back by a roster."""


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
    by: int | None = None,
    dry_run: bool = False,
) -> RosterResult:
    """Add or change people in one transaction; people whom the table does not name stay.

    A learner without an actor gets the account `login` at `home_page`. `new_password` makes the password of each new
    account; without it, new accounts have none. `enrolled_on` defaults to the programme's first day. With `dry_run`
    everything is tried and nothing kept. Raises SheetFaults, and ProgrammeError when there is no such programme.
    """
    result = RosterResult(ignored=roster.sheet.ignored)
    hashed = _hash_ahead(db, roster, new_password, dry_run)
    try:
        with writing(db) as tx:
            hold_who_is_who(tx)
            programme = programme_by_slug(tx, programme_slug)
            if programme is None:
                raise ProgrammeError(f"no programme has the slug {programme_slug!r}")
            zone = policy_of_programme(tx, programme, now).study.zone
            people = _Import(
                tx=tx,
                programme_id=programme.id,
                enrolled_on=enrolled_on or programme.starts_on,
                sheet=roster.sheet,
                home_page=home_page,
                by=by,
                now=now,
                today=now.astimezone(zone).date(),
                hashed=hashed,
                result=result,
            )
            for row in roster.rows:
                people.bring_in(row)
            if roster.sheet.faults:
                raise SheetFaults(roster.sheet.faults)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return result


def _hash_ahead(
    db: Engine, roster: Roster, new_password: Callable[[], str] | None, dry_run: bool
) -> dict[str, tuple[str | None, str]]:
    """Login -> (password, hash) of accounts to be made: hashing is slow and must not hold the database's lock."""
    if new_password is None or dry_run:
        return {}
    with db.connect() as connection:
        missing = [row.login for row in roster.rows if account_by_login(connection, row.login) is None]
    passwords = {login: new_password() for login in missing}
    hashes = {password: hash_password(password) for password in set(passwords.values())}  # a demo has one for all
    return {login: (password, hashes[password]) for login, password in passwords.items()}


class _Import(msgspec.Struct):
    """One import under way: the transaction and what every row needs."""

    tx: Connection
    programme_id: int
    enrolled_on: date
    sheet: Sheet
    home_page: str
    by: int | None
    now: datetime
    today: date
    hashed: dict[str, tuple[str | None, str]]
    result: RosterResult

    def bring_in(self, row: RosterRow) -> None:
        """Everything about one row; a fault is noted at its cell and the row left."""
        account = account_by_login(self.tx, row.login)
        if account and account.name != row.name:
            self.sheet.fault(row.row, "login", f"{row.login!r} is the login of another person, {account.name}")
            return
        changed = account is None
        account_id = account.id if account else self._new_account(row)
        cohort_id, cohort_is_new = self._cohort(row)
        if row.role in STUDENTS:
            learner_id, joined = self._learner(row, account)
            if learner_id is None:
                return
            if account is None or account.learner_id is None:
                join_account(self.tx, account_id, learner_id)
            joined |= self._others(row, learner_id)
            changed |= joined | self._enrol(row, learner_id, cohort_id)
        scope = {"programme_id": self.programme_id, "cohort_id": cohort_id, "organisation_id": None}
        changed |= grant(self.tx, account_id, row.role, scope, now=self.now)
        if row.role == "monitor":  # the monitor is one of the learners
            grant(self.tx, account_id, "learner", scope, now=self.now)
        if account is None:
            self.result.added += 1
        elif changed or cohort_is_new:
            self.result.changed += 1
        else:
            self.result.unchanged += 1

    def _new_account(self, row: RosterRow) -> int:
        password, hashed = self.hashed.get(row.login, (None, UNUSABLE))
        self.result.accounts.append(NewAccount(row.login, row.name, password))
        return add_account(
            self.tx,
            login=row.login,
            name=row.name,
            password_hash=hashed,
            session_token=secrets.token_urlsafe(24),
            locale=None,
            learner_id=None,
            now=self.now,
        )

    def _cohort(self, row: RosterRow) -> tuple[int | None, bool]:
        if not row.cohort:
            return None, False
        known = cohort_named(self.tx, self.programme_id, row.cohort)
        return (known, False) if known is not None else (add_cohort(self.tx, self.programme_id, row.cohort), True)

    def _learner(self, row: RosterRow, account: Any) -> tuple[int | None, bool]:
        """The learner of a row, and whether an identifier came to one who was known; None after a fault."""
        made_up = {"objectType": "Agent", "account": {"homePage": self.home_page, "name": row.login}}
        actor = row.actor or made_up
        ifi = identify(actor)
        assert ifi is not None  # parse_roster made it, with an identifier
        owner = learner_with_identity(self.tx, ifi)
        joined = False
        if account is not None and account.learner_id is not None:
            learner_id = account.learner_id
            if row.actor and owner is None:
                add_identity(self.tx, learner_id, ifi, ROSTER, self.now)
                joined = True
            elif row.actor and owner != learner_id:
                self.sheet.fault(row.row, "actor", _ELSEWHERE.format(ifi=ifi, owner=owner))
                return None, False
            return learner_id, joined
        learner_id = owner if owner is not None else learner_of(self.tx, {**actor, "name": row.name}, self.now)
        other = account_of_learner(self.tx, learner_id)
        if other is not None and (account is None or other.id != account.id):
            where = "actor" if row.actor else "login"
            self.sheet.fault(row.row, where, f"this identifier belongs to {other.name}, who logs in as {other.login!r}")
            return None, False
        name_learner(self.tx, learner_id, row.name)
        return learner_id, joined

    def _others(self, row: RosterRow, learner_id: int) -> bool:
        """Further identifiers of the person; whether one is new."""
        new = False
        for actor in row.others:
            ifi = identify(actor) or ""
            owner = learner_with_identity(self.tx, ifi)
            if owner is None:
                add_identity(self.tx, learner_id, ifi, ROSTER, self.now)
                owner, new = learner_with_identity(self.tx, ifi), True
            if owner != learner_id:
                self.sheet.fault(row.row, "others", _ELSEWHERE.format(ifi=ifi, owner=owner))
        return new

    def _enrol(self, row: RosterRow, learner_id: int, cohort_id: int | None) -> bool:
        school_id = self._school(row)
        if school_id is None or cohort_id is None:
            return False
        known = enrolment_of(self.tx, self.programme_id, learner_id)
        if known is None:
            add_enrolment(self.tx, self.programme_id, cohort_id, learner_id, school_id, self.enrolled_on)
            if has_statements(self.tx, learner_id):  # from now on under this programme's policy
                mark_unsettled(self.tx, [learner_id], self.now)
            return True
        if (known.cohort_id, known.organisation_id, known.left_on) == (cohort_id, school_id, None):
            return False
        what = "moved" if known.left_on is None else "returned"
        on = max(self.today, earliest(self.tx, known))
        note(self.tx, known, what, on, cohort_id, school_id, reason=BY_ROSTER, by=self.by, now=self.now)
        move_enrolment(self.tx, known.id, cohort_id, school_id)
        return True

    def _school(self, row: RosterRow) -> int | None:
        known = organisation_named(self.tx, row.school)
        if known is None:
            return add_organisation(self.tx, row.school, "school", school_kind=row.school_kind)
        if known.kind != "school":
            self.sheet.fault(row.row, "school", f"{row.school} is a {known.kind}, not a school")
            return None
        if known.school_kind != row.school_kind:
            self.sheet.fault(row.row, "school_kind", f"{row.school} is known as a {known.school_kind} school")
            return None
        return int(known.id)
