"""Addresses of accounts, and the mails that wait to be sent to them."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from lms_tracker.store.accounts import in_force
from lms_tracker.store.chunks import rows_among
from lms_tracker.store.conflicts import inserting
from lms_tracker.store.places import Place, reaches
from lms_tracker.store.tables import account, mail, role


def set_address(tx: Connection, account_id: int, address: str | None) -> None:
    """As the person wants it: no roster changes it. Mails that wait go to the new address; without one, nowhere."""
    tx.execute(update(account).where(account.c.id == account_id).values(mail=address, mail_chosen=True))
    if address is None:
        tx.execute(delete(mail).where(mail.c.account_id == account_id, mail.c.due_at.is_not(None)))


def add_mail(tx: Connection, account_id: int, kind: str, about: str, facts: str, now: datetime) -> bool:
    """Have it sent, if the account is open and has an address, and was not told the same before. Whether it will be."""
    mine = account.c.id == account_id
    if tx.scalar(select(account.c.mail).where(mine, account.c.disabled_at.is_(None))) is None:
        return False
    values = {"account_id": account_id, "kind": kind, "about": about, "facts": facts}
    values |= {"made_at": now, "due_at": now, "attempts": 0}
    new = inserting(tx.dialect.name, mail).values(values).on_conflict_do_nothing().returning(mail.c.id)
    return tx.scalar(new) is not None


def claim_mails(tx: Connection, now: datetime, lease: timedelta, limit: int) -> list[Row[Any]]:
    """All mails that are due of up to `limit` accounts, with address, for `lease`: whoever claims later does not get them.

    Those of one account are claimed together, by one sender, who may put them together. Should their sender die, they
    are due again when the lease is over.
    """
    due = (
        select(func.min(mail.c.due_at)).where(mail.c.account_id == account.c.id, mail.c.due_at <= now).scalar_subquery()
    )
    whose = select(account.c.id).where(due.is_not(None)).order_by(due).limit(limit)
    ids = list(tx.scalars(whose.with_for_update(skip_locked=True, key_share=True)))
    claimed = update(mail).where(mail.c.account_id.in_(ids), mail.c.due_at <= now).values(due_at=now + lease)
    mine = list(tx.scalars(claimed.returning(mail.c.id))) if ids else []
    whole = select(mail, account.c.mail.label("address")).join(account, account.c.id == mail.c.account_id)
    return list(tx.execute(whole.where(mail.c.id.in_(mine)).order_by(mail.c.id)))


def have_sent(tx: Connection, mail_id: int, now: datetime) -> None:
    """It is with the server, which will bring it."""
    tx.execute(update(mail).where(mail.c.id == mail_id).values(sent_at=now, due_at=None, trouble=None))


def have_failed(tx: Connection, mail_id: int, attempts: int, trouble: str, due_at: datetime | None) -> None:
    """It did not go; without `due_at` it is given up."""
    values = {"attempts": attempts, "trouble": trouble, "due_at": due_at}
    tx.execute(update(mail).where(mail.c.id == mail_id).values(values))


def forget_mails(tx: Connection, before: datetime) -> int:
    """Nothing is kept of mails that are over and older."""
    return tx.execute(delete(mail).where(mail.c.due_at.is_(None), mail.c.made_at < before)).rowcount


def accounts_to_tell(
    db: Connection, name: str, programme_id: int | None, cohort_id: int | None, at: datetime
) -> list[int]:
    """Accounts with an address that hold a role for just this programme or class."""
    a, r = account.c, role.c
    here = or_(
        and_(r.cohort_id.is_not(None), r.cohort_id == cohort_id),
        and_(r.programme_id.is_not(None), r.programme_id == programme_id),
    )
    found = select(a.id).join(role, r.account_id == a.id).where(_open(), r.role == name, here, in_force(at))
    return sorted(set(db.scalars(found)))


def open_among(db: Connection, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts that are open and have an address."""
    return set(db.scalars(select(account.c.id).where(account.c.id.in_(account_ids), _open())))


def _open() -> ColumnElement[bool]:
    return and_(account.c.mail.is_not(None), account.c.disabled_at.is_(None))


def accounts_of_learners(db: Connection, learner_ids: Collection[int]) -> list[int]:
    """Open accounts with an address of these learners."""
    a = account.c
    query = select(a.id).where(a.mail.is_not(None), a.disabled_at.is_(None))
    return sorted(row.id for row in rows_among(db, query, a.learner_id, learner_ids))


def told_of(db: Connection, kind: str, about: str) -> set[int]:
    """Accounts that were told of this, or are to be."""
    return set(db.scalars(select(mail.c.account_id).where(mail.c.kind == kind, mail.c.about == about)))


def told_any(db: Connection, kinds: Collection[str]) -> set[tuple[int, str, str]]:
    """(account, kind, about) of all that was told of these kinds, or is to be."""
    m = mail.c
    return {
        (id, kind, about)
        for id, kind, about in db.execute(select(m.account_id, m.kind, m.about).where(m.kind.in_(kinds)))
    }


def readers_to_tell(db: Connection, roles: Collection[str], place: Place, at: datetime) -> list[int]:
    """Accounts with an address that hold one of these roles where it reaches the place."""
    a, r = account.c, role.c
    columns = (a.id, r.role.label("name"), r.programme_id, r.cohort_id, r.organisation_id)
    query = select(*columns).join_from(account, role, r.account_id == a.id)
    held = db.execute(query.where(a.mail.is_not(None), a.disabled_at.is_(None), r.role.in_(roles), in_force(at)))
    return sorted({row.id for row in held if reaches(row, place)})


def mails_of(db: Connection, account_ids: Iterable[int]) -> list[dict[str, Any]]:
    """What these accounts were sent, or are to be sent."""
    m = mail.c
    query = select(m.kind, m.facts, m.made_at, m.sent_at).where(m.account_id.in_(list(account_ids))).order_by(m.id)
    return [row._asdict() for row in db.execute(query)]
