"""Exams: setting one, its results by sheet or by hand, and what somebody found who looked at a note."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.achievements import latest_day
from lms_tracker.actions.counted import keep_counted
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.exams import MAX_ATTEMPTS, STATUSES, Sitting, may_resit, notes_on, parse_results
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.store import exams as store
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.programmes import enrolments, programme_by_id

COUNTS_AS = ("exam", "course", "certification")
MAX_TITLE, MAX_REASON = 150, 500


class ExamForm(Struct, frozen=True):
    """What is asked for. A resit takes title, kind and marks from the exam that it repeats."""

    title: str
    held_on: date
    counts_as: str = "exam"
    out_of: Decimal = Decimal(100)
    pass_mark: Decimal = Decimal(60)
    resit_of: int | None = None


class Planned(Struct, frozen=True):
    """What one row of a sheet would do: `standing` is the result in force, or None."""

    row: int
    learner_id: int
    name: str
    sitting: Sitting
    standing: Sitting | None

    @property
    def changes(self) -> bool:
        return self.sitting != self.standing


def create_exam(db: Engine, programme_id: int, form: ExamForm, *, by: int | None, now: datetime) -> int:
    """Set it; its number. Raises NotAllowed: `title`, `same` (there is one of that name), `kind`, `marks`, `future` (no
    result can be known, but the day must be within ten years), `resit` (not of this programme, has one, too many)."""
    title = legible_line(form.title)
    with writing(db) as tx:
        values = {"counts_as": form.counts_as, "out_of": form.out_of, "pass_mark": form.pass_mark, "attempt": 1}
        if form.resit_of is not None:
            first = store.exam_by_id(tx, form.resit_of)
            taken = first is None or store.resit_of(tx, first.id) is not None
            if first is None or taken or first.programme_id != programme_id or first.attempt >= MAX_ATTEMPTS:
                raise NotAllowed("resit")
            if form.held_on < first.held_on:
                raise NotAllowed("day")
            title = title or f"{first.title}（补考）"
            values = {name: getattr(first, name) for name in ("counts_as", "out_of", "pass_mark")}
            values |= {"resit_of": first.id, "attempt": first.attempt + 1}
        if not 0 < len(title) <= MAX_TITLE:
            raise NotAllowed("title")
        if values["counts_as"] not in COUNTS_AS:
            raise NotAllowed("kind")
        if not 0 <= values["pass_mark"] <= values["out_of"] <= 1000 or not values["out_of"]:
            raise NotAllowed("marks")
        if store.exam_titled(tx, programme_id, title) is not None:
            raise NotAllowed("same")
        values |= {"programme_id": programme_id, "title": title, "held_on": form.held_on}
        return store.add_exam(tx, values | {"made_by": by, "made_at": now})


def preview_results(db: Engine, exam_id: int, table: Sequence[Sequence[str]], now: datetime) -> list[Planned]:
    """What an import of these cells would do. Nothing is kept. Raises SheetFaults, LookupError."""
    with reading(db) as tx:
        return _plan(tx, _exam(tx, exam_id), table, now)


def import_results(
    db: Engine, exam_id: int, table: Sequence[Sequence[str]], *, by: int | None, now: datetime, reason: str = "import"
) -> tuple[list[Planned], int]:
    """Keep all of it, or nothing and every fault at its cell; (the plan, how many results changed). The same again
    changes nothing. Raises SheetFaults, LookupError."""
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = _exam(tx, exam_id)
        plan = _plan(tx, row, table, now)
        changed = [one for one in plan if one.changes]
        for one in changed:
            _keep(tx, row, one.learner_id, one.sitting, reason, by, now)
        _look_again(tx, row, now)
    return plan, len(changed)


def record_result(
    db: Engine, exam_id: int, learner_id: int, sitting: Sitting, *, reason: str, by: int, now: datetime
) -> None:
    """One result by hand, or a correction: then with a reason. Raises NotAllowed: `stranger`, `own`, `why`, `mark`,
    `status`, `resit` (passed already, or was never in the first attempt), `early` (before the day of the exam)."""
    reason = legible(reason)
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = _exam(tx, exam_id)
        account = account_by_id(tx, by)
        if account is not None and account.learner_id == learner_id:
            raise NotAllowed("own")
        if learner_id not in _people(tx, row.programme_id):
            raise NotAllowed("stranger")
        if row.held_on > latest_day(now):
            raise NotAllowed("early")
        if sitting.status not in STATUSES:
            raise NotAllowed("status")
        needs_mark = sitting.status == "sat"
        if (sitting.mark is None) == needs_mark or (sitting.mark is not None and not 0 <= sitting.mark <= row.out_of):
            raise NotAllowed("mark")
        if not _may_sit(tx, row, learner_id):
            raise NotAllowed("resit")
        standing = store.results_of(tx, exam_id).get(learner_id)
        if standing is not None:
            old = store.sitting_of(standing)
            # what was known of the sitting stays known: only status, mark and words are the form's
            sitting = replace(old, status=sitting.status, mark=sitting.mark, words=sitting.words)
            if old == sitting:
                return
            if not reason:
                raise NotAllowed("why")
        if sitting.status == "void" and not reason:
            raise NotAllowed("why")
        sitting = replace(sitting, words=reason[:MAX_REASON] or sitting.words)
        _keep(tx, row, learner_id, sitting, reason or "by hand", by, now)
        _look_again(tx, row, now)


def close_note(db: Engine, exam_id: int, note_id: int, *, words: str, by: int, now: datetime) -> None:
    """Say what was found. No mark changes by it. Raises NotAllowed: `why`, `decided`."""
    words = legible(words)
    if not 0 < len(words) <= MAX_REASON:
        raise NotAllowed("why")
    with writing(db) as tx:
        if not store.close_note(tx, exam_id, note_id, words, by, now):
            raise NotAllowed("decided")


def source_of(exam_id: int) -> str:
    """Where an achievement says that it comes from. Stored: never change it."""
    return f"exam:{exam_id}"


def _exam(tx: Connection, exam_id: int) -> Row:
    row = store.exam_by_id(tx, exam_id)
    if row is None:
        raise LookupError(f"there is no exam {exam_id}")
    return row


def _people(tx: Connection, programme_id: int) -> dict[int, str]:
    return {one.learner_id: one.name or "" for one in enrolments(tx, programme_id)}


def _may_sit(tx: Connection, row: Row, learner_id: int) -> bool:
    if row.resit_of is None:
        return True
    first = store.results_of(tx, row.resit_of).get(learner_id)
    return may_resit(None if first is None else store.sitting_of(first), row.pass_mark)


def _plan(tx: Connection, row: Row, table: Sequence[Sequence[str]], now: datetime) -> list[Planned]:
    programme = programme_by_id(tx, row.programme_id)
    assert programme is not None
    zone = policy_in_force(tx, row.programme_id, programme.policy, now).study.zone
    said = parse_results(table, row.out_of, zone)
    people, standing = _people(tx, row.programme_id), store.results_of(tx, row.id)
    first = {} if row.resit_of is None else store.results_of(tx, row.resit_of)
    plan: list[Planned] = []
    rows_of: dict[int, int] = {}
    if row.held_on > latest_day(now):
        said.sheet.fault(
            said.sheet.rows[0][0], "learner", f"the exam is only held on {row.held_on}", f"考试 {row.held_on} 才举行"
        )
    for one in said.rows:
        found = [id for id in find_learners(tx, one.learner) if id in people]
        if len(found) != 1:
            message = "nobody enrolled is called" if not found else f"{len(found)} people are called"
            zh = "项目里没有这个人" if not found else "项目里不止一人叫这个名字"
            said.sheet.fault(
                one.row, "learner", f"{message} {one.learner!r}; give the login", f"{zh}：{one.learner}，请写登录名"
            )
            continue
        id = found[0]
        if rows_of.setdefault(id, one.row) != one.row:
            there = rows_of[id]
            said.sheet.fault(
                one.row, "learner", f"{one.learner} stands in row {there} already", f"与第 {there} 行是同一个人"
            )
        if row.resit_of is not None and not may_resit(_sitting(first, id), row.pass_mark):
            said.sheet.fault(
                one.row,
                "learner",
                f"{one.learner} has nothing to resit: passed, or was not in the first attempt",
                f"{one.learner} 不能补考：上次已合格，或没有上次的记录",
            )
        plan.append(Planned(one.row, id, people[id], one.sitting, _sitting(standing, id)))
    if said.sheet.faults:
        raise SheetFaults(said.sheet.faults)
    return plan


def _sitting(rows: Mapping[int, Row], learner_id: int) -> Sitting | None:
    return store.sitting_of(rows[learner_id]) if learner_id in rows else None


def _keep(
    tx: Connection, row: Row, learner_id: int, sitting: Sitting, reason: str, by: int | None, now: datetime
) -> None:
    store.put_result(tx, row.id, learner_id, sitting, by, now)
    wanted = []
    if sitting.status == "sat":
        first = row
        while first.resit_of is not None:
            first = _exam(tx, first.resit_of)
        wanted = [
            Achieved(
                learner_id=learner_id,
                kind=row.counts_as,
                item=first.title,
                happened_on=row.held_on,
                value=sitting.mark,
                out_of=row.out_of,
                attempt=row.attempt,
                source=source_of(row.id),
            )
        ]
    keep_counted(tx, row.programme_id, source_of(row.id), wanted, reason=reason, by=by, now=now, only=learner_id)


def _look_again(tx: Connection, row: Row, now: datetime) -> None:
    sittings = {id: store.sitting_of(one) for id, one in store.results_of(tx, row.id).items()}
    store.keep_notes(tx, row.id, notes_on(sittings, store.devices_before(tx, row.programme_id, row.id)), now)
