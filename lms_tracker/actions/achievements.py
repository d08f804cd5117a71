"""Recording what counts besides study time and marks. Nothing is edited: it is replaced or withdrawn, with a reason."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection, Row

from lms_tracker.core.grading.kinds import Achieved, faults_of
from lms_tracker.core.typed import legible_line
from lms_tracker.store import achievements as store
from lms_tracker.store.identity_history import hold_who_is_who

MAX_REASON = 500


class AchievementRefused(ValueError):
    """It cannot be recorded, replaced or withdrawn. `faults`: (field, what is wrong), all of them."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(f"{field}: {message}" for field, message in faults))


def post_achievement(
    tx: Connection, programme_id: int, new: Achieved, *, recorded_by: int | None, now: datetime
) -> tuple[int, bool]:
    """Record it, in force from `now` on: its id, and whether it is new. The same again changes nothing.

    One learner has one achievement in force for a kind, item and attempt: whoever has something else to say of it
    replaces it. Raises AchievementRefused.
    """
    hold_who_is_who(tx)
    new = _stripped(new)
    _check(tx, programme_id, new, now)
    standing = store.same_in_force(tx, programme_id, new)
    if standing is not None:
        if content_of(standing) == new:
            return standing.id, False
        raise AchievementRefused(("item", _recorded_already(standing)))
    return store.insert_achievement(tx, programme_id, new, recorded_by=recorded_by, now=now), True


def replace_achievement(
    tx: Connection, achievement_id: int, new: Achieved, *, reason: str, replaced_by: int | None, now: datetime
) -> int:
    """Put another in its place from `now` on, of the same learner; the id of the new one. Raises AchievementRefused."""
    hold_who_is_who(tx)
    old, new = _standing(tx, achievement_id), _stripped(new)
    if old.learner_id != new.learner_id:
        raise AchievementRefused(("learner_id", "one learner's achievement does not become another's: withdraw it"))
    _check(tx, old.programme_id, new, now)
    other = store.same_in_force(tx, old.programme_id, new)
    if other is not None and other.id != old.id:
        raise AchievementRefused(("item", _recorded_already(other)))
    _end(tx, old, replaced_by, reason, now)
    return store.insert_achievement(
        tx, old.programme_id, new, recorded_by=replaced_by, now=now, replaces=achievement_id
    )


def withdraw_achievement(
    tx: Connection, achievement_id: int, *, reason: str, withdrawn_by: int | None, now: datetime
) -> None:
    """It counts no longer from `now` on. Raises AchievementRefused."""
    _end(tx, _standing(tx, achievement_id), withdrawn_by, reason, now)


def content_of(row: Row[Any]) -> Achieved:
    """What a row says, without who recorded it when."""
    return Achieved(**{name: getattr(row, name) for name in Achieved.__struct_fields__})


def latest_day(now: datetime) -> date:
    """The latest local date that there can be anywhere at an instant."""
    return (now + timedelta(hours=14)).date()


def _check(tx: Connection, programme_id: int, new: Achieved, now: datetime) -> None:
    faults: Sequence[tuple[str, str]] = faults_of(new, latest_day(now))
    if not store.takes_part(tx, programme_id, new.learner_id):
        faults = [*faults, ("learner_id", f"learner {new.learner_id} was never enrolled in programme {programme_id}")]
    if faults:
        raise AchievementRefused(*faults)


def _standing(tx: Connection, achievement_id: int) -> Row[Any]:
    row = store.achievement_row(tx, achievement_id)
    if row is None:
        raise AchievementRefused(("id", f"there is no achievement {achievement_id}"))
    if row.replaced_at is not None:
        raise AchievementRefused(("id", f"achievement {achievement_id} was replaced or withdrawn already"))
    return row


def _end(tx: Connection, row: Row[Any], by: int | None, reason: str, now: datetime) -> None:
    reason = legible_line(reason)
    if not reason or len(reason) > MAX_REASON:
        raise AchievementRefused(("reason", f"a reason of 1 to {MAX_REASON} characters is needed"))
    if row.recorded_at > now:
        raise AchievementRefused(("id", f"achievement {row.id} is in force only from {row.recorded_at.isoformat()} on"))
    if not store.end_achievement(tx, row.id, by=by, reason=reason, now=now):
        raise AchievementRefused(("id", f"achievement {row.id} was replaced or withdrawn meanwhile"))


def _stripped(new: Achieved) -> Achieved:
    texts = {name: value.strip() or None for name, value in asdict(new).items() if isinstance(value, str)}
    texts |= {name: texts[name] or "" for name in ("kind", "item", "source") if name in texts}
    return msgspec.structs.replace(new, **texts)


def _recorded_already(row: Row[Any]) -> str:
    said = [f"{name} {value}" for name in ("value", "level") if (value := getattr(row, name)) is not None]
    what = f" ({', '.join(said)})" if said else ""
    return f"{row.item!r} is recorded for this {row.kind} already as {row.id}{what}: replace or withdraw that"
