"""`lms-tracker identity`: which actors are one person."""

from datetime import UTC, datetime

import click
from sqlalchemy import Engine

from lms_tracker.actions.identity_rules import apply_rules, drop_rule, make_rule
from lms_tracker.actions.join_learners import IdentityRefused, join_learners
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.commands.options import learners_named, open_database
from lms_tracker.core.identities import KINDS
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.find_people import people_rows, search_people, statement_counts
from lms_tracker.store.identity_history import events, identities_of
from lms_tracker.store.identity_rules import all_rules

REASON = click.option("--reason", required=True, help="Why; it is kept in the history and in the ledger.")


@click.group()
def group() -> None:
    """Join actors who are one person, split who are not."""


@group.command("list")
@click.argument("text", default="")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.pass_obj
def list_(settings: Settings, text: str, limit: int) -> None:
    """Show learners whose name, login or identifier holds TEXT, with all their identities."""
    with reading(open_database(settings)) as tx:
        ids, total = search_people(tx, text, limit)
        people, identities = people_rows(tx, ids), identities_of(tx, ids)
        counts = statement_counts(tx, identities)
    for id in ids:
        person = people[id]
        click.echo(
            "\t".join(filter(None, (f"learner {id}", person.name, person.login and f"logs in as {person.login}")))
        )
        for row in identities:
            if row.learner_id == id:
                click.echo(f"\t{row.ifi}\t{row.how}\t{counts[row.ifi]} statements")
    if total > len(ids):
        click.echo(f"{total - len(ids)} more; say more of whom you look for, or raise --limit", err=True)


@group.command()
@click.argument("learner")
@click.argument("into")
@REASON
@click.pass_obj
def join(settings: Settings, learner: str, into: str, reason: str) -> None:
    """LEARNER is the same person as INTO, who keeps everything. Either is a login, a name, an identity or a number."""
    db = open_database(settings)
    try:
        done = join_learners(db, _one(db, learner), _one(db, into), reason=reason, made_by=None, now=datetime.now(UTC))
    except IdentityRefused as e:
        raise _refused(e) from e
    moved = done.moved
    click.echo(
        f"joined, number {done.event_id} of the history: {len(moved.identities)} identities, {moved.statements} statements,"
        f" {len(moved.enrolments)} enrolments, {len(moved.marks)} marks, {len(moved.accounts)} accounts"
    )


@group.command()
@click.argument("learner")
@click.argument("identities", nargs=-1, required=True)
@REASON
@click.option("--new", is_flag=True, help="To a learner of their own, also when they were joined from another.")
@click.pass_obj
def split(settings: Settings, learner: str, identities: tuple[str, ...], reason: str, new: bool) -> None:
    """IDENTITIES of LEARNER are another person's: they go back to whom they were joined from, or to a new learner.

    Identities are written as `identity list` shows them.
    """
    db = open_database(settings)
    try:
        who = _one(db, learner)
        done = split_learner(db, who, identities, reason=reason, made_by=None, now=datetime.now(UTC), new=new)
    except IdentityRefused as e:
        raise _refused(e) from e
    click.echo(
        f"split, number {done.event_id} of the history: learner {done.learner_id} has {len(done.moved.identities)}"
        f" identities and {done.moved.statements} statements"
    )


@group.command()
@click.option("--learner", help="Only of this one.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.pass_obj
def history(settings: Settings, learner: str | None, limit: int) -> None:
    """Show who was joined and split when, by whom and why, the latest first."""
    db = open_database(settings)
    who = None if learner is None else _one(db, learner)
    with reading(db) as tx:
        found = events(tx, who, limit)
    for row, moved in found:
        by = f"rule {row.rule_id}" if row.rule_id else row.by or "operator"
        what = f"{row.kind} {row.from_learner} -> {row.to_learner}"
        click.echo(f"{row.id}\t{row.made_at:%Y-%m-%d %H:%M}\t{what}\t{by}\t{row.reason}\t{', '.join(moved.identities)}")


@group.command()
@click.pass_obj
def rules(settings: Settings) -> None:
    """Show the rules by which actors of two places are one person."""
    with reading(open_database(settings)) as tx:
        rows = all_rules(tx)
    for row in rows:
        state = f"until {row.retired_at:%Y-%m-%d}" if row.retired_at else "in force"
        click.echo(f"{row.id}\t{row.kind}\t{row.one}\t{row.other}\t{state}")


@group.command("rule-add")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.argument("one")
@click.argument("other")
@click.pass_obj
def rule_add(settings: Settings, kind: str, one: str, other: str) -> None:
    """Whoever is new is joined by it from now on; `identity apply` joins who is there.

    same-name: accounts of the same name at the home pages ONE and OTHER are one person.
    mail-name: the account's name at the home page ONE is the local part of the mail address at the domain OTHER.
    """
    try:
        id = make_rule(open_database(settings), kind, one, other, made_by=None, now=datetime.now(UTC))
    except IdentityRefused as e:
        raise _refused(e) from e
    click.echo(f"rule {id} is in force; see `lms-tracker identity apply --dry-run`")


@group.command("rule-drop")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def rule_drop(settings: Settings, number: int) -> None:
    """Rule NUMBER holds no longer. Who was joined by it stays joined."""
    if not drop_rule(open_database(settings), number, now=datetime.now(UTC)):
        raise click.ClickException(f"no rule {number} is in force; see `lms-tracker identity rules`")
    click.echo(f"rule {number} holds no longer")


@group.command()
@click.option("--dry-run", is_flag=True, help="Only say who would be joined.")
@click.pass_obj
def apply(settings: Settings, dry_run: bool) -> None:
    """Join learners who are one person by a rule, or by a mail address and its SHA-1."""
    done = apply_rules(open_database(settings), made_by=None, now=datetime.now(UTC), dry_run=dry_run)
    for same in done.joined:
        said = "would be joined" if dry_run else "joined"
        click.echo(f"{said}: {same.learner_id} -> {same.into}\t{same.ifi}\t{same.other}\t{same.reason()}")
    for same, faults in done.refused:
        click.echo(f"refused: {same.learner_id} -> {same.into}\t{'; '.join(map(str, faults))}", err=True)
    click.echo(f"{len(done.joined)} {'would be ' if dry_run else ''}joined, {len(done.refused)} refused")
    if done.refused:
        click.get_current_context().exit(1)


def _one(db: Engine, text: str) -> int:
    with reading(db) as tx:
        found = learners_named(tx, text)
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise click.ClickException(f"{text!r} may be any of the learners {numbers}: name one by number or identity")
    return found[0]


def _refused(e: IdentityRefused) -> click.ClickException:
    return click.ClickException("\n".join(["nothing was changed:", *map(str, e.faults)]))
