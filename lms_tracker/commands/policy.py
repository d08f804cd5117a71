"""`lms-tracker policy`: check policy files, compare them, adopt one from a date on."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.adopt_policy import AdoptionRefused, adopt_policy
from lms_tracker.actions.compare_policies import compare_policies
from lms_tracker.actions.policies import find_policy, load_policy, policy_names
from lms_tracker.actions.programme_policy import InForce, policies_of, policy_for, superseded
from lms_tracker.actions.suspect import find_model, load_model
from lms_tracker.commands.options import DAY, INSTANT, PROGRAMME, open_database, programme_named
from lms_tracker.commands.study import settle_now
from lms_tracker.core.grading.compare import totals
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.period import parse_period
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion.model import FILE
from lms_tracker.reports.comparison import Comparison, to_csv, to_jsonl, to_text, total_lines
from lms_tracker.settings import Settings
from lms_tracker.store import bulletins
from lms_tracker.store.db import reading
from lms_tracker.store.find_learners import actors_of
from lms_tracker.store.policies import adoptions_of
from lms_tracker.store.programmes import enrolments, logins_of

WRITERS = {"text": to_text, "jsonl": to_jsonl, "csv": to_csv}


@click.group()
def group() -> None:
    """Check, compare and adopt the policies of programmes."""


@group.command()
@click.argument("policies", nargs=-1, metavar="[FILE|NAME]...")
@click.option("--programme", help="Also: which policies this programme (slug) has had, and whether their files differ.")
@click.pass_obj
def check(settings: Settings, policies: tuple[str, ...], programme: str | None) -> None:
    """Check policy files, installed policies by name, or a suspicion.toml; all that is installed without an argument."""
    faults: list[str] = []
    for text in policies or (*policy_names(), FILE):
        try:
            click.echo(f"{text}: in order, {_checked(text)}")
        except PolicyErrors as e:
            faults += e.faults
    if programme is not None:
        db = open_database(settings)
        row = programme_named(db, programme)
        with reading(db) as tx:
            _say_history(tx, row)
    if faults:
        raise click.ClickException(f"{len(faults)} fault(s)\n" + "\n".join(faults))


def _checked(text: str) -> str:
    """What identifies a policy, or what looks for automation: names and content hashes. Raises PolicyErrors."""
    if text == FILE:
        return load_model().id
    if Path(text).name == Path(FILE).name:
        return find_model(Path(text)).id
    policy, _content = find_policy(text)
    return policy.id + ("" if policy.grading else " (study time only)")


@group.command("list")
def list_() -> None:
    """Names of the installed policies."""
    click.echo("\n".join(policy_names()))


@group.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@PROGRAMME
@click.option("--from", "first", type=DAY, help="Days before this one keep the policy that is in force there.")
@click.option("--as-of", type=INSTANT, help="From what was known at this instant; without it, now.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), default="text", show_default=True)
@click.pass_obj
def diff(
    settings: Settings, old: str, new: str, programme: str, first: date | None, as_of: datetime | None, form: str
) -> None:
    """Who would gain or lose what under policy B instead of A (names, or files): totals first, then each learner.

    Study time, what does not count by reason, grade and status. The ledger stays as it is.
    """
    db = open_database(settings)
    row = programme_named(db, programme)
    at = as_of or datetime.now(UTC)
    try:
        with reading(db) as tx:
            one, other = (policy_for(tx, row.id, text)[0] for text in (old, new))
            so_far = policies_of(tx, row.id, row.policy, at)
        both = [_by_date(so_far, policy, first) for policy in (one, other)]
        people = list(compare_policies(db, row.id, *both, at))
    except PolicyErrors as e:
        raise click.ClickException(str(e)) from e
    names = _names(db, row.id)
    lines = [(one, names.get(one.learner_id, {})) for one in people]
    comparison = Comparison(row.slug, one.id, other.id, first, at, totals(people), lines)
    for line in WRITERS[form](comparison):
        click.echo(line)


@group.command()
@click.argument("policy", metavar="NAME|FILE")
@PROGRAMME
@click.option(
    "--from", "first", type=DAY, required=True, help="First local date that it judges; earlier ones keep theirs."
)
@click.option("--reason", required=True, help="Why: it stands in the programme's history.")
@click.pass_obj
def adopt(settings: Settings, policy: str, programme: str, first: date, reason: str) -> None:
    """From a date on, a policy judges the programme: an installed one by its NAME, or a FILE, as it is now.

    Its learners are settled anew; what changes is reversed in the ledger with its cause. To undo it, adopt the policy
    before once more from the same date.
    """
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    try:
        done = adopt_policy(db, row.id, policy, first, reason, now=datetime.now(UTC))
    except (PolicyErrors, AdoptionRefused) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{programme}: {done.policy.id} from {first}")
    for line in total_lines(done.effect):
        click.echo(line)
    settle_now(db)
    click.echo(f"{done.learners} learners settled anew")
    if touched := _bulletins_from(db, row.id, first):
        click.echo(
            f"bulletins that stay as they were issued: {', '.join(touched)} (`bulletin issue --as-of` supersedes one)"
        )


def _bulletins_from(db: Engine, programme_id: int, first: date) -> list[str]:
    """Periods with days that the policy judges otherwise now, of which a bulletin stands."""
    with reading(db) as tx:
        return sorted(
            row.period for row in bulletins.in_force(tx, programme_id) if parse_period(row.period).last >= first
        )


def _by_date(so_far: list[InForce], policy: Policy, first: date | None) -> list[InForce]:
    return [InForce(None, policy)] if first is None else superseded(so_far, InForce(first, policy))


def _names(db: Engine, programme_id: int) -> dict[int, dict[str, Any]]:
    with reading(db) as tx:
        rows, logins = enrolments(tx, programme_id), logins_of(tx, programme_id)
        actors = actors_of(tx, [row.learner_id for row in rows])
    return {
        row.learner_id: {
            "learner": actors[row.learner_id],
            "name": row.name,
            "login": logins.get(row.learner_id),
            "cohort": row.cohort,
        }
        for row in rows
    }


def _say_history(tx: Connection, programme: Row[Any]) -> None:
    in_force = {one.row for one in policies_of(tx, programme.id, programme.policy)}
    rows = adoptions_of(tx, programme.id)
    if not rows:
        click.echo(f"{programme.slug}: {programme.policy}, as its file is")
    for row in rows:
        text = f"{programme.slug}: {row.policy} from {row.from_on or 'the beginning'}"
        text += "" if row.id in in_force else " (superseded)"
        click.echo(text + (_said_of_file(row) if row.id in in_force else ""))


def _said_of_file(row: Row[Any]) -> str:
    if row.name not in policy_names():
        return "; no file of that name is installed, its content is kept here"
    now = _id_now(row.name)
    if now == row.policy:
        return ""
    return f"; its file is {now or 'faulty'} now, which is not in force: adopt it, or put it back"


def _id_now(name: str) -> str | None:
    try:
        return load_policy(name).id
    except PolicyErrors:
        return None
