"""Declarations: what learners hand in to be confirmed, every step of it, and the files that prove it.

A row stays with the learner who was known when it was made; reading follows joins, so that a split gives everything back.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from lms_tracker.core.declarations import Content, State, Step
from lms_tracker.core.uploads import Upload
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.files import keep_file
from lms_tracker.store.owner import owner
from lms_tracker.store.tables import (
    account,
    cohort,
    declaration,
    declaration_file,
    declaration_step,
    enrolment,
    learner,
    organisation,
    programme,
    stored_file,
)

_d = declaration.c


def rows_query() -> Any:
    """The query of all: `declaration_by_id` says its columns."""
    enrolled = (enrolment.c.programme_id == _d.programme_id) & (enrolment.c.learner_id == owner)
    person = learner.alias("person")
    return (
        select(
            declaration,
            owner.label("owner"),
            person.c.name,
            cohort.c.id.label("cohort_id"),
            cohort.c.name.label("cohort"),
            organisation.c.name.label("school"),
            enrolment.c.organisation_id,
            programme.c.name.label("programme"),
            programme.c.policy,
            account.c.name.label("by"),
        )
        .select_from(declaration)
        .join(learner, learner.c.id == _d.learner_id)
        .join(person, person.c.id == owner)
        .join(programme, programme.c.id == _d.programme_id)
        .outerjoin(enrolment, enrolled)
        .outerjoin(cohort, cohort.c.id == enrolment.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .outerjoin(account, account.c.id == _d.decided_by)
    )


def declaration_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row with owner (the learner whose it is now), name, cohort_id, cohort, school, organisation_id, programme, policy
    and by (who decided last); or None."""
    return db.execute(rows_query().where(_d.id == id)).first()


def declarations_of(db: Connection, learner_id: int, kind: str) -> list[Row[Any]]:
    """A learner's own of a kind, in all programmes, the latest first."""
    return list(db.execute(rows_query().where(owner == learner_id, _d.kind == kind).order_by(_d.id.desc())))


def declarations_in(
    db: Connection, programme_id: int, kind: str, states: Collection[State], cohort_ids: Collection[int] | None = None
) -> list[Row[Any]]:
    """Those of a programme in these states, who waits longest first; of these classes, or of all with None."""
    query = rows_query().where(_d.programme_id == programme_id, _d.kind == kind, _d.state.in_(states))
    if cohort_ids is not None:
        query = query.where(cohort.c.id.in_(cohort_ids))
    return list(db.execute(query.order_by(_d.declared_at, _d.id)))


def declaration_about(db: Connection, kind: str, about: int, learner_id: int) -> Row[Any] | None:
    """The learner's own about one thing that is neither withdrawn nor returned; or None."""
    query = rows_query().where(_d.kind == kind, _d.about == about, owner == learner_id)
    return db.execute(query.where(_d.state.in_(["declared", "confirmed"])).limit(1)).first()


def first_declared_at(db: Connection, id: int) -> datetime:
    """When it was handed in first, however often it was returned."""
    return first_declared(db, [id])[id]


