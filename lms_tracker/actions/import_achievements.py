"""Bringing achievements in from a table: all of them, or none and every fault at its cell."""

from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.achievements import (
    content_of,
    latest_day,
    post_achievement,
    replace_achievement,
)
from lms_tracker.actions.read_table import read_table
from lms_tracker.core.achievements_sheet import AchievementsSheet, parse_achievements
from lms_tracker.core.grading.kinds import KINDS, LEVEL_WORDS, Achieved
from lms_tracker.core.grading.words import Words
from lms_tracker.core.planned import Line, Plan, What, require_seen
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.achievements import same_in_force
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.programmes import enrolments, programme_by_slug


class Planned(Struct, frozen=True):
    """What one row of a sheet would do: `standing` is what is recorded for the same thing now, or None."""

    row: int
    learner: str
    new: Achieved
    standing: Achieved | None
    standing_id: int | None

    @property
    def does(self) -> str:
        """new | unchanged | replaces."""
        if self.standing is None:
            return "new"
        return "unchanged" if _same(self.standing, self.new) else "replaces"


class AchievementsResult(Struct):
    """How many came in, took the place of another, and stood there as they are. `ignored`: columns not used."""

    recorded: int = 0
    replaced: int = 0
    unchanged: int = 0
    ignored: list[str] = []


def preview_achievements(
    db: Engine, table: list[list[str]], programme_slug: str, *, source: str, now: datetime, but: int | None = None
) -> tuple[list[Planned], list[str]]:
    """What an import of these cells would do, row by row, and the columns that it would not use. Nothing is written.

    `but`: the learner of whom the table may say nothing, as whoever brings it in is that learner.
    Raises SheetFaults, and LookupError when there is no such programme.
    """
    with reading(db) as tx:
        return _plan(tx, table, programme_slug, source, now, but)[1:]


def plan_achievements(
    db: Engine, table: list[list[str]], programme_slug: str, *, source: str, now: datetime, but: int | None = None
) -> Plan:
    """The same as a page shows it. Raises as `preview_achievements`."""
    planned, ignored = preview_achievements(db, table, programme_slug, source=source, now=now, but=but)
    return _as_plan(planned, ignored)


def import_achievements(
    db: Engine,
    table: list[list[str]],
    programme_slug: str,
    *,
    source: str,
    recorded_by: int | None,
    now: datetime,
    seen: str | None = None,
    but: int | None = None,
) -> AchievementsResult:
    """Record the achievements of a table in one transaction; the same table again changes nothing.

    What is recorded otherwise for the same learner, kind, item and attempt is replaced, with `source` as the reason.
    `seen`: the digest of a plan, which must still be what is done. Raises SheetFaults, PlanChanged, and LookupError when
    there is no such programme.
    """
    with writing(db) as tx:
        programme, planned, ignored = _plan(tx, table, programme_slug, source, now, but)
        require_seen(_as_plan(planned, ignored), seen)
        result = AchievementsResult(ignored=ignored)
        for one in planned:
            if one.does == "unchanged":
                result.unchanged += 1
            elif one.standing_id is None:
                post_achievement(tx, programme.id, one.new, recorded_by=recorded_by, now=now)
                result.recorded += 1
            else:
                why = f"{source}, row {one.row}"
                replace_achievement(tx, one.standing_id, one.new, reason=why, replaced_by=recorded_by, now=now)
                result.replaced += 1
    return result


DOES: dict[str, What] = {"new": "added", "replaces": "changed", "unchanged": "same"}


def _as_plan(planned: list[Planned], ignored: list[str]) -> Plan:
    lines = [Line(one.row, DOES[one.does], (one.learner, *_said(one.new)), _change(one)) for one in planned]
    return Plan(lines, ignored)


def _said(one: Achieved) -> tuple[Words, str, str, Words]:
    value = "" if one.value is None else f"{one.value}/{one.out_of}" if one.out_of is not None else str(one.value)
    level = LEVEL_WORDS.get(one.level or "", Words(one.level or "", one.level or ""))
    parts = [Words(value, value), level]
    parts += [Words(f"第 {one.attempt} 次", f"attempt {one.attempt}")] * (one.attempt > 1)
    parts += [Words(f"迟 {one.days_late} 天", f"{one.days_late} days late")] * (one.days_late > 0)
    more = Words(
        *(" ".join(text for text in texts if text) for texts in zip(*((p.zh, p.en) for p in parts), strict=True))
    )
    return KINDS[one.kind].words, one.item, one.happened_on.isoformat(), more


def _change(one: Planned) -> str | Words:
    if one.does != "replaces" or one.standing is None:
        return ""
    before, after = ((day, more) for _kind, _item, day, more in (_said(one.standing), _said(one.new)))
    if before == after:
        return Words("备注或证明", "note or proof")
    return Words(
        f"{before[0]} {before[1].zh} → {after[0]} {after[1].zh}",
        f"{before[0]} {before[1].en} → {after[0]} {after[1].en}",
    )


def import_achievements_file(
    db: Engine, file: Path, programme_slug: str, *, recorded_by: int | None = None, now: datetime
) -> AchievementsResult:
    """The same from a CSV or XLSX file. Raises UnreadableTable, too."""
    source = f"sheet:{file.name}"[:200]
    return import_achievements(db, read_table(file), programme_slug, source=source, recorded_by=recorded_by, now=now)


def _plan(
    tx: Connection, table: list[list[str]], programme_slug: str, source: str, now: datetime, but: int | None
) -> tuple[Row[Any], list[Planned], list[str]]:
    programme = programme_by_slug(tx, programme_slug)
    if programme is None:
        raise LookupError(f"no programme has the slug {programme_slug!r}")
    read = parse_achievements(table, source, latest_day(now))
    planned = _found(tx, read, programme.id, but)
    if read.sheet.faults:
        raise SheetFaults(read.sheet.faults)
    return programme, planned, read.sheet.ignored


def _found(tx: Connection, read: AchievementsSheet, programme_id: int, but: int | None) -> list[Planned]:
    enrolled = {row.learner_id for row in enrolments(tx, programme_id)}
    known: dict[str, list[int]] = {}
    taken: dict[tuple[int, str, str, int], int] = {}
    planned = []
    for row in read.rows:
        if row.learner not in known:
            known[row.learner] = [found for found in find_learners(tx, row.learner) if found in enrolled]
        people = known[row.learner]
        if len(people) != 1:
            message = "nobody enrolled is called" if not people else f"{len(people)} people are called"
            said = f"{message} {row.learner!r}; give the login or the xAPI identifier"
            zh = "项目里没有这个人" if not people else "项目里不止一人叫这个名字"
            read.sheet.fault(row.row, "learner", said, f"{zh}：{row.learner}，请写登录名")
            continue
        if people[0] == but:
            read.sheet.fault(row.row, "learner", "is you: let somebody else record it", "是您本人，请由别人登记")
            continue
        new = replace(row.new, learner_id=people[0])
        first = taken.setdefault((people[0], new.kind, new.item, new.attempt), row.row)
        if first != row.row:
            said = f"is in row {first} already, for the same learner by another name"
            read.sheet.fault(row.row, "item", said, f"与第 {first} 行重复（同一个人，写法不同）")
            continue
        standing = same_in_force(tx, programme_id, new)
        said = content_of(standing) if standing is not None else None
        planned.append(Planned(row.row, row.learner, new, said, standing.id if standing is not None else None))
    return planned


def _same(standing: Achieved, new: Achieved) -> bool:
    """Where it came from makes no difference."""
    return replace(standing, source="") == replace(new, source="")
