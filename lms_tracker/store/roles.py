"""Roles: granted for a time or until somebody ends them, never edited; who gave and took them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from lms_tracker.store.accounts import in_force
from lms_tracker.store.tables import account, cohort, organisation, role, role_event

SCOPES = ("programme_id", "cohort_id", "organisation_id")


def add_role(
    tx: Connection,
    account_id: int,
    name: str,
    scope: dict[str, int | None],
    *,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    now: datetime,
) -> int | None:
    """The id of a new role; None when the account holds the same already, or will."""
    same = [role.c[key].is_(None) if scope.get(key) is None else role.c[key] == scope[key] for key in SCOPES]
    mine = (role.c.account_id == account_id, role.c.role == name, *same)
    lasting = [or_(end.is_(None), end > now) for end in (role.c.until_at, role.c.ended_at)]
    if tx.scalar(select(role.c.id).where(*mine, *lasting)):
        return None
    values = {key: scope.get(key) for key in SCOPES} | {"from_at": from_at, "until_at": until_at}
    return int(tx.scalars(insert(role).values(account_id=account_id, role=name, **values).returning(role.c.id)).one())


def end_role(tx: Connection, role_id: int, now: datetime) -> bool:
    """It opens nothing any more. False when it had ended."""
    lasting = [or_(end.is_(None), end > now) for end in (role.c.until_at, role.c.ended_at)]
    return bool(tx.execute(update(role).where(role.c.id == role_id, *lasting).values(ended_at=now)).rowcount)


def note_role(tx: Connection, role_id: int, what: str, reason: str, by: int | None, now: datetime) -> None:
    """Who granted or ended it, and why."""
    values = {"role_id": role_id, "what": what, "reason": reason, "made_by": by, "made_at": now}
    tx.execute(insert(role_event).values(values))


def role_by_id(db: Connection, role_id: int) -> Row[Any] | None:
    """The role's row with `login`, `name` and `learner_id` of its account, and `of` (the programme that its scope lies
    in, None for organisations), or None."""
    of = cohort.alias("of")
    query = (
        select(role, account.c.login, account.c.name, account.c.learner_id)
        .add_columns(of.c.programme_id.label("of"))
        .select_from(role.join(account, account.c.id == role.c.account_id).outerjoin(of, of.c.id == role.c.cohort_id))
    )
    return db.execute(query.where(role.c.id == role_id)).one_or_none()


def roles_held(db: Connection, account_id: int, name: str, at: datetime, cohort_id: int | None = None) -> list[int]:
    """Ids of an account's roles of this name that are in force, anywhere or in one class."""
    mine = [role.c.account_id == account_id, role.c.role == name, in_force(at)]
    if cohort_id is not None:
        mine.append(role.c.cohort_id == cohort_id)
    return list(db.scalars(select(role.c.id).where(*mine).order_by(role.c.id)))


def roles_in(db: Connection, programme_id: int, organisation_ids: set[int], at: datetime | None) -> list[Row[Any]]:
    """Who holds or held what in a programme, in its classes and in these organisations, learners apart.

    Rows (id, role, account_id, login, name, learner_id, cohort_id, cohort, organisation_id, organisation, programme_id,
    from_at, until_at, ended_at, disabled_at, granted_at, granted_by, why, ended_by, ended_why), in the order of granting; in force at
    `at`, or all."""
    granted, ended = role_event.alias("granted"), role_event.alias("ended")
    giver, taker = account.alias("giver"), account.alias("taker")
    within = or_(
        role.c.programme_id == programme_id,
        cohort.c.programme_id == programme_id,
        role.c.organisation_id.in_(organisation_ids),
    )
    query = (
        select(
            *(role.c[key] for key in ("id", "role", "account_id", "cohort_id", "organisation_id", "programme_id")),
            *(role.c[key] for key in ("from_at", "until_at", "ended_at")),
            *(account.c[key] for key in ("login", "name", "learner_id", "disabled_at")),
            cohort.c.name.label("cohort"),
            organisation.c.name.label("organisation"),
            granted.c.made_at.label("granted_at"),
            giver.c.name.label("granted_by"),
            granted.c.reason.label("why"),
            taker.c.name.label("ended_by"),
            ended.c.reason.label("ended_why"),
        )
        .select_from(role)
        .join(account, account.c.id == role.c.account_id)
        .outerjoin(cohort, cohort.c.id == role.c.cohort_id)
        .outerjoin(organisation, organisation.c.id == role.c.organisation_id)
        .outerjoin(granted, (granted.c.role_id == role.c.id) & (granted.c.what == "granted"))
        .outerjoin(giver, giver.c.id == granted.c.made_by)
        .outerjoin(ended, (ended.c.role_id == role.c.id) & (ended.c.what == "ended"))
        .outerjoin(taker, taker.c.id == ended.c.made_by)
        .where(within, role.c.role != "learner")
        .order_by(role.c.id)
    )
    return list(db.execute(query if at is None else query.where(in_force(at))))
