"""Against what a learner may appeal, and until when: asked by the form, by its page, and by each link that leads there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.core.study.decisions import NOT_GRANTED, SUSPECT, Window, windows_of
from lms_tracker.core.study.entries import COUNTED, REASONS, Entry
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import NotAllowed, end_of_day
from lms_tracker.store import reviews as store
from lms_tracker.store.db import reading
from lms_tracker.store.decisions import decision_rows
from lms_tracker.store.ledger import EntryKey, entries_in_force

HELD = "held"
COUNTED_ONCE = NOT_GRANTED - COUNTED


class Target(NamedTuple):
    """What is appealed against: one reason of one entry; `held` and `rejected` mean the hold behind it."""

    activity: str
    session: str
    registration: str
    date: date
    about: str


class Appealable(NamedTuple):
    """A reason of an entry as it is now. `until`: the last instant for an appeal; None as long as the time is held."""

    entry: Entry
    window: Window
    amount_us: int
    hold: Row[Any] | None
    until: datetime | None
    place: Row[Any]
    policy: StudyPolicy


class Late(NotAllowed):
    """`late`: it could have been appealed until an instant; and of which class the head teacher is who may be asked."""

    def __init__(self, until: datetime, zone: ZoneInfo, cohort_id: int) -> None:
        super().__init__("late")
        self.until, self.zone, self.cohort_id = until, zone, cohort_id


class Grounds(NamedTuple):
    """All of a learner's that decides about appeals, read once for several entries. Places by activity, policies by
    programme."""

    decisions: Sequence[Row[Any]]
    appeals: Sequence[Row[Any]]
    posted: Mapping[EntryKey, datetime]
    places: Mapping[str, Row[Any]]
    policies: Mapping[int, StudyPolicy]


def look_at(db: Engine, learner_id: int, target: Target, now: datetime) -> Appealable:
    """What an appeal would be about. Raises as `appealable`."""
    with reading(db) as tx:
        return look_within(tx, learner_id, target, now)


def look_within(tx: Connection, learner_id: int, target: Target, now: datetime) -> Appealable:
    """As `look_at`, in a transaction."""
    entries = entries_in_force(tx, [learner_id], target.date, target.date)
    entry = next((one for one in entries if one.key == (*target[:3], target.date)), None)
    if entry is None:
        raise NotAllowed("nothing")
    return appealable(entry, target.about, grounds_of(tx, learner_id, [entry], now), now)


def grounds_of(tx: Connection, learner_id: int, entries: Collection[Entry], now: datetime) -> Grounds:
    """For these entries, of which there is one at least."""
    dates = [entry.date for entry in entries]
    places = store.places_of_study(tx, learner_id, {entry.activity for entry in entries})
    policies = {place.programme_id: place.policy for place in places.values()}
    return Grounds(
        decision_rows(tx, learner_id),
        store.appeals_of(tx, learner_id),
        store.when_posted(tx, learner_id, min(dates), max(dates)),
        places,
        {id: policy_in_force(tx, id, name, now).study for id, name in policies.items()},
    )


def appealable(entry: Entry, about: str, grounds: Grounds, now: datetime) -> Appealable:
    """What an appeal against a reason of an entry would be about. Raises NotAllowed: `nothing` (no such time),
    `counted-once`, `filed` (before), `nobody` (no programme looks after it), and Late (`late`)."""
    if about not in {*REASONS, HELD}:
        raise NotAllowed("nothing")
    window = next(iter(windows_of([entry], about)), None)
    amount = entry.held_us if about == HELD else entry.discounted.get(about, 0)
    if window is None or not amount or entry.key not in grounds.posted:  # reversed since it was read
        raise NotAllowed("nothing")
    if about in COUNTED_ONCE:
        raise NotAllowed("counted-once")
    place = grounds.places.get(entry.activity)
    if place is None:
        raise NotAllowed("nobody")
    policy = grounds.policies[place.programme_id]
    if about in SUSPECT:
        found = [(hold, answer.decided_at if answer else None) for hold, answer in _holds(grounds, window, about)]
    else:
        found = [] if _is_filed(grounds, entry, about) else [(None, grounds.posted[entry.key])]
    if not found:
        raise NotAllowed("filed")
    untils = [since and end_of_day(since, policy.review.appeal_days, policy.zone) for _, since in found]
    for (hold, _), until in zip(found, untils, strict=True):
        if until is None or now < until:
            whole = window if hold is None else Window(*window.key, hold.start_us, hold.end_us)
            return Appealable(entry, whole, amount, hold, until, place, policy)
    raise Late(max(until for until in untils if until is not None), policy.zone, place.cohort_id)


def _holds(grounds: Grounds, window: Window, about: str) -> list[tuple[Row[Any], Row[Any] | None]]:
    """Holds behind held or rejected time that nobody has appealed against yet, with what a person said of each; those
    that are what it is about first."""
    answered = {row.replaces: row for row in grounds.decisions if row.replaces is not None}
    appealed = {one.hold_id for one in grounds.appeals}
    found = [
        (row, answered.get(row.id))
        for row in grounds.decisions
        if row.kind == "hold"
        and row.id not in appealed
        and (row.activity, row.session, row.registration) == window.key
        and row.start_us <= window.end_us
        and window.start_us <= row.end_us
    ]
    standing = [(hold, answer) for hold, answer in found if answer is None or answer.kind == "reject"]
    return sorted(standing, key=lambda one: (one[1] is None) != (about == HELD))


def _is_filed(grounds: Grounds, entry: Entry, about: str) -> bool:
    return any(
        one.hold_id is None
        and one.about == about
        and (one.activity, one.session, one.registration, one.date) == entry.key
        for one in grounds.appeals
    )
