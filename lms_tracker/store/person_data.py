"""What the database holds of one person, to be shown and taken along."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lms_tracker.core.xapi.redact import with_digests
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.erasure import Person, count_documents, count_marks, sums
from lms_tracker.store.mail import mails_of
from lms_tracker.store.tables import (
    account,
    achievement,
    assignment,
    cohort,
    document,
    enrolment,
    enrolment_event,
    grade_override,
    learner,
    mark,
    organisation,
    programme,
    role,
    statement,
)


def profile_of(db: Connection, person: Person) -> dict[str, Any]:
    """Names, identifiers, account, roles and classes, as plain values; no hash of a password, no token."""
    a, e = account.c, enrolment.c
    accounts = [
        row._asdict() | {"roles": list(db.scalars(select(role.c.role).where(role.c.account_id == row.id)))}
        for row in db.execute(
            select(a.id, a.login, a.name, a.locale, a.mail, a.created_at, a.disabled_at).where(
                a.id.in_(person.account_ids)
            )
        )
    ]
    enrolled = (
        select(programme.c.name.label("programme"), cohort.c.name.label("class"), organisation.c.name.label("school"))
        .add_columns(e.enrolled_on, e.left_on)
        .select_from(enrolment)
        .join(programme, programme.c.id == e.programme_id)
        .join(cohort, cohort.c.id == e.cohort_id)
        .outerjoin(organisation, organisation.c.id == e.organisation_id)
        .where(e.learner_id.in_(person.ids))
    )
    return {
        "learner": person.learner_id,
        "names": sorted(person.names),
        "identities": sorted(person.ifis),
        "since": db.scalar(select(func.min(learner.c.created_at)).where(learner.c.id.in_(person.ids))),
        "accounts": accounts,
        "mails": mails_of(db, person.account_ids),
        "classes": [row._asdict() for row in db.execute(enrolled)],
    }


def marks_of(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Marks with title, component, remark and when they were given and replaced, oldest first."""
    m = mark.c
    query = (
        select(assignment.c.title, assignment.c.component, m.mark, m.comment, m.marked_at, m.replaced_at)
        .join_from(mark, assignment, assignment.c.id == m.assignment_id)
        .where(m.learner_id.in_(ids))
    )
    return [row._asdict() for row in db.execute(query.order_by(m.marked_at, m.id))]


def achievements_of(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Achievements, those replaced or withdrawn since included, oldest first; not who wrote them down."""
    a = achievement.c
    hidden = ("id", "programme_id", "learner_id", "recorded_by", "replaced_by", "replaces")
    shown = [programme.c.name.label("programme"), *(column for column in a if column.name not in hidden)]
    query = select(*shown).join_from(achievement, programme, programme.c.id == a.programme_id)
    rows = db.execute(query.where(a.learner_id.in_(ids)).order_by(a.recorded_at, a.id))
    return [row._asdict() for row in rows]


def overrides_of(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """Results that somebody set by hand, oldest first."""
    o = grade_override.c
    shown = [programme.c.name.label("programme"), o.part, o.period, o.before, o.after, o.reason, o.made_at, o.ended_at]
    query = select(*shown).join_from(grade_override, programme, programme.c.id == o.programme_id)
    return [row._asdict() for row in db.execute(query.where(o.learner_id.in_(ids)).order_by(o.made_at, o.id))]


def changes_of(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """From when on the person was in which class and at which school, and why, oldest first."""
    c = enrolment_event.c
    query = (
        select(programme.c.name.label("programme"), c.what, c.on, cohort.c.name.label("class"))
        .add_columns(organisation.c.name.label("school"), c.reason, c.made_at)
        .select_from(enrolment_event)
        .join(enrolment, enrolment.c.id == c.enrolment_id)
        .join(programme, programme.c.id == enrolment.c.programme_id)
        .join(cohort, cohort.c.id == c.cohort_id)
        .outerjoin(organisation, organisation.c.id == c.organisation_id)
        .where(enrolment.c.learner_id.in_(ids))
    )
    return [row._asdict() for row in db.execute(query.order_by(c.on, c.id))]


def programmes_of(db: Connection, ids: Collection[int]) -> list[tuple[int, str]]:
    """(id, name) of the programmes that the person is or was in."""
    query = select(programme.c.id, programme.c.name).join(enrolment, enrolment.c.programme_id == programme.c.id)
    return [(row.id, row.name) for row in db.execute(query.where(enrolment.c.learner_id.in_(ids)).distinct())]


def documents_of(db: Connection, ifis: Collection[str]) -> Iterator[Row[*tuple[Any, ...]]]:
    """(kind, activity, registration, id, content_type, content, updated, ifi) of states and agent profiles."""
    d = document.c
    query = select(d.kind, d.activity, d.registration, d.id, d.content_type, d.content, d.updated, d.ifi)
    yield from rows_among(db, query, d.ifi, ifis)


def holdings(db: Connection, person: Person) -> dict[str, int]:
    """How much is held: statements, documents, entries, marks."""
    by = select(func.count()).select_from(statement).where(statement.c.learner_id.in_(person.ids))
    return {
        "statements": db.scalar(by) or 0,
        "documents": count_documents(db, with_digests(person.ifis)),
        "entries": sums(db, person.ids)["entries"],
        "marks": count_marks(db, person.ids)[0],
    }
