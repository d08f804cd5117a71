"""Which policies programmes have adopted, and from which date on: rows are added, never changed."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from lms_tracker.store.conflicts import inserting
from lms_tracker.store.driver import rows
from lms_tracker.store.tables import account, enrolment, job_run, programme, programme_policy


def adoptions_of(db: Connection, programme_id: int, as_of: datetime | None = None) -> list[Row[Any]]:
    """Rows of `programme_policy` with `by` (a name or null), in the order of adoption; only what was adopted by `as_of`.

    The policy of the beginning (`from_on` null) is always among them, if it is recorded.
    """
    p = programme_policy.c
    rows = (
        select(programme_policy, account.c.name.label("by"))
        .select_from(programme_policy.outerjoin(account, account.c.id == p.adopted_by))
        .where(p.programme_id == programme_id)
        .order_by(p.id)
    )
    if as_of is not None:
        rows = rows.where(or_(p.from_on.is_(None), p.adopted_at <= as_of))
    return list(db.execute(rows))


def record_adoption(
    tx: Connection,
    programme_id: int,
    *,
    name: str,
    policy: str,
    content: str,
    from_on: date | None,
    reason: str,
    adopted_by: int | None,
    adopted_at: datetime,
    effect: str | None = None,
) -> int:
    """The id of a new row. `policy` is name@hash, `content` the TOML, `effect` JSON."""
    values = {"programme_id": programme_id, "name": name, "policy": policy, "content": content, "from_on": from_on}
    values |= {"reason": reason, "adopted_by": adopted_by, "adopted_at": adopted_at, "effect": effect}
    return int(tx.execute(insert(programme_policy).values(values).returning(programme_policy.c.id)).scalar_one())


def untold_adoptions(db: Connection, since: datetime) -> list[Row[Any]]:
    """Rows (id, programme_id, adopted_at) of what was adopted since, in order, of which nobody has told people yet."""
    p = programme_policy.c
    query = select(p.id, p.programme_id, p.adopted_at).where(p.from_on.is_not(None), p.adopted_at >= since)
    found = list(db.execute(query.order_by(p.id)))
    jobs = [_telling(row.id) for row in found]
    told = set(db.scalars(select(job_run.c.job).where(job_run.c.job.in_(jobs)))) if jobs else set()
    return [row for row in found if _telling(row.id) not in told]


def note_told(tx: Connection, adoption: Row[Any], now: datetime, outcome: str) -> bool:
    """That people are told of an adoption, in the transaction in which they are. False: somebody else does."""
    values = {"job": _telling(adoption.id), "due_at": adoption.adopted_at, "outcome": outcome}
    values |= {"started_at": now, "finished_at": now}
    new = inserting(tx.dialect.name, job_run).values(values).on_conflict_do_nothing().returning(job_run.c.job)
    return tx.scalar(new) is not None


def _telling(adoption_id: int) -> str:
    """How job_run calls the telling of an adoption. What was told is known by it: never changed."""
    return f"adoption {adoption_id}"


def lock_programme(tx: Connection, programme_id: int) -> None:
    """Adoptions of one programme happen one after the other."""
    tx.execute(select(programme.c.id).where(programme.c.id == programme_id).with_for_update())


Programme = tuple[int, str]
"""Its id, and the policy that it names."""


def programmes_of(db: Connection, learner_ids: Iterable[int]) -> dict[int, Programme | None]:
    """The programme that each learner entered last: whose rules judge the study time. None: of no one."""
    learners = sorted(learner_ids)
    return dict.fromkeys(learners) | entered_last(rows(db, ENTERED, learners=learners))


def entered_last(rows: Iterable[tuple[Any, ...]]) -> dict[int, Programme]:
    """The same of the rows of ENTERED, for whoever has entered one."""
    return {learner_id: (id, policy) for learner_id, id, policy in rows}


ENTERED = """
    SELECT e.learner_id, p.id, p.policy FROM enrolment e JOIN programme p ON p.id = e.programme_id
    WHERE e.learner_id = ANY(:learners) ORDER BY e.enrolled_on, e.id
"""


def ever_enrolled(db: Connection, programme_id: int) -> list[int]:
    """Everybody who is, or was, in a programme."""
    found = db.scalars(select(enrolment.c.learner_id).where(enrolment.c.programme_id == programme_id).distinct())
    return sorted(found)
