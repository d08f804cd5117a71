"""The clock of reviews: who is to be reminded, what is the liaison's as well, and what nobody has decided in time.

Nothing is lost to a machine: held time that no person looked at until the last deadline is released (or goes on
waiting, where the policy says so), and an appeal waits for a person however long it takes.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.decide_appeal import ready_since
from lms_tracker.actions.policies import load_policy
from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.review_hold import answer_hold
from lms_tracker.actions.tell_of_reviews import Due, tell_learner, tell_of_reviews
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import Clock, clock_of
from lms_tracker.store import reviews as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import LAPSED
from lms_tracker.store.identity_history import hold_learners

log = logging.getLogger(__name__)
NOBODY = "无人在期限内作出决定 | nobody decided in time"


def keep_deadlines(db: Engine, now: datetime) -> dict[str, int]:
    """Note reminders that are due and release what has lapsed: (kind -> how many). May run any number of times."""
    with reading(db) as tx:
        holds = store.open_holds(tx, None, ())
        alone = store.holds_of_nobody(tx)
        appeals = store.all_open_appeals(tx)
        ready = ready_since(tx, appeals)
        rules = {
            row.programme_id: policy_in_force(tx, row.programme_id, row.policy, now).study for row in (*holds, *appeals)
        }
    dues: list[Due] = []
    lapsed: dict[int, Row[Any]] = {}
    for row in holds:  # one that two programmes may decide is there twice
        own = rules[row.programme_id]
        clock = clock_of(row.decided_at, own.review, own.zone, now)
        if clock.stage == "overdue" and own.review.undecided == "release":
            lapsed[row.id] = row
        else:
            dues.append(_due(row, "hold_id", _for_hold(clock), clock, own))
    for row in alone:
        own = load_policy("default").study
        if clock_of(row.decided_at, own.review, own.zone, now).stage == "overdue":
            lapsed[row.id] = row
    for row in appeals:
        if row.id in ready:
            own = rules[row.programme_id]
            clock = clock_of(ready[row.id], own.review, own.zone, now)
            dues.append(_due(row, "appeal_id", _for_appeal(clock), clock, own))
    done = Counter(tell_of_reviews(db, dues, now))
    done["lapsed"] = sum(_lapse(db, row, now) for row in lapsed.values())
    done = +done
    if done:
        log.info("deadlines of reviews: %s", ", ".join(f"{n} {kind}" for kind, n in sorted(done.items())))
    return dict(done)


def _due(row: Row[Any], about: str, kinds: list[tuple[str, str]], clock: Clock, rules: StudyPolicy) -> Due:
    last_day = (clock.next - timedelta(microseconds=1)).astimezone(rules.zone).date()
    return Due(about, row.id, kinds, row.owner, row.programme_id, row.cohort_id, last_day)


def appeal_clocks(
    tx: Connection, rows: Sequence[Row[Any]], rules: Mapping[int, StudyPolicy], now: datetime
) -> dict[int, Clock]:
    """Clocks of open appeals by number; those that wait for the first reviewer, whose clock counts, have none. `rules`
    by programme."""
    ready, of = ready_since(tx, rows), {row.id: rules[row.programme_id] for row in rows}
    return {id: clock_of(since, of[id].review, of[id].zone, now) for id, since in ready.items()}


def first_clocks(
    tx: Connection, rows: Sequence[Row[Any]], rules: Mapping[int, StudyPolicy], now: datetime
) -> dict[int, Clock]:
    """Clocks of the first review, by number, of open appeals that wait for it. `rules` by programme."""
    holds = store.holds_by_id(tx, [row.hold_id for row in rows if row.hold_id is not None])
    clocks = {}
    for row in rows:
        hold, last = holds.get(row.hold_id, (None, None))
        if hold is not None and last is None:
            own = rules[row.programme_id]
            clocks[row.id] = clock_of(hold.decided_at, own.review, own.zone, now)
    return clocks


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


def _lapse(db: Engine, row: Row[Any], now: datetime) -> int:
    """Give back what nobody decided about. 0 when somebody did, just now."""
    try:
        with writing(db) as tx:
            hold_learners(tx, {row.owner, row.learner_id})
            hold, last = store.holds_by_id(tx, [row.id]).get(row.id, (None, None))
            if hold is None or last is not None:
                return 0
            answer_hold(tx, hold, "release", LAPSED, NOBODY, None, now)
            tell_learner(tx, row.owner, "lapsed", f"hold_id {row.id}", {}, now)
            return 1
    except IntegrityError:
        return 0
