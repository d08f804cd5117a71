"""`lms-tracker grades`: export the grades of a programme, set a result by hand."""

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice, repeat
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy import Engine, Row

from lms_tracker.actions.gather_records import setting_of
from lms_tracker.actions.grade import grade_share
from lms_tracker.actions.override_grade import OverrideRefused, override_grade, withdraw_override
from lms_tracker.actions.stand import stand
from lms_tracker.commands.options import DAY, INSTANT, PROGRAMME, learners_named, open_database, programme_named
from lms_tracker.commands.study import settle_now
from lms_tracker.core.grading.explain import explain_grade
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.reports.grades import Line, to_csv, to_jsonl, to_xlsx
from lms_tracker.settings import Settings
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.find_learners import actors_of
from lms_tracker.store.programmes import Enrolled, logins_of

WRITERS = {"jsonl": to_jsonl, "csv": to_csv, "xlsx": to_xlsx}
TOGETHER = 1_000
SHARES = 4
"""Of a process: so that none of them waits long for the slowest."""


@click.group()
def group() -> None:
    """Export grades, set results by hand."""


@group.command()
@PROGRAMME
@click.option("--as-of", type=INSTANT, help="Grades as they stood at this instant; without it, now.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; without it standard output.")
@click.option(
    "--explain", is_flag=True, help="With the tree of each grade: rule, evidence, value, contribution (jsonl)."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes (jsonl).")
@click.pass_obj
def export(
    settings: Settings, programme: str, as_of: datetime | None, form: str, out: Path | None, explain: bool, workers: int
) -> None:
    """Per learner: parts with weights and points, bonus, final grade, status, what is missing (Chinese and English)."""
    if form == "xlsx" and out is None:
        raise click.ClickException("--format xlsx needs --out FILE: a workbook does not belong on a terminal")
    if form != "jsonl" and (explain or workers > 1):
        raise click.ClickException("--explain and --workers are for --format jsonl")
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    at = as_of or datetime.now(UTC)
    try:
        if form != "jsonl":
            _write(out, iter([WRITERS[form](list(_lines(db, row, at, (0, 1), explain=False)))]))
        elif workers == 1:
            _write(out, _jsonl(db, row, at, (0, 1), explain))
        else:
            shares = workers * SHARES
            with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
                same = (repeat(settings.database_url), repeat(row.id), repeat(at), repeat(explain))
                _write(out, pool.map(_share, *same, range(shares), repeat(shares)))
    except (PolicyErrors, ValueError) as e:
        raise click.ClickException(str(e)) from e


@group.command()
@PROGRAMME
@click.option("--as-of", type=INSTANT, help="As it stood at this instant; without it, now.")
@click.pass_obj
def standing(settings: Settings, programme: str, as_of: datetime | None) -> None:
    """Who is out by a standing rule, and who is honoured."""
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    try:
        stood = stand(db, row.id, as_of or datetime.now(UTC))
    except (PolicyErrors, ValueError) as e:
        raise click.ClickException(str(e)) from e
    names = {person.learner_id: person.name or "—" for person in stood.people}
    for learner, troubles in stood.out.items():
        for trouble in troubles:
            click.echo(f"{learner} {names[learner]}: {trouble.sentence('en')}")
    for one in stood.honoured:
        click.echo(f"{one.learner_id} {names[one.learner_id]}: {one.title.en}, rank {one.rank}, {one.value}")
    click.echo(f"{len(stood.people)} people, {len(stood.out)} meet a standing rule, {len(stood.honoured)} honours")


@group.command("set")
@PROGRAMME
@click.option("--learner", required=True, help="Login, name, actor or number.")
@click.option("--part", required=True, help='Key of a part, "final" or "status".')
@click.option("--to", "after", required=True, help="Points, the final grade, or passed, failed, in_progress.")
@click.option(
    "--on", type=DAY, help="Of the year that holds this date, where each year has a grade; without it, of now."
)
@click.option("--reason", required=True)
@click.pass_obj
def set_(settings: Settings, programme: str, learner: str, part: str, after: str, on: date | None, reason: str) -> None:
    """Set a learner's result by hand; what stood there, and why, is kept."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        found = learners_named(tx, learner)
    if len(found) != 1:
        raise click.ClickException(f"--learner: {len(found)} people are called {learner!r}; give the number")
    now = datetime.now(UTC)
    try:
        number = override_grade(db, row.id, found[0], part, after, reason=reason, by=None, now=now, on=on)
    except (OverrideRefused, PolicyErrors, ValueError) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"override {number}: {part} is {after}")


@group.command()
@click.argument("override_id", type=int)
@click.option("--reason", required=True)
@click.pass_obj
def unset(settings: Settings, override_id: int, reason: str) -> None:
    """Take back what was set by hand: the policy decides again."""
    try:
        withdraw_override(open_database(settings), override_id, reason=reason, by=None, now=datetime.now(UTC))
    except OverrideRefused as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"override {override_id}: withdrawn")


def _write(out: Path | None, pieces: Iterator[bytes]) -> None:
    if out is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
    else:
        first = next(pieces, b"")  # what is refused leaves no empty file
        with out.open("wb") as file:
            _all(file, first, pieces)


def _all(file: BinaryIO, first: bytes, pieces: Iterator[bytes]) -> None:
    file.write(first)
    file.writelines(pieces)


def _share(url: str, programme_id: int, as_of: datetime, explain: bool, which: int, of: int) -> bytes:
    """One process's work: the lines of a share."""
    db = open_db(url, pool_size=1)
    with reading(db) as tx:
        row = setting_of(tx, programme_id, as_of).programme
    found = b"".join(_jsonl(db, row, as_of, (which, of), explain))
    db.dispose()
    return found


def _jsonl(db: Engine, programme: Row[Any], as_of: datetime, share: tuple[int, int], explain: bool) -> Iterator[bytes]:
    lines = _lines(db, programme, as_of, share, explain=explain)
    while some := list(islice(lines, TOGETHER)):
        yield to_jsonl(some)


def _lines(
    db: Engine, programme: Row[Any], as_of: datetime, share: tuple[int, int], *, explain: bool
) -> Iterator[Line]:
    with reading(db) as tx:
        grading = setting_of(tx, programme.id, as_of).policy.grading
        logins = logins_of(tx, programme.id)
    assert grading is not None
    graded = grade_share(db, programme.id, as_of, share)
    while some := list(islice(graded, TOGETHER)):
        with reading(db) as tx:
            actors = actors_of(tx, [person.learner_id for person, _ in some])
        for person, grade in some:
            tree = explain_grade(grade, grading) if explain else None
            yield _line(person, grade, actors[person.learner_id], logins.get(person.learner_id), tree)


def _line(person: Enrolled, grade: Grade, actor: dict[str, Any], login: str | None, tree: Any) -> Line:
    who = {"name": person.name, "login": login, "school": person.school, "school_kind": person.school_kind}
    return Line(grade, actor, who | {"cohort": person.cohort}, tree)
