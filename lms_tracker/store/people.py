"""Writing down people and what they belong to: organisations, programmes, classes, enrolments, accounts, roles."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, insert, select, update

from lms_tracker.core.xapi.terms import ACTIVITY, term
from lms_tracker.store import postings
from lms_tracker.store.accounts import in_force
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.player import end_streams
from lms_tracker.store.tables import (
    account,
    activity,
    cohort,
    course,
    enrolment,
    identity,
    learner,
    organisation,
    programme,
    role,
    statement,
)


def organisation_named(db: Connection, name: str) -> Row[Any] | None:
    """The organisation's row, or None."""
    return db.execute(select(organisation).where(organisation.c.name == name)).first()


def organisation_kind(db: Connection, organisation_id: int | None) -> str | None:
    """What kind of organisation it is; None when there is none."""
    found: str | None = db.scalar(select(organisation.c.kind).where(organisation.c.id == organisation_id))
    return found


def add_organisation(
    tx: Connection, name: str, kind: str, *, school_kind: str | None = None, parent_id: int | None = None
) -> int:
    """A new organisation; `kind` is a key of core.organisations.KINDS, `school_kind` city or town."""
    return _add(tx, organisation, name=name, kind=kind, school_kind=school_kind, parent_id=parent_id)


def add_programme(
    tx: Connection, *, slug: str, name: str, policy: str, starts_on: date, ends_on: date, organisation_id: int | None
) -> int:
    """A new programme; `ends_on` is its last day."""
    return _add(
        tx,
        programme,
        slug=slug,
        name=name,
        policy=policy,
        starts_on=starts_on,
        ends_on=ends_on,
        organisation_id=organisation_id,
    )


def cohort_named(tx: Connection, programme_id: int, name: str) -> int | None:
    """The id of a programme's class, or None."""
    found: int | None = tx.scalar(
        select(cohort.c.id).where(cohort.c.programme_id == programme_id, cohort.c.name == name)
    )
    return found


def programme_of_cohort(db: Connection, cohort_id: int) -> int | None:
    """The programme that a class is in, or None."""
    found: int | None = db.scalar(select(cohort.c.programme_id).where(cohort.c.id == cohort_id))
    return found


def add_cohort(tx: Connection, programme_id: int, name: str) -> int:
    """A new class of a programme."""
    return _add(tx, cohort, programme_id=programme_id, name=name)


def enrolment_of(db: Connection, programme_id: int, learner_id: int) -> Row[Any] | None:
    """The enrolment's row, or None."""
    mine = and_(enrolment.c.programme_id == programme_id, enrolment.c.learner_id == learner_id)
    return db.execute(select(enrolment).where(mine)).first()


def add_enrolment(
    tx: Connection, programme_id: int, cohort_id: int, learner_id: int, organisation_id: int | None, enrolled_on: date
) -> int:
    """Enrol a learner in a class; `organisation_id` is the school."""
    return _add(
        tx,
        enrolment,
        programme_id=programme_id,
        cohort_id=cohort_id,
        learner_id=learner_id,
        organisation_id=organisation_id,
        enrolled_on=enrolled_on,
    )


def move_enrolment(tx: Connection, enrolment_id: int, cohort_id: int, organisation_id: int | None) -> None:
    """The learner is in another class or at another school now; one who had left is back."""
    values = {"cohort_id": cohort_id, "organisation_id": organisation_id, "left_on": None}
    tx.execute(update(enrolment).where(enrolment.c.id == enrolment_id).values(values))


def end_enrolment(tx: Connection, enrolment_id: int, on: date) -> None:
    """The learner has left."""
    tx.execute(update(enrolment).where(enrolment.c.id == enrolment_id).values(left_on=on))


def name_learner(tx: Connection, learner_id: int, name: str | None) -> None:
    """The name that the programme's people read; None where nobody knows one."""
    tx.execute(update(learner).where(learner.c.id == learner_id).values(name=name))


def learner_with_identity(db: Connection, ifi: str) -> int | None:
    """Whose identifier this is, or None."""
    found: int | None = db.scalar(select(identity.c.learner_id).where(identity.c.ifi == ifi))
    return found


def account_of_learner(db: Connection, learner_id: int) -> Row[Any] | None:
    """The account with which a learner logs in, or None."""
    return db.execute(select(account).where(account.c.learner_id == learner_id)).first()


