"""The clock of reviews: who is to be reminded, what is the liaison's as well, and what nobody has decided in time.

Nothing is lost to a machine: held time that no person looked at until the last deadline is released (or goes on
waiting, where the policy says so), and an appeal waits for a person however long it takes.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.decide_appeal import ready_since
from lms_tracker.actions.mail import enqueue_mail
from lms_tracker.actions.policies import load_policy
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.review_hold import answer_hold
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import Clock, clock_of
from lms_tracker.store import reviews as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import LAPSED
from lms_tracker.store.identity_history import hold_learners
from lms_tracker.store.mail import accounts_to_tell

log = logging.getLogger(__name__)
_OF = {"hold_id": "review", "appeal_id": "appeal"}
NOBODY = "无人在期限内作出决定 | nobody decided in time"


def keep_deadlines(db: Engine, now: datetime) -> dict[str, int]:
    """Note reminders that are due and release what has lapsed: (kind -> how many). May run any number of times."""
    with reading(db) as tx:
        holds = store.open_holds(tx, None, ())
        alone = store.holds_of_nobody(tx)
        appeals = store.all_open_appeals(tx)
        ready = ready_since(tx, appeals)
        noted = store.reminded(tx)
        of_programme = {
            row.programme_id: policy_in_force(tx, row.programme_id, row.policy, now).study for row in (*holds, *appeals)
        }
    done: dict[str, int] = {}
    lapsed: dict[int, Row[Any]] = {}
    for row in holds:  # one that two programmes may decide is there twice
        rules = of_programme[row.programme_id]
        clock = clock_of(row.decided_at, rules.review, rules.zone, now)
        who = {"learner_id": row.owner, "programme_id": row.programme_id, "cohort_id": row.cohort_id}
        _count(done, _remind(db, {"hold_id": row.id}, _for_hold(clock), who, noted, now))
        if clock.stage == "overdue" and rules.review.undecided == "release":
            lapsed[row.id] = row
    for row in alone:
        rules = load_policy("default").study
        if clock_of(row.decided_at, rules.review, rules.zone, now).stage == "overdue":
            lapsed[row.id] = row
    for row in lapsed.values():
        done["lapsed"] = done.get("lapsed", 0) + _lapse(db, row, now)
    for row in appeals:
        if row.id in ready:
            rules = of_programme[row.programme_id]
            who = {"learner_id": row.owner, "programme_id": row.programme_id, "cohort_id": row.cohort_id}
            clock = clock_of(ready[row.id], rules.review, rules.zone, now)
            _count(done, _remind(db, {"appeal_id": row.id}, _for_appeal(clock), who, noted, now))
    if done:
        log.info("deadlines of reviews: %s", ", ".join(f"{n} {kind}" for kind, n in sorted(done.items())))
    return done


def appeal_clocks(
    tx: Connection, rows: Sequence[Row[Any]], rules: Mapping[int, StudyPolicy], now: datetime
) -> dict[int, Clock]:
    """Clocks of open appeals by number; those that wait for the first reviewer, whose clock counts, have none. `rules`
    by programme."""
    ready, of = ready_since(tx, rows), {row.id: rules[row.programme_id] for row in rows}
    return {id: clock_of(since, of[id].review, of[id].zone, now) for id, since in ready.items()}


def _for_hold(clock: Clock) -> list[tuple[str, str]]:
    """(kind, role) of all that is due by now."""
    due = [("held", "learner"), ("held", "head_teacher")]
    if clock.stage != "open":
        due.append(("soon", "head_teacher"))
    if clock.stage in ("escalated", "overdue"):
        due += [("escalated", "head_teacher"), ("escalated", "liaison")]
    if clock.stage == "overdue":
        due += [("overdue", "liaison")]
    return due


def _for_appeal(clock: Clock) -> list[tuple[str, str]]:
    due = [("filed", "monitor"), ("filed", "head_teacher"), ("filed", "liaison")]
    if clock.stage != "open":
        due.append(("soon", "liaison"))
    if clock.stage in ("escalated", "overdue"):
        due.append(("escalated", "staff"))
    if clock.stage == "overdue":
        due.append(("overdue", "staff"))
    return due


def _remind(
    db: Engine,
    about: dict[str, int],
    due: list[tuple[str, str]],
    who: dict[str, int | None],
    noted: Collection[tuple[int | None, int | None, str, str]],
    now: datetime,
) -> list[str]:
    """Kinds of what was not noted before."""
    of = (about.get("hold_id"), about.get("appeal_id"))
    new = [(kind, role) for kind, role in due if (*of, kind, role) not in noted]
    if not new:
        return []
    with writing(db) as tx:
        return [kind for kind, role in new if _tell(tx, about, kind, role, who, now)]


def _tell(
    tx: Connection, about: dict[str, int], kind: str, role: str, who: dict[str, int | None], now: datetime
) -> bool:
    """Note a reminder, and mail it to those who left an address. False when it was noted before."""
    if not store.remind(tx, about, kind, role, who, now):
        return False
    named = kind if role == "learner" else "to_review" if kind == "held" else f"{_OF[next(iter(about))]}_{kind}"
    where = (who["learner_id"], who["programme_id"], who["cohort_id"])
    for account_id in accounts_to_tell(tx, role, *where, now):
        enqueue_mail(tx, account_id, named, {}, now, about=" ".join(f"{key} {id}" for key, id in about.items()))
    return True


def _count(done: dict[str, int], kinds: list[str]) -> None:
    for kind in kinds:
        done[kind] = done.get(kind, 0) + 1


def _lapse(db: Engine, row: Row[Any], now: datetime) -> int:
    """Give back what nobody decided about. 0 when somebody did, just now."""
    try:
        with writing(db) as tx:
            hold_learners(tx, {row.owner, row.learner_id})
            hold, last = store.holds_by_id(tx, [row.id]).get(row.id, (None, None))
            if hold is None or last is not None:
                return 0
            answer_hold(tx, hold, "release", LAPSED, NOBODY, None, now)
            who = {"learner_id": row.owner, "programme_id": None, "cohort_id": None}
            _tell(tx, {"hold_id": row.id}, "lapsed", "learner", who, now)
            return 1
    except IntegrityError:
        return 0
