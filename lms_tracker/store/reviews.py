"""Held time that waits for a person, and appeals: finding them, filing them, closing them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    distinct,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import (
    account,
    activity,
    appeal,
    appeal_file,
    appeal_statement,
    cohort,
    course,
    decision,
    enrolment,
    learner,
    ledger,
    programme,
    reminder,
)

_answer = decision.alias("answer")
_AMOUNTS = ("activity", "session", "registration")


def open_holds(
    db: Connection, programme_ids: Collection[int] | None, cohort_ids: Collection[int], learner_id: int | None = None
) -> list[Row[Any]]:
    """Holds about which nobody has decided, the oldest first: columns of `decision`, `owner` (the learner), `name`,
    cohort_id, cohort, programme_id, policy, title (None: not catalogued).

    Of these programmes and classes; of all with `programme_ids` None. What is studied in another programme is that
    programme's; what nobody has catalogued is every programme's.
    """
    here = true() if programme_ids is None else _within(programme_ids, cohort_ids, enrolment.c)
    query = _holds().where(here).order_by(decision.c.decided_at, decision.c.id)
    if learner_id is not None:
        query = query.where(owner == learner_id)
    return list(db.execute(query))


def holds_of_nobody(db: Connection) -> list[Row[Any]]:
    """Open holds of learners whom no programme can look after: columns of `decision`, and `owner`."""
    looked_after = _holds().with_only_columns(decision.c.id)
    query = select(decision, owner.label("owner")).join(learner, learner.c.id == decision.c.learner_id)
    return list(db.execute(query.where(_is_open(), learner.c.erased_at.is_(None), decision.c.id.not_in(looked_after))))


def holds_by_id(db: Connection, ids: Collection[int]) -> dict[int, tuple[Row[Any], Row[Any] | None]]:
    """Hold and what was decided last about it (a release, a rejection, or None), by the hold's number."""
    found: dict[int, tuple[Row[Any], Row[Any] | None]] = {
        row.id: (row, None)
        for row in rows_among(db, select(decision).where(decision.c.kind == "hold"), decision.c.id, ids)
    }
    last = {id: id for id in found}  # the latest decision so far -> its hold
    while last:
        answers = list(rows_among(db, select(decision), decision.c.replaces, last))
        for row in answers:
            found[last[row.replaces]] = (found[last[row.replaces]][0], row)
        last = {row.id: last[row.replaces] for row in answers}
    return found


def answer_to(db: Connection, decision_id: int) -> Row[*tuple[Any, ...]] | None:
    """The decision that replaces another: the first review of a hold, the outcome of an appeal against that."""
    return db.execute(select(decision).where(decision.c.replaces == decision_id)).one_or_none()


def count_held(db: Connection, programme_ids: Collection[int], cohort_ids: Collection[int], but: int | None) -> int:
    """Learners with held time that nobody has decided about, of these programmes and classes; without the learner `but`."""
    query = _holds().where(_within(programme_ids, cohort_ids, enrolment.c), _is_not(but))
    return db.scalar(query.with_only_columns(func.count(distinct(owner)))) or 0


def count_appeals(db: Connection, programme_ids: Collection[int], cohort_ids: Collection[int], but: int | None) -> int:
    """Open appeals of these programmes and classes, without those of the learner `but`."""
    query = _appeals().where(_within(programme_ids, cohort_ids, appeal.c), appeal.c.outcome.is_(None), _is_not(but))
    return db.scalar(query.with_only_columns(func.count())) or 0


def under_review(db: Connection) -> set[int]:
    """Learners with held time that nobody has decided about, or an open appeal."""
    holds = select(owner).join(decision, decision.c.learner_id == learner.c.id).where(_is_open())
    appeals = select(owner).join(appeal, appeal.c.learner_id == learner.c.id).where(appeal.c.outcome.is_(None))
    return set(db.scalars(holds.union(appeals)))


def held_amounts(db: Connection, learner_ids: Iterable[int]) -> dict[tuple[int, str, str, str], int]:
    """Microseconds held by (learner, activity, session, registration)."""
    c = ledger.c
    keys = (c.learner_id, *(c[name] for name in _AMOUNTS))
    query = (
        select(*keys, func.sum(c.held_us).label("held")).where(c.reversed_at.is_(None), c.held_us > 0).group_by(*keys)
    )
    found = rows_among(db, query, c.learner_id, learner_ids)
    return {(row.learner_id, row.activity, row.session, row.registration): int(row.held) for row in found}


def when_posted(db: Connection, learner_id: int, since: date, until: date) -> dict[tuple[Any, ...], datetime]:
    """When the entries in force of these dates were posted, by their key."""
    c = ledger.c
    query = select(c.activity, c.session, c.registration, c.date, c.posted_at)
    mine = (c.learner_id == learner_id) & c.reversed_at.is_(None) & c.date.between(since, until)
    return {tuple(row[:4]): row.posted_at for row in db.execute(query.where(mine))}


