"""`lms-tracker ledger`: export the study ledger."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import click
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from lms_tracker.commands.options import DAY, learners_named, open_database
from lms_tracker.commands.study import settle_and_look
from lms_tracker.core.study.entries import in_ledger
from lms_tracker.core.study.export import COLUMNS, export_entry
from lms_tracker.core.xapi.actors import actor_of
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.find_learners import identifiers_of
from lms_tracker.store.ledger import entries_in_force, learners_with_entries

Row = dict[str, Any]
TOGETHER = 20
"""Learners whose entries are in memory at a time."""


@click.group()
def group() -> None:
    """Export the study ledger."""


@group.command()
@click.option("--learner", help="Only this learner: login, name, actor as JSON, mbox, account name or number.")
@click.option("--since", type=DAY, help="First local date.")
@click.option("--until", type=DAY, help="Last local date.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; without it standard output.")
@click.pass_obj
def export(
    settings: Settings, learner: str | None, since: date | None, until: date | None, form: str, out: Path | None
) -> None:
    """Entries in force, by learner (identifier), date, activity and session. Pending evidence is settled before, and looked at for automation."""
    if since and until and since > until:
        raise click.ClickException(f"--since {since} is after --until {until}")
    db = open_database(settings)
    settle_and_look(db)
    with reading(db) as tx:
        ids = learners_named(tx, learner) if learner is not None else list(learners_with_entries(tx))
    rows = _rows(db, ids, since, until)
    if out is None:
        WRITERS[form](rows, sys.stdout.buffer)
    else:
        with out.open("wb") as file:
            WRITERS[form](rows, file)


def _rows(db: Engine, ids: list[int], since: date | None, until: date | None) -> Iterator[Row]:
    """By identifier, and in the order of a ledger within it: sorted here, since databases order texts each in their own way."""
    with reading(db) as tx:
        called = identifiers_of(tx, ids)
        ordered = sorted(ids, key=lambda id: (called[id], id))
        for start in range(0, len(ordered), TOGETHER):
            entries = entries_in_force(tx, ordered[start : start + TOGETHER], since, until)
            for entry in sorted(entries, key=lambda e: (called[e.learner_id], e.learner_id, in_ledger(e))):
                yield export_entry(entry, actor_of(called[entry.learner_id]))


def _jsonl(rows: Iterator[Row], file: IO[bytes]) -> None:
    for row in rows:
        file.write(msgspec.json.encode(row) + b"\n")
    file.flush()


def _csv(rows: Iterator[Row], file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)  # Excel needs the mark
    writer = csv.DictWriter(text, COLUMNS, restval=0)
    writer.writeheader()
    for row in rows:
        discounted = {f"discounted_{reason}": amount for reason, amount in row.pop("discounted").items()}
        for key in ("learner", "intervals"):
            row[key] = json.dumps(row[key], ensure_ascii=False)
        writer.writerow(row | discounted)
    text.detach()


SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("learner", "activity", "session", "registration")]
    + [("date", pa.date32())]
    + [(name, pa.float64()) for name in ("raw_seconds", "credited_seconds", "held_seconds")]
    + [("discounted", pa.map_(pa.string(), pa.float64()))]
    + [(name, pa.string()) for name in ("evidence", "policy", "engine")]
    + [
        (
            "intervals",
            pa.list_(
                pa.struct(
                    [
                        ("from", pa.string()),
                        ("to", pa.string()),
                        ("media", pa.list_(pa.float64())),
                        ("verdict", pa.string()),
                        ("seconds", pa.float64()),
                        ("statements", pa.list_(pa.string())),
                    ]
                )
            ),
        )
    ]
)
BATCH = 5000


def _parquet(rows: Iterator[Row], file: IO[bytes]) -> None:
    with pq.ParquetWriter(pa.PythonFile(file, "w"), SCHEMA, compression="zstd") as writer:
        batch: list[Row] = []
        for row in rows:
            row["learner"] = json.dumps(row["learner"], ensure_ascii=False)
            row["date"] = date.fromisoformat(row["date"])
            row["discounted"] = list(row["discounted"].items())
            batch.append(row)
            if len(batch) == BATCH:
                writer.write_table(pa.Table.from_pylist(batch, SCHEMA))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, SCHEMA))


WRITERS = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
