"""Bringing a programme's people in from a table: accounts, roles, classes, schools, and whose evidence is whose.

All or nothing, and again with the same table changes nothing. What a table would do can be looked at first: the preview is the
import itself, undone at its end, and its digest says whether the import still does the same.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime

import msgspec
from sqlalchemy import Engine

from lms_tracker.actions.check_roster import check_accounts, check_schools, point_out_namesakes
from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.passwords import hash_given
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.actions.roster_state import Line, RosterResult, Under
from lms_tracker.actions.write_roster import (
    write_accounts,
    write_classes,
    write_enrolments,
    write_learners,
    write_roles,
    write_schools,
)
from lms_tracker.core.roster import Roster
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.programmes import programme_by_slug


class RosterChanged(ValueError):
    """What was looked at is not what would be done now."""


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
            under = Under(
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
            )
            _run(under)
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


def _run(u: Under) -> None:
    """All stages, or SheetFaults with every fault that was found."""
    check_accounts(u)
    check_schools(u)
    write_accounts(u)
    write_schools(u)
    write_learners(u)
    point_out_namesakes(u)
    if u.sheet.faults:
        raise SheetFaults(u.sheet.faults)
    write_classes(u)
    write_enrolments(u)
    write_roles(u)
    _sum_up(u)


def _sum_up(u: Under) -> None:
    for row in u.rows:
        changes = tuple(u.changes.get(row.row, ()))
        what = "added" if row.login not in u.known else "changed" if changes else "same"
        line = Line(row.row, row.login, row.name, row.role, row.school, row.cohort, what, changes)
        u.result.lines.append(line)
    counts = [line.what for line in u.result.lines]
    u.result.added, u.result.changed = counts.count("added"), counts.count("changed")
    u.result.unchanged = counts.count("same")
    whole = (u.programme_id, str(u.enrolled_on), u.rows, u.result.lines)
    u.result.digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()