def places_of_study(db: Connection, learner_id: int, iris: Collection[str]) -> dict[str, Row[Any]]:
    """(programme_id, cohort_id, policy) of whoever looks after what a learner studies there, by activity: the programme
    entered last for what nobody has catalogued. Left out is what nobody looks after."""
    e = enrolment.c
    catalogued = select(activity.c.iri, course.c.programme_id).join(course, activity.c.course_id == course.c.id)
    its = {row.iri: row.programme_id for row in rows_among(db, catalogued, activity.c.iri, iris)}
    query = select(e.programme_id, e.cohort_id, programme.c.policy).join(programme, programme.c.id == e.programme_id)
    own = list(db.execute(query.where(e.learner_id == learner_id).order_by(e.enrolled_on.desc(), e.id.desc())))
    found = {
        iri: next((row for row in own if row.programme_id == its.get(iri, row.programme_id)), None) for iri in iris
    }
    return {iri: place for iri, place in found.items() if place is not None}


def accounts_of(db: Connection, learner_id: int) -> set[int]:
    """Accounts under which a learner, and whoever was joined with them, logs in."""
    mine = select(learner.c.id).where(or_(learner.c.id == learner_id, learner.c.joined_into == learner_id))
    return set(db.scalars(select(account.c.id).where(account.c.learner_id.in_(mine))))


def learner_ids_of(db: Connection, learner_id: int) -> list[int]:
    """The learner and whoever was joined into it: under which of them something was decided does not matter."""
    of = select(learner.c.id).where(or_(learner.c.id == learner_id, learner.c.joined_into == learner_id))
    return list(db.scalars(of))


# --- appeals ------------------------------------------------------------------------------------------------------


def add_appeal(db: Connection, values: dict[str, Any], files: Sequence[tuple[str, str, bytes]]) -> int:
    """Its number. `files`: (name, kind, content). Raises IntegrityError for a second appeal about the same."""
    id = int(db.execute(insert(appeal).values(values).returning(appeal.c.id)).scalar_one())
    for name, kind, content in files:
        digest = sha256(content).hexdigest()
        db.execute(insert(appeal_file).values(appeal_id=id, name=name, kind=kind, sha256=digest, content=content))
    return id


def appeal_by_id(db: Connection, id: int) -> Row[Any] | None:
    """Columns of `appeal`, owner, name, cohort, programme, policy, title, by (who decided)."""
    return db.execute(_appeals().where(appeal.c.id == id)).one_or_none()


def appeals_within(
    db: Connection, programme_ids: Collection[int], cohort_ids: Collection[int], closed: bool = False
) -> list[Row[Any]]:
    """Appeals of these programmes and classes: the open ones, the oldest first, or those closed, the latest first."""
    query = _appeals().where(_within(programme_ids, cohort_ids, appeal.c))
    if closed:
        return list(db.execute(query.where(appeal.c.outcome.is_not(None)).order_by(appeal.c.decided_at.desc())))
    return list(db.execute(query.where(appeal.c.outcome.is_(None)).order_by(appeal.c.filed_at, appeal.c.id)))


def all_open_appeals(db: Connection) -> list[Row[Any]]:
    """Of everybody, the oldest first."""
    return list(db.execute(_appeals().where(appeal.c.outcome.is_(None)).order_by(appeal.c.filed_at, appeal.c.id)))


def appeals_of(db: Connection, learner_id: int) -> list[Row[Any]]:
    """All appeals of a learner, the latest first."""
    return list(db.execute(_appeals().where(owner == learner_id).order_by(appeal.c.id.desc())))


def close_appeal(
    db: Connection, where: ColumnElement[bool], outcome: str, by: int | None, words: str, now: datetime
) -> bool:
    """Once: False when it was closed already, or there is none. `upheld`, `declined`, or `released` by the first
    reviewer, before a second was needed."""
    values = {"outcome": outcome, "decided_by": by, "outcome_words": words, "decided_at": now}
    return db.execute(update(appeal).where(where, appeal.c.outcome.is_(None)).values(values)).rowcount == 1


def link_decision(db: Connection, appeal_id: int, decision_id: int) -> None:
    """What the outcome of an appeal did to the ledger."""
    db.execute(update(appeal).where(appeal.c.id == appeal_id).values(decision_id=decision_id))


def of_hold(hold_id: int) -> ColumnElement[bool]:
    """For `close_appeal`: the appeal against a hold."""
    return appeal.c.hold_id == hold_id


def numbered(appeal_id: int) -> ColumnElement[bool]:
    """For `close_appeal`: one appeal."""
    return appeal.c.id == appeal_id


