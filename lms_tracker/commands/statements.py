"""`lms-tracker statements`: import and export xAPI statements, one to a line."""

import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

import click
from tqdm import tqdm

from lms_tracker.actions.import_statements import Line, Outcome, Rejected, import_statements
from lms_tracker.commands.options import open_database
from lms_tracker.commands.statement_files import WRITERS
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.settings import Settings
from lms_tracker.store.credentials import credentials
from lms_tracker.store.db import reading
from lms_tracker.store.statements import all_statements

BATCH = 1000  # lines in a transaction
SHOWN = 20  # bad lines named on the terminal; all are in the file
LONGEST_LINE = 32 * 1024 * 1024
SHOWN_OF_TOO_LONG = 1000  # bytes
HAD_BAD_LINES = 3


@click.group()
def group() -> None:
    """Import and export xAPI statements as JSON lines."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep-stored", is_flag=True, help="Trusted back-fill: each line's own `stored` is its time of receipt.")
@click.option("--evidence", type=click.Choice(["declared", "proved"]), default="declared", show_default=True)
@click.pass_obj
def import_(settings: Settings, file: Path, keep_stored: bool, evidence: str) -> None:
    """Import FILE, JSON lines, plain or .gz. Importing it again changes nothing.

    Bad lines are named, written with their reasons to FILE.rejected.jsonl (beside FILE.jsonl or FILE.jsonl.gz), and do
    not stop the rest; the exit code is then 3.
    """
    rejected_path = _rejected_path(file)
    db = open_database(settings)
    total = Outcome(0, 0, [])
    lines = 0
    with ExitStack() as stack:
        source = stack.enter_context(open(file, "rb"))
        bar = stack.enter_context(_progress(file))
        rejects = stack.enter_context(_Rejects(rejected_path, bar))
        for batch, too_long in _batches(file, source):
            if lines == 0:
                _require_json_lines(file, batch)
            lines += len(batch) + len(too_long)
            done = import_statements(
                db,
                batch,
                keep_stored=keep_stored,
                evidence=evidence,
                now=datetime.now(UTC),
                home_page=settings.public_url,
            )
            total.stored += done.stored
            total.already += done.already
            rejects.add(done.rejected + too_long)
            bar.update(source.tell() - bar.n)
    click.echo(f"read {lines}, stored {total.stored}, already there {total.already}, rejected {rejects.count}")
    if rejects.count:
        click.echo(f"rejected lines are in {rejected_path}", err=True)
        sys.exit(HAD_BAD_LINES)


@group.command()
@click.option("--since", metavar="INSTANT", help="Stored then or later, such as 2026-03-01T00:00:00+08:00.")
@click.option("--until", metavar="INSTANT", help="Stored then or before.")
@click.option("--source", metavar="NAME", help="Sent with the key of this name; without, whoever sent it.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, .gz if so named; else stdout.")
@click.pass_obj
def export(
    settings: Settings, since: str | None, until: str | None, source: str | None, form: str, out: Path | None
) -> None:
    """Write all statements in the order of storing, voided ones and those that void them included.

    JSON lines can be imported elsewhere with --keep-stored; Parquet has columns beside the whole statement.
    """
    bounds = [_instant(name, text) for name, text in (("--since", since), ("--until", until))]
    db = open_database(settings)
    with ExitStack() as stack:
        tx = stack.enter_context(reading(db))
        if source is not None and source not in {row.name for row in credentials(tx)}:
            raise click.ClickException(f"no credential is named {source!r}; see `lms-tracker credential list`")
        count = WRITERS[form](all_statements(tx, *bounds, source=source), _open_target(stack, out))
    click.echo(f"exported {count}", err=True)


def _instant(name: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_timestamp(text)
    except ValueError as e:
        raise click.BadParameter(str(e), param_hint=name) from e


def _open_target(stack: ExitStack, out: Path | None) -> BinaryIO:
    if out is None:
        return sys.stdout.buffer
    try:
        raw = stack.enter_context(out.open("wb"))
    except OSError as e:
        raise click.ClickException(f"{out}: cannot be written: {e.strerror}") from e
    if out.suffix != ".gz":
        return raw
    return stack.enter_context(gzip.GzipFile(filename="", fileobj=raw, mode="wb"))  # type: ignore[return-value]


def _progress(file: Path) -> "tqdm[None]":
    """By bytes read of the file, which are known beforehand; on stderr, and only where somebody watches."""
    return tqdm(
        total=file.stat().st_size,
        unit="B",
        unit_scale=True,
        desc=file.name,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        mininterval=0.2,
    )


def _rejected_path(file: Path) -> Path:
    name = file.name.removesuffix(".gz").removesuffix(".jsonl")
    return file.with_name(name + ".rejected.jsonl")


def _require_json_lines(file: Path, batch: list[Line]) -> None:
    """So that a table or a picture does not become a thousand bad lines. One glance mostly: all of it when in doubt."""
    if not batch or any(line.raw.startswith(b"{") for line in batch):
        return
    with open(file, "rb") as again:
        if any(line.raw.startswith(b"{") for more, _ in _batches(file, again) for line in more):
            return
    start = batch[0].raw[:40].decode("utf-8", "replace")
    raise click.ClickException(
        f"{file}: not JSON lines: no line begins with {{ (line {batch[0].number}: {start!r}); nothing was imported"
    )


def _batches(file: Path, source: BinaryIO) -> Iterator[tuple[list[Line], list[Rejected]]]:
    """Non-empty lines, BATCH at a time, and those too long to be read, after them.

    Raises ClickException when the file cannot be unpacked to its end.
    """
    batch: list[Line] = []
    size = 0
    packed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    reader: BinaryIO = gzip.GzipFile(fileobj=source) if packed else source  # type: ignore[assignment]
    number = 0
    while True:
        number += 1
        try:
            raw = reader.readline(LONGEST_LINE + 1)
            too_long = [_too_long(reader, number, raw)] if len(raw) > LONGEST_LINE else []
        except (EOFError, OSError, zlib.error) as e:
            if batch:
                yield batch, []
            raise click.ClickException(
                f"{file}: damaged after line {number - 1}: {e}; the lines before are imported"
            ) from e
        stripped = b"" if too_long else raw.strip()
        if number == 1:
            stripped = stripped.removeprefix(b"\xef\xbb\xbf")
        if stripped:
            batch.append(Line(number, stripped))
            size += len(stripped)
        if too_long or (batch and (len(batch) == BATCH or size > LONGEST_LINE or not raw)):
            yield batch, too_long
            batch, size = [], 0
        if not raw:
            return


def _too_long(reader: BinaryIO, number: int, start: bytes) -> Rejected:
    """The verdict on a line of which only the start was read; reads on to its end."""
    part = start
    while part and not part.endswith(b"\n"):
        part = reader.readline(LONGEST_LINE)
    line = Line(number, start[:SHOWN_OF_TOO_LONG])
    return Rejected(line, "$", "line-length", f"the line is longer than {LONGEST_LINE} bytes; `raw` is its start")


class _Rejects:
    """FILE.rejected.jsonl: `{"line", "path", "rule", "reason", "raw"}` of each bad line, `raw` being its text.

    A file of an earlier import goes away when this one comes to its end without a bad line.
    """

    def __init__(self, path: Path, bar: "tqdm[None]") -> None:
        self.path, self.bar, self.count = path, bar, 0
        self.file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, rejected: list[Rejected]) -> None:
        """Name them and write them."""
        for bad in rejected:
            self.count += 1
            if self.count <= SHOWN:
                self.bar.write(f"line {bad.line.number}: {bad.path}: {bad.message}", file=sys.stderr)
            elif self.count == SHOWN + 1:
                self.bar.write("further bad lines are only written to the file", file=sys.stderr)
            if self.file is None:
                self.file = self._open()
            self.file.write(_rejected_line(bad))

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("wb")
        except OSError as e:
            raise click.ClickException(f"{self.path}: bad lines cannot be written there: {e.strerror}") from e

    def __exit__(self, failed: object, *_: object) -> None:
        if self.file is not None:
            self.file.close()
        elif failed is None and self.path.exists():
            os.remove(self.path)


def _rejected_line(bad: Rejected) -> bytes:
    text = bad.line.raw.decode("utf-8", "backslashreplace")
    reason = {"line": bad.line.number, "path": bad.path, "rule": bad.rule, "reason": bad.message, "raw": text}
    return json.dumps(reason, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
