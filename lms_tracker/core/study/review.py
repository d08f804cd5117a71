"""Review and appeal: the deadlines, who may decide, and what may be handed in with an appeal."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from lms_tracker.core.uploads import MB, Limits

Days = Annotated[int, Meta(ge=1, le=366)]


class ReviewPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`[study.review]`: deadlines in whole days of the policy's time zone. A deadline is the end of its day."""

    appeal_days: Days = 14
    """A learner may appeal for so many days after time was found not to count. Held time: until it is decided, too."""
    decide_days: Annotated[int, Meta(ge=1, le=90)] = 7
    """So long the head teacher has for held time, and a second reviewer for an appeal."""
    escalate_days: Annotated[int, Meta(ge=1, le=90)] = 7
    """What is undecided then is the liaison's as well, for so many days more."""
    remind_days: Annotated[int, Meta(ge=0, le=30)] = 2
    """Reminders begin so many days before a deadline; 0: at the deadline."""
    undecided: Literal["release", "wait"] = "release"
    """Held time that nobody has decided about by the last deadline is released, or goes on waiting. An appeal always
    goes on waiting: only a person ends it."""


Stage = Literal["open", "soon", "escalated", "overdue"]


class Clock(Struct, frozen=True):
    """Where a decision stands: `decide_by` and `last` are instants, the ends of days."""

    since: datetime
    decide_by: datetime
    last: datetime
    stage: Stage
    """`open`, `soon` (reminders go out), `escalated` (the first deadline has passed), `overdue` (the last, too)."""

    @property
    def next(self) -> datetime:
        """The deadline that counts now."""
        return self.decide_by if self.stage in ("open", "soon") else self.last


def clock_of(since: datetime, rules: ReviewPolicy, zone: ZoneInfo, now: datetime) -> Clock:
    """The clock of what has waited for a decision since an instant."""
    decide_by = end_of_day(since, rules.decide_days, zone)
    last = end_of_day(since, rules.decide_days + rules.escalate_days, zone)
    remind = decide_by - timedelta(days=rules.remind_days)
    stage: Stage = (
        "overdue" if now >= last else "escalated" if now >= decide_by else "soon" if now >= remind else "open"
    )
    return Clock(since, decide_by, last, stage)


def end_of_day(since: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The local midnight that ends the day so many days after an instant's."""
    day = since.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


class NotAllowed(ValueError):
    """Why somebody may not decide, as a key: `own`, `same-reviewer`, `decided`, `not-yet`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def check_reviewer(reviewer: int, own_accounts: Collection[int], earlier: Collection[int | None] = ()) -> None:
    """Raise NotAllowed: nobody decides on their own time, and a second reviewer is not the first."""
    if reviewer in own_accounts:
        raise NotAllowed("own")
    if reviewer in earlier:
        raise NotAllowed("same-reviewer")


MAX_WORDS = 2000
APPEAL_FILES = Limits(files=3, file_bytes=2 * MB, kinds=("pdf", "png", "jpg", "txt"))