def add_statement(db: Connection, appeal_id: int, by: int, role: str, words: str, now: datetime) -> int:
    """What the monitor or the head teacher has to say; its number."""
    values = {"appeal_id": appeal_id, "made_by": by, "role": role, "words": words, "made_at": now}
    return int(db.execute(insert(appeal_statement).values(values).returning(appeal_statement.c.id)).scalar_one())


def statements_on(db: Connection, appeal_id: int) -> list[Row[Any]]:
    """(id, made_by, role, words, made_at, name), the earliest first; `name` is None where the account is gone."""
    s = appeal_statement.c
    query = select(s.id, s.made_by, s.role, s.words, s.made_at, account.c.name).select_from(appeal_statement)
    query = query.outerjoin(account, account.c.id == s.made_by).where(s.appeal_id == appeal_id)
    return list(db.execute(query.order_by(s.id)))


def files_of(db: Connection, appeal_id: int) -> list[Row[Any]]:
    """(id, name, kind, size) without the content."""
    f = appeal_file.c
    query = select(f.id, f.name, f.kind, func.length(f.content).label("size")).where(f.appeal_id == appeal_id)
    return list(db.execute(query.order_by(f.id)))


def file_of(db: Connection, appeal_id: int, file_id: int) -> Row[Any] | None:
    """All columns, of a file of this appeal."""
    f = appeal_file.c
    return db.execute(select(appeal_file).where(f.id == file_id, f.appeal_id == appeal_id)).one_or_none()


# --- reminders ----------------------------------------------------------------------------------------------------


def remind(
    db: Connection, about: dict[str, int], kind: str, role: str, who: dict[str, int | None], at: datetime
) -> bool:
    """Note once that somebody is to be told. `about`: {"hold_id": n} or {"appeal_id": n}; `who`: learner_id,
    programme_id, cohort_id. False when it was noted before."""
    values = {**about, "kind": kind, "role": role, **who, "made_at": at}
    new = inserting(db.dialect.name, reminder).values(values).on_conflict_do_nothing().returning(reminder.c.id)
    return db.scalar(new) is not None


def reminded(db: Connection) -> set[tuple[int | None, int | None, str, str]]:
    """(hold_id, appeal_id, kind, role) of all that was noted about what is open."""
    r = reminder.c
    still = select(decision.c.id).where(_is_open())
    appealed = select(appeal.c.id).where(appeal.c.outcome.is_(None))
    query = select(r.hold_id, r.appeal_id, r.kind, r.role).where(or_(r.hold_id.in_(still), r.appeal_id.in_(appealed)))
    return {(row.hold_id, row.appeal_id, row.kind, row.role) for row in db.execute(query)}


def _is_not(learner_id: int | None) -> ColumnElement[bool]:
    return true() if learner_id is None else owner != learner_id


def _is_open() -> ColumnElement[bool]:
    return and_(decision.c.kind == "hold", ~select(_answer.c.id).where(_answer.c.replaces == decision.c.id).exists())


def _holds() -> Select[Any]:
    e = enrolment.c
    return (
        select(
            decision,
            owner.label("owner"),
            learner.c.name,
            e.cohort_id,
            cohort.c.name.label("cohort"),
            e.programme_id,
            programme.c.policy,
            activity.c.title,
        )
        .select_from(decision)
        .join(learner, learner.c.id == decision.c.learner_id)
        .join(enrolment, e.learner_id == owner)
        .join(cohort, cohort.c.id == e.cohort_id)
        .join(programme, programme.c.id == e.programme_id)
        .outerjoin(activity, activity.c.iri == decision.c.activity)
        .outerjoin(course, course.c.id == activity.c.course_id)
        .where(_is_open(), learner.c.erased_at.is_(None))
        .where(or_(course.c.programme_id.is_(None), course.c.programme_id == e.programme_id))
    )


def _appeals() -> Select[Any]:
    return (
        select(
            appeal,
            owner.label("owner"),
            learner.c.name,
            cohort.c.name.label("cohort"),
            programme.c.name.label("programme"),
            programme.c.policy,
            activity.c.title,
            account.c.name.label("by"),
        )
        .select_from(appeal)
        .join(learner, learner.c.id == appeal.c.learner_id)
        .join(cohort, cohort.c.id == appeal.c.cohort_id)
        .join(programme, programme.c.id == appeal.c.programme_id)
        .outerjoin(activity, activity.c.iri == appeal.c.activity)
        .outerjoin(account, account.c.id == appeal.c.decided_by)
    )


def _within(programme_ids: Collection[int], cohort_ids: Collection[int], c: Any) -> ColumnElement[bool]:
    return or_(c.programme_id.in_(programme_ids), c.cohort_id.in_(cohort_ids))
