"""Bringing in questions on what media show: all of them, or none and every fault at its cell.

Of each activity that a file speaks of, its questions are the bank from then on; those of before are asked no more, and
kept for what was asked. The same file again changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.core.player.question_sheet import QuestionRow, QuestionSheet, parse_questions
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store import checks as store
from lms_tracker.store.db import writing
from lms_tracker.store.evidence import catalogued
from lms_tracker.store.programmes import activities


class QuestionsResult(Struct):
    """How many questions came in, how many are asked no more, how many activities stay as they are. `ignored`: columns
    that were not used."""

    added: int = 0
    retired: int = 0
    unchanged: int = 0
    ignored: list[str] = []


def import_questions(
    db: Engine,
    table: Sequence[Sequence[str]],
    *,
    programme_id: int | None = None,
    made_by: int | None = None,
    now: datetime,
) -> QuestionsResult:
    """Import the questions of a table in one transaction. `programme_id`: only on activities of its courses.

    Raises SheetFaults.
    """
    found = parse_questions(table)
    with writing(db) as tx:
        _check(tx, found, programme_id)
        if found.sheet.faults:
            raise SheetFaults(found.sheet.faults)
        result = QuestionsResult(ignored=found.sheet.ignored)
        by_activity: dict[str, list[QuestionRow]] = {}
        for row in found.rows:
            by_activity.setdefault(row.activity, []).append(row)
        for activity, rows in sorted(by_activity.items()):
            _replace(tx, activity, [_values(row, made_by, now) for row in rows], result, now)
    return result


def _check(tx: Connection, found: QuestionSheet, programme_id: int | None) -> None:
    known = catalogued(tx, {row.activity for row in found.rows})
    ours = None if programme_id is None else {row.iri for row in activities(tx, programme_id)}
    for row in found.rows:
        item = known.get(row.activity)
        if ours is not None and row.activity not in ours:
            found.sheet.fault(row.row, "activity", "is no unit of this programme's courses", "不是本项目课程的单元")
        elif item is not None and not item.media:
            found.sheet.fault(
                row.row, "activity", "is no video or audio: nothing is shown at a time", "不是视频或音频，没有时间可指"
            )
        elif item is not None and item.length is not None and row.until_ms * 1000 > item.length:
            length = item.length // 1_000_000
            found.sheet.fault(row.row, "until", f"lies beyond the end ({length} s)", f"超出了时长（{length} 秒）")


def _replace(tx: Connection, activity: str, rows: list[dict[str, Any]], result: QuestionsResult, now: datetime) -> None:
    standing = sorted((row.from_ms, row.until_ms, row.asked) for row in store.questions_of(tx, activity))
    if standing == sorted((row["from_ms"], row["until_ms"], row["asked"]) for row in rows):
        result.unchanged += 1
        return
    result.retired += store.replace_questions(tx, [activity], rows, now)
    result.added += len(rows)


def _values(row: QuestionRow, made_by: int | None, now: datetime) -> dict[str, Any]:
    asked = msgspec.json.encode({"text": row.text, "right": row.right, "wrong": row.wrong}).decode()
    where = {"activity": row.activity, "from_ms": row.from_ms, "until_ms": row.until_ms}
    return where | {"asked": asked, "made_by": made_by, "made_at": now}
