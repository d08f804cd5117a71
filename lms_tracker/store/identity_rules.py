"""Rules by which actors of two places are one person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.core.identities import IdentityRule
from lms_tracker.store.tables import account, identity_rule


def rules_in_force(db: Connection) -> list[IdentityRule]:
    """In the order in which they were made."""
    r = identity_rule.c
    rows = db.execute(select(r.id, r.kind, r.one, r.other).where(r.retired_at.is_(None)).order_by(r.id))
    return [IdentityRule(row.kind, row.one, row.other, row.id) for row in rows]


def all_rules(db: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    """Rows with `by`, the name of who made it; retired ones last."""
    query = select(identity_rule, account.c.name.label("by"))
    query = query.select_from(identity_rule).outerjoin(account, account.c.id == identity_rule.c.made_by)
    return db.execute(query.order_by(identity_rule.c.retired_at.is_not(None), identity_rule.c.id)).all()


def add_rule(db: Connection, rule: IdentityRule, made_by: int | None, now: datetime) -> int:
    """The id of a new rule."""
    values = {"kind": rule.kind, "one": rule.one, "other": rule.other, "made_by": made_by, "made_at": now}
    return int(db.execute(insert(identity_rule).values(values).returning(identity_rule.c.id)).scalar_one())


def retire_rule(db: Connection, id: int, now: datetime) -> bool:
    """Whether there was such a rule in force."""
    r = identity_rule.c
    return (
        db.execute(update(identity_rule).where(r.id == id, r.retired_at.is_(None)).values(retired_at=now)).rowcount == 1
    )
