"""`lms-tracker bulletin`: issue and list bulletins."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from lms_tracker.actions.issue_bulletin import BulletinRefused, issue_bulletin
from lms_tracker.commands.options import INSTANT, PROGRAMME, open_database, programme_named
from lms_tracker.commands.study import settle_now
from lms_tracker.core.period import PeriodError
from lms_tracker.core.sealed import opened
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.reports import render_html, render_pdf, render_xlsx
from lms_tracker.settings import Settings
from lms_tracker.store.bulletins import bulletins_of
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import programmes


@click.group()
def group() -> None:
    """Issue and list bulletins."""


@group.command()
@PROGRAMME
@click.option("--period", required=True, help="Half month or month: 2026-03-H1, 2026-03-H2, 2026-03.")
@click.option("--as-of", type=INSTANT, help="Cut-off: evidence stored by then. Another one than before supersedes.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option("--locale", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")
@click.pass_obj
def issue(settings: Settings, programme: str, period: str, as_of: datetime | None, out: Path, locale: str) -> None:
    """Issue a bulletin and write it as HTML, PDF, XLSX and JSON. Issuing again writes the same."""
    db = open_database(settings)
    row = programme_named(db, programme)
    settle_now(db)
    try:
        issued = issue_bulletin(db, row.id, period, as_of=as_of, now=datetime.now(UTC))
    except (PeriodError, BulletinRefused, PolicyErrors) as e:
        raise click.ClickException(str(e)) from e
    content = opened(issued.content)
    files = {
        "html": render_html(content, locale).encode(),
        "pdf": render_pdf(content, locale),
        "xlsx": render_xlsx(content, locale),
        "json": issued.content,
    }
    stem = re.sub(r"[^\w.-]+", "-", f"{row.slug}-{content['period']['key']}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for suffix, data in files.items():
            _write(out / f"{stem}.{suffix}", data)
    except OSError as e:
        raise click.ClickException(f"{out}: cannot be written: {e.strerror}; the bulletin itself is issued") from e
    word = "issued" if issued.new else "already issued"
    click.echo(f"{row.slug} {content['period']['key']} version {issued.version}: {word}, cut-off {content['as_of']}")
    click.echo("\n".join(str(out / f"{stem}.{suffix}") for suffix in files))


@group.command("list")
@click.option("--programme", help="Only this programme (slug).")
@click.pass_obj
def list_(settings: Settings, programme: str | None) -> None:
    """Issued bulletins, the latest period first."""
    db = open_database(settings)
    only = programme_named(db, programme).id if programme else None
    with reading(db) as tx:
        ids = [row.id for row in programmes(tx)] if only is None else [only]
        rows = bulletins_of(tx, ids)
    for row in rows:
        state = f"superseded {row.superseded_at:%Y-%m-%dT%H:%MZ}" if row.superseded_at else "in force"
        as_of = f"{row.as_of:%Y-%m-%dT%H:%M:%SZ}"
        click.echo(f"{row.id}\t{row.slug}\t{row.period}\tversion {row.version}\tcut-off {as_of}\t{state}")
    if not rows:
        click.echo("no bulletins")


def _write(path: Path, data: bytes) -> None:
    """All or nothing: whoever reads the folder never sees half a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
