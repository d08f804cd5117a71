"""A learner appeals: against a discount of the rules, or against a hold and what came of it. With words and files."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.programme_policy import policy_in_force
from lms_tracker.actions.review_hold import checked_words
from lms_tracker.core.study.decisions import NOT_GRANTED, SUSPECT, Window, windows_of
from lms_tracker.core.study.entries import COUNTED, REASONS, Entry
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.review import APPEAL_FILES, NotAllowed, end_of_day
from lms_tracker.core.uploads import UploadRefused, check_uploads
from lms_tracker.store import reviews as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import decision_rows
from lms_tracker.store.identity_history import hold_learners
from lms_tracker.store.ledger import entries_in_force

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
    """A target as it is now. `until`: the last instant for an appeal; None as long as the time is held."""

    target: Target
    entry: Entry
    window: Window
    amount_us: int
    hold: Row[Any] | None
    until: datetime | None
    place: Row[Any]
    policy: StudyPolicy


def look_at(db: Engine, learner_id: int, target: Target, now: datetime) -> Appealable:
    """What an appeal would be about. Raises NotAllowed: `nothing` (no such time), `counted-once`, `late`, `filed`
    (before), `nobody` (no programme looks after it)."""
    with reading(db) as tx:
        return _look(tx, learner_id, target, now)


def file_appeal(
    db: Engine, learner_id: int, target: Target, *, words: str, files: Sequence[tuple[str, bytes]], now: datetime
) -> int:
    """File it; its number. `files`: (name, content). Raises NotAllowed as `look_at` does, and `words`, `files` (too many),
    `file-size`, `file-kind`."""
    words, kept = checked_words(words), checked_files(files)
    try:
        with writing(db) as tx:
            hold_learners(tx, [learner_id])
            found = _look(tx, learner_id, target, now)
            values = {
                "learner_id": learner_id if found.hold is None else found.hold.learner_id,
                "programme_id": found.place.programme_id,
                "cohort_id": found.place.cohort_id,
                "activity": target.activity,
                "session": target.session,
                "registration": target.registration,
                "date": target.date,
                "about": target.about if found.hold is None else HELD,
                "start_us": found.window.start_us,
                "end_us": found.window.end_us,
                "amount_us": found.amount_us,
                "hold_id": None if found.hold is None else found.hold.id,
                "words": words,
                "filed_at": now,
            }
            return store.add_appeal(tx, values, kept)
    except IntegrityError as e:  # the same form sent twice
        raise NotAllowed("filed") from e


def checked_files(files: Sequence[tuple[str, bytes]]) -> list[tuple[str, str, bytes]]:
    """(name, kind, content) of what may be handed in. Raises NotAllowed."""
    try:
        return [(one.name, one.kind, one.content) for one in check_uploads(files, APPEAL_FILES)]
    except UploadRefused as e:
        raise NotAllowed(e.why) from e


def _look(tx: Connection, learner_id: int, target: Target, now: datetime) -> Appealable:
    mine = [
        one
        for one in entries_in_force(tx, [learner_id], target.date, target.date)
        if one.key == tuple(target[:3]) + (target.date,)
    ]
    about = target.about
    if not mine or about not in {*REASONS, HELD}:
        raise NotAllowed("nothing")
    (entry,) = mine
    window = next(iter(windows_of(mine, about)), None)
    amount = entry.held_us if about == HELD else entry.discounted.get(about, 0)
    if window is None or not amount:
        raise NotAllowed("nothing")
    if about in COUNTED_ONCE:
        raise NotAllowed("counted-once")
    place = store.place_of_study(tx, learner_id, target.activity)
    if place is None:
        raise NotAllowed("nobody")
    policy = policy_in_force(tx, place.programme_id, place.policy, now).study
    if about in SUSPECT | {"rejected"}:
        hold, since = _hold(tx, learner_id, window)
        if hold is None:
            raise NotAllowed("filed")
        window = Window(*window.key, hold.start_us, hold.end_us)
    else:
        hold, since = None, store.when_posted(tx, learner_id, target.date, target.date)[entry.key]
        if any(
            a.hold_id is None and a.about == about and _key(a) == entry.key for a in store.appeals_of(tx, learner_id)
        ):
            raise NotAllowed("filed")
    until = None if since is None else end_of_day(since, policy.review.appeal_days, policy.zone)
    if until is not None and now >= until:
        raise NotAllowed("late")
    return Appealable(target, entry, window, amount, hold, until, place, policy)


def _hold(tx: Connection, learner_id: int, window: Window) -> tuple[Row[Any] | None, datetime | None]:
    """The hold behind held or rejected time that nobody has appealed against yet, and when it was rejected."""
    rows = [row for row in decision_rows(tx, learner_id) if (row.activity, row.session, row.registration) == window.key]
    answered = {row.replaces: row for row in rows if row.replaces is not None}
    appealed = {a.hold_id for a in store.appeals_of(tx, learner_id)}
    for row in rows:
        answer = answered.get(row.id)
        open_to_appeal = row.kind == "hold" and row.id not in appealed and (answer is None or answer.kind == "reject")
        if open_to_appeal and row.start_us <= window.end_us and window.start_us <= row.end_us:
            return row, None if answer is None else answer.decided_at
    return None, None


def _key(row: Row[Any]) -> tuple[str, str, str, date]:
    return (row.activity, row.session, row.registration, row.date)
