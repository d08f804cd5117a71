"""`lms-tracker roster import`: the people of a programme from a table."""

import csv
import io
import os
from datetime import UTC, date, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from lms_tracker.actions.create_programme import ProgrammeError
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.leave_programme import leave_programme
from lms_tracker.actions.move_learner import move_learner, return_to_programme
from lms_tracker.actions.passwords import one_time_password
from lms_tracker.actions.read_table import UnreadableTable, read_table
from lms_tracker.actions.roster_state import NewAccount
from lms_tracker.commands.options import DAY, PROGRAMME, learners_named, open_database, programme_named
from lms_tracker.core.roster import parse_roster
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.enrolment_history import events_of
from lms_tracker.store.people import cohort_named
from lms_tracker.store.programmes import enrolments

LEARNER = click.option("--learner", required=True, help="A login, name, actor as JSON, mbox, account name or number.")
REASON = click.option("--reason", default="", help="Kept in the history.")


@click.group()
def group() -> None:
    """Import the people of a programme, move them, see them off."""


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@PROGRAMME
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option(
    "--passwords",
    type=click.Path(path_type=Path),
    help="Give new accounts random passwords and write them to this new CSV file, readable by you only.",
)
@click.pass_obj
def import_(settings: Settings, file: Path, programme: str, dry_run: bool, passwords: Path | None) -> None:
    """Import people from FILE (CSV or XLSX).

    Columns: 姓名/name, 登录名/login, 学校/school, 学校类别/school kind (城市直属|乡镇 or city|town), 班级/class; optional
    邮箱/mail (where notices go, unless the person chose otherwise), 角色/role and 标识/actor: the mail address, or
    `https://home.page account`, under which a learner's evidence comes;
    without it, the login on this server (LMS_TRACKER_PUBLIC_URL); and 其他标识/other identities: more of them, separated
    by semicolons. Nothing is imported when anything is wrong; importing
    again makes no doubles.
    """
    if passwords and not dry_run:
        _make_private(passwords)  # first: passwords that cannot be written down must not be set
    try:
        result = import_people(
            open_database(settings),
            parse_roster(read_table(file)),
            programme,
            home_page=settings.public_url,
            now=datetime.now(UTC),
            new_password=one_time_password if passwords else None,
            must_change=True,
            dry_run=dry_run,
        )
    except Exception as e:
        if passwords and not dry_run:
            passwords.unlink(missing_ok=True)
        if isinstance(e, SheetFaults):
            message = f"{file}: nothing was imported; {len(e.faults)} fault(s):\n{e}"
            raise click.ClickException(message) from e
        if isinstance(e, UnreadableTable | ProgrammeError):
            raise click.ClickException(str(e)) from e
        raise
    if result.ignored:
        click.echo(f"columns not used: {', '.join(result.ignored)}")
    if passwords and not dry_run:
        _write_passwords(passwords, result.accounts)
    done = "would be " if dry_run else ""
    click.echo(f"{done}added {result.added}, changed {result.changed}, unchanged {result.unchanged}")
    if result.accounts and not passwords and not dry_run:
        click.echo("new accounts have no password yet: set one with `lms-tracker account password LOGIN`")


@group.command()
@LEARNER
@PROGRAMME
@click.option("--on", type=DAY, help="The first day without the learner; today by default.")
@REASON
@click.pass_obj
def leave(settings: Settings, learner: str, programme: str, on: date | None, reason: str) -> None:
    """A learner has left a programme. Study and marks stay; a roster that names the learner again brings them back."""
    db = open_database(settings)
    left, learner_id = programme_named(db, programme), _one_learner(db, learner)
    try:
        now = datetime.now(UTC)
        leave_programme(db, learner_id, left.id, on=on or now.date(), reason=reason, now=now)
    except ProgrammeError as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"left {programme}")


@group.command()
@LEARNER
@PROGRAMME
@click.option("--class", "cohort", help="Name of the class to come into.")
@click.option("--school", help="Name of the school to come to.")
@click.option("--on", type=DAY, help="From when on; today by default.")
@REASON
@click.pass_obj
def move(
    settings: Settings,
    learner: str,
    programme: str,
    cohort: str | None,
    school: str | None,
    on: date | None,
    reason: str,
) -> None:
    """A learner comes into another class, to another school, or both. Figures of earlier dates stay as they were."""
    db, now = open_database(settings), datetime.now(UTC)
    row, learner_id = programme_named(db, programme), _one_learner(db, learner)
    try:
        where = {"cohort_id": _class_named(db, row.id, cohort), "school": school}
        move_learner(db, learner_id, row.id, **where, on=on or now.date(), reason=reason, by=None, now=now)
    except ProgrammeError as e:
        raise click.ClickException(str(e)) from e
    click.echo("moved")


@group.command("return")
@LEARNER
@PROGRAMME
@click.option("--class", "cohort", help="Name of the class to come into; that of before by default.")
@click.option("--on", type=DAY, help="The first day back; today by default.")
@REASON
@click.pass_obj
def return_(settings: Settings, learner: str, programme: str, cohort: str | None, on: date | None, reason: str) -> None:
    """A learner who had left a programme comes back."""
    db, now = open_database(settings), datetime.now(UTC)
    row, learner_id = programme_named(db, programme), _one_learner(db, learner)
    try:
        cohort_id = _class_named(db, row.id, cohort)
        return_to_programme(
            db, learner_id, row.id, cohort_id=cohort_id, on=on or now.date(), reason=reason, by=None, now=now
        )
    except ProgrammeError as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"back in {programme}")


@group.command()
@LEARNER
@PROGRAMME
@click.pass_obj
def history(settings: Settings, learner: str, programme: str) -> None:
    """In which class and at which school a learner was from when on, who said so and why."""
    db = open_database(settings)
    row, learner_id = programme_named(db, programme), _one_learner(db, learner)
    with reading(db) as tx:
        mine = [one for one in enrolments(tx, row.id) if one.learner_id == learner_id]
        events = events_of(tx, [one.id for one in mine])
    if not mine:
        raise click.ClickException("the learner is not enrolled")
    for event in events:
        who = f"{event.by or 'operator'}: {event.reason}" if event.made_at else ""
        click.echo("  ".join(filter(None, (str(event.on), event.what, event.cohort, event.school, who))))
    if not events:
        click.echo(f"{mine[0].enrolled_on}  began  {mine[0].cohort}  {mine[0].school or ''}".rstrip())


def _one_learner(db: Engine, learner: str) -> int:
    with reading(db) as tx:
        found = learners_named(tx, learner)
    if len(found) > 1:
        raise click.ClickException(
            f"--learner: {learner!r} may be any of {', '.join(map(str, found))}: give the number"
        )
    return found[0]


def _class_named(db: Engine, programme_id: int, name: str | None) -> int | None:
    if not name:
        return None
    with reading(db) as tx:
        found = cohort_named(tx, programme_id, name)
    if found is None:
        raise click.ClickException(f"--class: the programme has no class {name!r}")
    return found


def _make_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as e:
        raise click.ClickException(f"--passwords {path}: {e.strerror}; name a new file. Nothing was imported") from e


def _write_passwords(path: Path, accounts: list[NewAccount]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["登录名 login", "姓名 name", "密码 password"])
    writer.writerows((a.login, a.name, a.password) for a in accounts)
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
    click.echo(f"{len(accounts)} passwords written to {path}")
