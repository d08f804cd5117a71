"""What a roster of any length asks of the database and writes into it: a few queries for all of its rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from lms_tracker.store.chunks import rows_among
from lms_tracker.store.tables import (
    account,
    cohort,
    enrolment,
    learner,
    organisation,
    role,
    role_event,
    statement,
)

Values = Mapping[str, Any]


def accounts_by_login(db: Connection, logins: Collection[str]) -> dict[str, Row[Any]]:
    """Rows (id, login, name, learner_id, mail, mail_chosen)."""
    a = account.c
    query = select(a.id, a.login, a.name, a.learner_id, a.mail, a.mail_chosen)
    return {row.login: row for row in rows_among(db, query, account.c.login, logins)}


def accounts_by_learner(db: Connection, learner_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Rows (id, login, name, learner_id) of the accounts that these learners have."""
    query = select(account.c.id, account.c.login, account.c.name, account.c.learner_id)
    return {row.learner_id: row for row in rows_among(db, query, account.c.learner_id, learner_ids)}


def organisations_by_name(db: Connection, names: Collection[str]) -> dict[str, Row[Any]]:
    """Their rows."""
    return {row.name: row for row in rows_among(db, select(organisation), organisation.c.name, names)}


def cohorts_by_name(db: Connection, programme_id: int) -> dict[str, int]:
    """Ids of a programme's classes."""
    found = select(cohort.c.name, cohort.c.id).where(cohort.c.programme_id == programme_id)
    return {row.name: row.id for row in db.execute(found)}


def enrolments_by_learner(db: Connection, programme_id: int, learner_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Rows of `enrolment` in one programme, with `cohort` and `school` by name."""
    query = (
        select(enrolment, cohort.c.name.label("cohort"), organisation.c.name.label("school"))
        .join(cohort, cohort.c.id == enrolment.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .where(enrolment.c.programme_id == programme_id)
    )
    return {row.learner_id: row for row in rows_among(db, query, enrolment.c.learner_id, learner_ids)}


def namesakes(db: Connection, names: Collection[str]) -> dict[str, list[Row[Any]]]:
    """Learners of these names who are enrolled somewhere: rows (learner_id, name, school, programme_id), by name."""
    query = (
        select(learner.c.id.label("learner_id"), learner.c.name, organisation.c.name.label("school"))
        .add_columns(enrolment.c.programme_id)
        .join(enrolment, enrolment.c.learner_id == learner.c.id)
        .outerjoin(organisation, organisation.c.id == enrolment.c.organisation_id)
        .where(learner.c.joined_into.is_(None))
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in rows_among(db, query, learner.c.name, names):
        found.setdefault(row.name, []).append(row)
    return found


def with_statements(db: Connection, learner_ids: Collection[int]) -> set[int]:
    """Those of the learners of whom anything is recorded."""
    found = rows_among(db, select(statement.c.learner_id).distinct(), statement.c.learner_id, learner_ids)
    return {row.learner_id for row in found}


def add_accounts(tx: Connection, rows: Sequence[Values]) -> dict[str, int]:
    """New accounts; ids by login."""
    return _added(tx, account, "login", rows)


def add_cohorts(tx: Connection, programme_id: int, names: Sequence[str]) -> dict[str, int]:
    """New classes; ids by name."""
    return _added(tx, cohort, "name", [{"programme_id": programme_id, "name": name} for name in names])


def add_organisations(tx: Connection, rows: Sequence[Values]) -> dict[str, int]:
    """New organisations; ids by name."""
    return _added(tx, organisation, "name", rows)


def add_enrolments(tx: Connection, rows: Sequence[Values]) -> None:
    """New enrolments."""
    if rows:
        tx.execute(insert(enrolment), list(rows))


def join_accounts(tx: Connection, learner_of: Mapping[int, int]) -> None:
    """Accounts log in as these learners from now on."""
    if learner_of:
        query = update(account).where(account.c.id == bindparam("of")).values(learner_id=bindparam("as"))
        tx.execute(query, [{"of": id, "as": learner_id} for id, learner_id in learner_of.items()])


def set_mails(tx: Connection, address_of: Mapping[int, str]) -> None:
    """Where mail for these accounts goes from now on; what waits for them goes there, too."""
    if address_of:
        query = update(account).where(account.c.id == bindparam("of")).values(mail=bindparam("to"))
        tx.execute(query, [{"of": id, "to": address} for id, address in address_of.items()])


def name_learners(tx: Connection, names: Mapping[int, str]) -> None:
    """What the programme's people read."""
    if names:
        query = update(learner).where(learner.c.id == bindparam("of")).values(name=bindparam("as"))
        tx.execute(query, [{"of": id, "as": name} for id, name in names.items()])


def roles_of_accounts(db: Connection, account_ids: Collection[int]) -> list[Row[Any]]:
    """All rows of `role` of these accounts."""
    return list(rows_among(db, select(role), role.c.account_id, account_ids))


def add_roles(tx: Connection, rows: Sequence[Values], event: Values) -> None:
    """New roles, each with the same event of its granting."""
    if rows:
        ids = tx.scalars(insert(role).returning(role.c.id, sort_by_parameter_order=True), list(rows)).all()
        tx.execute(insert(role_event), [{**event, "role_id": id, "what": "granted"} for id in ids])


def _added(tx: Connection, table: Any, key: str, rows: Sequence[Values]) -> dict[str, int]:
    if not rows:
        return {}
    ids = tx.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), list(rows)).all()
    return {row[key]: id for row, id in zip(rows, ids, strict=True)}
