"""`lms-tracker person`: a copy of what is held of one person, and its erasure."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from lms_tracker.actions.erase_person import ErasureRefused, Preview, clean_up, erase_person, preview_erasure
from lms_tracker.actions.export_person import export_person
from lms_tracker.commands.options import open_database
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.erasure import erasure_by_id
from lms_tracker.store.find_learners import find_learners

WORDS = {
    "statements": "statements by or about the person: deleted",
    "redacted": "statements of others that name the person: a pseudonym instead",
    "attachments": "attachments that nobody else uses: deleted",
    "documents": "documents (states, agent profiles): deleted",
    "quarantine": "refused requests that were kept: deleted",
    "identities": "identifiers: deleted",
    "accounts": "accounts with their roles: deleted",
    "remarks": "remarks on marks: deleted",
    "marks": "marks: kept under a pseudonym",
    "certificates": "certificates: deleted, nobody can verify them any more",
    "objections": "objections to published results: deleted",
    "results_redacted": "frozen results: kept without name and school",
    "achievements": "achievements: kept under a pseudonym, without names and notes",
    "decisions": "decisions about the person's study time: deleted",
    "appeals": "appeals of the person, with their files: deleted",
    "player_sessions": "sessions of our own player, with what they told: deleted",
    "beats": "beats of the player: deleted",
    "submissions": "versions of work on assignments, with files and what was found of them: deleted",
    "peer_reviews": "reviews of others' work: kept, by nobody",
    "declarations": "declarations (leave, research output, notes, books), with their files: deleted",
    "exams": "exam results: kept under a pseudonym, without address, device and remarks",
    "presences": "attendance: kept under a pseudonym, without words",
}
WHO = click.argument("who", required=False)
LEARNER = click.option("--learner", type=int, help="The learner's number, where WHO would mean several.")


@click.group()
def group() -> None:
    """Export and erase what is held of one person."""


@group.command()
@WHO
@LEARNER
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ZIP to write.")
@click.pass_obj
def export(settings: Settings, who: str | None, learner: int | None, out: Path) -> None:
    """Write a copy of all that is held of WHO: login, name, actor as JSON, mbox or account name."""
    db = open_database(settings)
    learner_id = _one(db, who, learner)
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            counts = export_person(db, learner_id, file, datetime.now(UTC))
        part.replace(out)
    except ErasureRefused as e:
        raise click.ClickException(str(e)) from e
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{out}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


@group.command()
@WHO
@LEARNER
@click.option("--reason", required=True, help="Why, for the certificate; name nobody in it.")
@click.option("--by", default="operator", show_default=True, help="Who orders it, for the certificate.")
@click.option("--block", is_flag=True, help="Refuse evidence under the same identifiers from now on.")
@click.option("--confirm", metavar="NAME", help="The person's name (without one, the number), instead of typing it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file for the certificate.")
@click.pass_obj
def erase(
    settings: Settings,
    who: str | None,
    learner: int | None,
    reason: str,
    by: str,
    block: bool,
    confirm: str | None,
    out: Path | None,
) -> None:
    """Erase what is held of WHO, after a look at how much it is. There is no way back."""
    db, now = open_database(settings), datetime.now(UTC)
    try:
        preview = preview_erasure(db, _one(db, who, learner), now)
        _show(preview)
        expected = preview.person.name or str(preview.person.learner_id)
        typed = confirm if confirm is not None else click.prompt(f"Type {expected} to erase for good", default="")
        if typed != expected:
            raise click.ClickException("that is not the name; nothing was changed")
        number = erase_person(
            db,
            preview.person.learner_id,
            ordered_by=by,
            reason=reason,
            now=now,
            block=block,
            seen=preview.digest,
        )
    except ErasureRefused as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"erased; certificate {number}")
    if not clean_up(db, now):
        click.echo("the database is busy: its files are cleaned by the worker, or by `person clean`", err=True)
    if out is not None:
        out.write_text(_certificate(db, number), encoding="utf-8")


@group.command()
@click.argument("number", type=int)
@click.pass_obj
def certificate(settings: Settings, number: int) -> None:
    """Print the certificate of an erasure as it was sealed."""
    click.echo(_certificate(open_database(settings), number))


@group.command()
@click.pass_obj
def clean(settings: Settings) -> None:
    """Rid the database's files of what was erased, where that is still to be done."""
    if not clean_up(open_database(settings), datetime.now(UTC)):
        raise click.ClickException("others keep the database busy; try again")
    click.echo("nothing that was erased is left in the database's files")


def _one(db: Engine, who: str | None, learner: int | None) -> int:
    if learner is not None:
        return learner
    if not who:
        raise click.UsageError("say WHO, or --learner NUMBER")
    with reading(db) as tx:
        found = find_learners(tx, who)
    if len(found) != 1:
        what = "nobody is called that" if not found else f"that means learners {', '.join(map(str, found))}"
        raise click.ClickException(f"{what}; say --learner NUMBER")
    return found[0]


def _show(preview: Preview) -> None:
    person = preview.person
    click.echo(f"learner {person.learner_id}: {', '.join(sorted(person.names)) or 'without a name'}")
    for ifi in sorted(person.ifis):
        click.echo(f"  {ifi}")
    for what, count in preview.counts.items():
        click.echo(f"{count:>8}  {WORDS[what]}")
    click.echo(f"{preview.ledger['entries']:>8}  ledger entries: kept under a pseudonym, frozen")
    for name in preview.bulletins:
        click.echo(
            f"bulletin {name} names the person: the name goes, figures and seal stay; copies given out are not reached"
        )
    for target, count in preview.targets.items():
        click.echo(f"{target} may hold copies of {count} of these statements: ask there, too")


def _certificate(db: Engine, number: int) -> str:
    with reading(db) as tx:
        row = erasure_by_id(tx, number)
    if row is None:
        raise click.ClickException(f"there is no erasure {number}")
    return json.dumps(json.loads(row.certificate), ensure_ascii=False, indent=2, sort_keys=True)
