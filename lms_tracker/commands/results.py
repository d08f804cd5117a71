"""`lms-tracker results`: freeze, list and export the results of a programme."""

from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.freeze_results import freeze_results
from lms_tracker.commands.options import INSTANT, PROGRAMME, open_database, programme_named
from lms_tracker.commands.study import settle_now
from lms_tracker.core.results.notices import ResultsRefused
from lms_tracker.core.sealed import opened
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.reports.results import results_xlsx
from lms_tracker.settings import Settings
from lms_tracker.store import results as store
from lms_tracker.store.db import reading


@click.group()
def group() -> None:
    """Freeze, list and export results."""


@group.command()
@PROGRAMME
@click.option("--as-of", type=INSTANT, help="Results as they stood at this instant; without it, now.")
@click.option("--reason", required=True, help="Why: it stands on the page of the results.")
@click.pass_obj
def freeze(settings: Settings, programme: str, as_of: datetime | None, reason: str) -> None:
    """Freeze the results: a sealed list of everybody; a version before is superseded and kept."""
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    try:
        frozen = freeze_results(db, row.id, as_of=as_of, reason=reason, by=None, now=datetime.now(UTC))
    except (ResultsRefused, PolicyErrors, ValueError) as e:
        raise click.ClickException(str(e)) from e
    content = opened(frozen.content)
    counts = content["counts"]
    click.echo(
        f"{row.slug} results version {frozen.version}: {counts['learners']} learners, {counts['passed']} passed,"
        f" {counts['failed']} failed, {counts['in_progress']} not finished; sha256 {content['sha256']}"
    )


@group.command("list")
@PROGRAMME
@click.pass_obj
def list_(settings: Settings, programme: str) -> None:
    """Frozen results, the latest version first."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        rows = store.versions(tx, row.id)
    for one in rows:
        state = "superseded" if one.superseded_at else "in force"
        click.echo(f"version {one.version}\tas of {one.as_of:%Y-%m-%dT%H:%M:%SZ}\t{state}\t{one.reason}")
    if not rows:
        click.echo("nothing was frozen")


@group.command()
@PROGRAMME
@click.option("--version", type=int, help="Which version; without it the one in force.")
@click.option("--format", "form", type=click.Choice(["json", "xlsx"]), default="json", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.pass_obj
def export(settings: Settings, programme: str, version: int | None, form: str, out: Path) -> None:
    """Write frozen results: as JSON the bytes that were frozen, as XLSX the lists."""
    db = open_database(settings)
    row = programme_named(db, programme)
    with reading(db) as tx:
        rows = store.versions(tx, row.id)
        wanted = [one for one in rows if (one.superseded_at is None if version is None else one.version == version)]
        found = store.result_by_id(tx, wanted[0].id) if wanted else None
    if found is None:
        known = ", ".join(str(one.version) for one in rows) or "none"
        raise click.ClickException(f"--version: there are no such results (versions: {known})")
    out.write_bytes(found.content.encode() if form == "json" else results_xlsx(opened(found.content)))
    click.echo(f"{out}: version {found.version}")