def add_account(
    tx: Connection,
    *,
    login: str,
    name: str,
    password_hash: str,
    session_token: str,
    locale: str | None,
    learner_id: int | None,
    now: datetime,
) -> int:
    """A new account."""
    return _add(
        tx,
        account,
        login=login,
        name=name,
        password_hash=password_hash,
        session_token=session_token,
        locale=locale,
        learner_id=learner_id,
        created_at=now,
    )


def join_account(tx: Connection, account_id: int, learner_id: int) -> None:
    """The account logs in as this learner from now on."""
    tx.execute(update(account).where(account.c.id == account_id).values(learner_id=learner_id))


def close_account(tx: Connection, account_id: int, session_token: str, now: datetime | None) -> None:
    """Disable an account and end its sessions; with `now` None, open it again."""
    end_streams(tx, account_id=account_id)
    values = {"disabled_at": now, "session_token": session_token}
    tx.execute(update(account).where(account.c.id == account_id).values(values))


def accounts(db: Connection, at: datetime) -> list[Row[Any]]:
    """Rows (id, login, name, disabled_at, password_hash, role, until_at, programme, cohort, organisation), one per role
    in force."""
    query = (
        select(
            account.c.id,
            account.c.login,
            account.c.name,
            account.c.disabled_at,
            account.c.password_hash,
            role.c.role,
            role.c.until_at,
            programme.c.slug.label("programme"),
            cohort.c.name.label("cohort"),
            organisation.c.name.label("organisation"),
        )
        .select_from(account)
        .outerjoin(role, and_(role.c.account_id == account.c.id, in_force(at)))
        .outerjoin(programme, programme.c.id == role.c.programme_id)
        .outerjoin(cohort, cohort.c.id == role.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == role.c.organisation_id)
        .order_by(account.c.login, role.c.id)
    )
    return list(db.execute(query))


def course_titled(db: Connection, programme_id: int, title: str) -> Row[Any] | None:
    """The row of a programme's course, or None."""
    mine = and_(course.c.programme_id == programme_id, course.c.title == title)
    return db.execute(select(course).where(mine)).first()


def add_course(tx: Connection, programme_id: int, title: str, kind: str, position: int) -> int:
    """A new course; `kind` is required, elective or extension."""
    return _add(tx, course, programme_id=programme_id, title=title, kind=kind, position=position)


def change_course(tx: Connection, course_id: int, kind: str, position: int) -> None:
    """Another kind or place in the programme."""
    tx.execute(update(course).where(course.c.id == course_id).values(kind=kind, position=position))


def activity_with_iri(db: Connection, iri: str) -> Row[Any] | None:
    """The activity's row with the `programme_id` of its course, or None."""
    query = select(activity, course.c.programme_id).join(course, course.c.id == activity.c.course_id)
    return db.execute(query.where(activity.c.iri == iri)).first()


def add_activity(tx: Connection, iri: str, **values: Any) -> None:
    """A new unit; values: course_id, title, kind, length_us, position."""
    tx.execute(insert(activity).values(iri=iri, **values))


def change_activity(tx: Connection, iri: str, **values: Any) -> None:
    """New values of a unit, as in `add_activity`."""
    tx.execute(update(activity).where(activity.c.iri == iri).values(**values))


def learners_on(db: Connection, iris: list[str]) -> list[int]:
    """Ids of the learners who have statements on any of the activities, presence checks of them apart."""
    seqs = postings.all_having(db, [term(ACTIVITY, iri) for iri in iris])
    found = rows_among(db, select(statement.c.seq, statement.c.learner_id), statement.c.seq, seqs)
    return sorted({row.learner_id for row in found if row.learner_id is not None})


def has_statements(db: Connection, learner_id: int) -> bool:
    """Whether anything is recorded of the learner."""
    return db.scalar(select(statement.c.seq).where(statement.c.learner_id == learner_id).limit(1)) is not None


def _add(tx: Connection, table: Table, **values: Any) -> int:
    inserted = tx.execute(insert(table).values(**values)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def cohort_of_programme(db: Connection, programme_id: int, cohort_id: int) -> bool:
    """Whether the class is one of the programme's."""
    mine = select(cohort.c.id).where(cohort.c.id == cohort_id, cohort.c.programme_id == programme_id)
    return db.scalar(mine) is not None


def accounts_of_learner(db: Connection, learner_id: int) -> set[int]:
    """With which accounts a learner logs in, those of learners joined into it included."""
    theirs = select(learner.c.id).where((learner.c.id == learner_id) | (learner.c.joined_into == learner_id))
    return set(db.scalars(select(account.c.id).where(account.c.learner_id.in_(theirs))))
