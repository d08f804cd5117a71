"""Mails about rules that changed: to each learner whose time counts otherwise, or will, and to who leads their class.

Each adoption is told once, when the ledgers of its programme have followed it. A mail says that there is a change and where
it is explained; what it did to whose time stands on the page of the learner, or of the class.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.adoption_effects import judged_in, judges_otherwise, moved_by_adoption, was_announced
from lms_tracker.actions.mail import enqueue_mail
from lms_tracker.actions.programme_policy import Adopted, adopted, policies_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.mail import accounts_of_learners, accounts_to_tell
from lms_tracker.store.policies import adoptions_of, ever_enrolled, note_told, untold_adoptions
from lms_tracker.store.programmes import enrolments, programme_by_id
from lms_tracker.store.settling import waiting_since

log = logging.getLogger(__name__)

TOLD_FOR = timedelta(days=14)
"""What was adopted longer ago, and could not be told meanwhile, is no news."""
PATIENCE = timedelta(days=1)
"""So long it is waited for learners who are not settled yet; then the others are told."""


class _Mail(NamedTuple):
    account_id: int
    kind: str
    about: str
    """By which the outbox knows it. What was sent is known by it: never changed."""
    cohort_id: int | None = None


def tell_of_adoptions(db: Engine, now: datetime) -> int:
    """Put what is to be told of adopted policies into the outbox; how many mails are new. May run any number of times."""
    with reading(db) as tx:
        waiting = untold_adoptions(tx, now - TOLD_FOR)
    return sum(_tell(db, row, now) for row in waiting)


def _tell(db: Engine, adoption: Row[Any], now: datetime) -> int:
    with reading(db) as tx:
        if now < adoption.adopted_at + PATIENCE and _are_waiting(tx, adoption):
            return 0
        programme = programme_by_id(tx, adoption.programme_id)
        assert programme is not None
        one = _standing(tx, programme, adoption.id)
        mails = list(_mails(tx, programme, one, now)) if one else []
    with writing(db) as tx:
        if not note_told(tx, adoption, now, f"{len(mails)} mails"):
            return 0
        for mail in mails:
            values = {"programme": programme.name, "programme_id": programme.id, "cohort_id": mail.cohort_id}
            values["day"] = f"{one.row.from_on}" if one else ""
            enqueue_mail(tx, mail.account_id, mail.kind, values, now, about=mail.about)
    log.info("adoption %d of programme %s told in %d mails", adoption.id, programme.slug, len(mails))
    return len(mails)


def _are_waiting(tx: Connection, adoption: Row[Any]) -> bool:
    """Whether the ledger of somebody does not follow the adoption yet. Newer evidence, which comes all the time, is waited
    for by nobody."""
    return not waiting_since(tx, adoption.adopted_at).isdisjoint(ever_enrolled(tx, adoption.programme_id))


def _standing(tx: Connection, programme: Row[Any], adoption_id: int) -> Adopted | None:
    """The adoption, if it is not superseded and has other rules for study time than those before."""
    if all(one.row != adoption_id for one in policies_of(tx, programme.id, programme.policy)):
        return None
    one = next(one for one in adopted(adoptions_of(tx, programme.id)) if one.row.id == adoption_id)
    return one if one.before is not None and judges_otherwise(one.before, one.policy) else None


def _mails(tx: Connection, programme: Row[Any], one: Adopted, now: datetime) -> Iterator[_Mail]:
    zone = one.policy.study.zone
    ahead = was_announced(one.row, one.policy)
    today = min(max(now.astimezone(zone).date(), programme.starts_on), programme.ends_on)
    classes = {row.learner_id: row.cohort_id for row in enrolments(tx, programme.id, on=today)}
    touched = judged_in(tx, programme.id, classes) if ahead else _moved(tx, programme.id, one)
    what = "ahead" if ahead else "moved"
    for account_id in accounts_of_learners(tx, touched):
        yield _Mail(account_id, f"rules_{what}", f"adoption {one.row.id}")
    for cohort_id in sorted({classes[id] for id in touched if id in classes}):
        for account_id in accounts_to_tell(tx, "head_teacher", None, cohort_id, now):
            yield _Mail(account_id, f"class_rules_{what}", f"adoption {one.row.id} class {cohort_id}", cohort_id)


def _moved(tx: Connection, programme_id: int, one: Adopted) -> set[int]:
    """Learners of whose entries some count, or hold, another amount than before."""
    found = moved_by_adoption(tx, one.row, one.policy, ever_enrolled(tx, programme_id))
    return {id for id, moved in found.items() if moved.entries}