def first_declared(db: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """The same of several, by their number."""
    s = declaration_step.c
    first = func.min(s.made_at).label("first")
    query = select(s.declaration_id, first).where(s.step == "declared").group_by(s.declaration_id)
    return {row.declaration_id: row.first for row in rows_among(db, query, s.declaration_id, ids)}


def reports_in(db: Connection, programme_id: int) -> list[Row[Any]]:
    """Reports of activities that stand, returned ones included."""
    query = rows_query().where(_d.programme_id == programme_id, _d.kind == "report", _d.state != "withdrawn")
    return list(db.execute(query.order_by(_d.id)))


def states_about(db: Connection, kind: str, about: int) -> dict[int, str]:
    """Learner -> state of what is declared or confirmed about one thing."""
    query = select(owner.label("owner"), _d.state).join_from(declaration, learner, learner.c.id == _d.learner_id)
    wanted = (_d.kind == kind) & (_d.about == about) & _d.state.in_(["declared", "confirmed"])
    return {row.owner: row.state for row in db.execute(query.where(wanted))}


def count_waiting(db: Connection, programme_id: int, cohort_ids: Collection[int] | None = None) -> dict[str, int]:
    """Kind -> how many wait to be confirmed, of these classes or of all."""
    query = (
        select(_d.kind, func.count())
        .join_from(declaration, learner, learner.c.id == _d.learner_id)
        .where(_d.programme_id == programme_id, _d.state == "declared")
        .group_by(_d.kind)
    )
    if cohort_ids is not None:
        enrolled = (enrolment.c.programme_id == programme_id) & (enrolment.c.learner_id == owner)
        query = query.join(enrolment, enrolled).where(enrolment.c.cohort_id.in_(cohort_ids))
    return {kind: count for kind, count in db.execute(query)}


def add_declaration(
    tx: Connection, programme_id: int, learner_id: int, kind: str, content: Content, now: datetime
) -> int:
    """A new one, without its first step."""
    values = _columns(content) | {"programme_id": programme_id, "learner_id": learner_id, "kind": kind}
    values |= {"state": "declared", "declared_at": now}
    return int(tx.execute(insert(declaration).values(values).returning(_d.id)).scalar_one())


def reword(tx: Connection, id: int, content: Content, now: datetime) -> None:
    """The content as it is declared now; the former wording stays with its step."""
    tx.execute(update(declaration).where(_d.id == id).values(_columns(content) | {"declared_at": now}))


def move_on(tx: Connection, id: int, before: State, after: State, decided: dict[str, Any] | None = None) -> bool:
    """Put it into another state, if it still is in `before`. `decided`: decided_by, decided_at, reason."""
    values = {"state": after, **(decided or {})}
    return tx.execute(update(declaration).where(_d.id == id, _d.state == before).values(values)).rowcount == 1


def add_step(
    tx: Connection, id: int, step: Step, *, by: int | None, at: datetime, words: str, content: Content | None = None
) -> None:
    """Write down what happened."""
    said = None if content is None else msgspec.json.encode(content).decode()
    values = {"declaration_id": id, "step": step, "made_by": by, "made_at": at, "words": words, "content": said}
    tx.execute(insert(declaration_step).values(values))


def add_files(tx: Connection, id: int, uploads: Sequence[Upload], now: datetime) -> None:
    """What was handed in is never taken back."""
    for one in uploads:
        values = {"declaration_id": id, "name": one.name, "sha256": keep_file(tx, one, now), "added_at": now}
        tx.execute(insert(declaration_file).values(values))


def steps_of(db: Connection, id: int) -> list[Row[Any]]:
    """(step, made_at, words, content, by) in their order; content is JSON or None."""
    s = declaration_step.c
    query = select(s.step, s.made_at, s.words, s.content, account.c.name.label("by"))
    query = query.select_from(declaration_step).outerjoin(account, account.c.id == s.made_by)
    return list(db.execute(query.where(s.declaration_id == id).order_by(s.id)))


def files_of(db: Connection, id: int) -> list[Row[Any]]:
    """(id, name, sha256, size, added_at) without the content."""
    f = declaration_file.c
    query = select(f.id, f.name, f.sha256, stored_file.c.size, f.added_at)
    query = query.join_from(declaration_file, stored_file, stored_file.c.sha256 == f.sha256)
    return list(db.execute(query.where(f.declaration_id == id).order_by(f.id)))


def file_of(db: Connection, id: int, file_id: int) -> Row[Any] | None:
    """(name, kind, content) of a file of this declaration, or None."""
    f, kept = declaration_file.c, stored_file.c
    query = select(f.name, kept.kind, kept.content).join_from(declaration_file, stored_file, kept.sha256 == f.sha256)
    return db.execute(query.where(f.declaration_id == id, f.id == file_id)).first()


def facts(row: Row[Any]) -> dict[str, Any]:
    """What a row's kind says beside title and words."""
    found: dict[str, Any] = msgspec.json.decode(row.facts)
    return found


def _columns(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "words": content.words,
        "happened_on": content.happened_on,
        "about": content.about,
        "facts": msgspec.json.encode(content.facts).decode(),
    }
