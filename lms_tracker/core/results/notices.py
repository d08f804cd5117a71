"""Public notice of results (公示): when it is open, who may object, when certificates may follow."""

from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

MOST_DAYS = 90
DEFAULT_DAYS = 7
"""As candidates are published for 7 days (programmes.md, P8); staff may choose otherwise."""
MAX_WORDS = 2000

State = Literal["open", "closed", "withdrawn"]


class NoticeRow(Protocol):
    """Columns of `result_notice` that the rules read."""

    closes_at: datetime
    withdrawn_at: datetime | None


class ObjectionRow(Protocol):
    """Columns of `objection` that the rules read."""

    outcome: str | None


class ResultsRefused(ValueError):
    """What was asked for cannot be done. `code` is one of CODES; the pages have words for it."""

    def __init__(self, code: str) -> None:
        assert code in CODES
        super().__init__(CODES[code])
        self.code = code


CODES = {
    "reason": "a reason is needed",
    "words": f"words are needed, {MAX_WORDS} characters at most",
    "days": f"a notice is open for 1 to {MOST_DAYS} days",
    "contact": "say whom people may turn to",
    "nobody": "nobody is enrolled: there are no results",
    "as-of": "the instant lies in the future",
    "superseded": "these results have been superseded",
    "published": "these results have a notice already",
    "not-open": "the notice takes no objections any more",
    "own": "nobody answers an objection about themselves or of their own",
    "answered": "the objection has been answered",
    "no-notice": "certificates follow a public notice that has ended",
    "notice-open": "the notice is still open",
    "objections": "objections are still to be answered",
    "upheld": "an objection was upheld: freeze the results anew and publish them again",
    "nothing": "there is nobody to give a certificate to",
    "revoked": "the certificate is revoked already",
}


def closing(opens_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The midnight at the end of the last of `days` whole local days, the day of publication not among them.

    Raises ResultsRefused("days").
    """
    if not 1 <= days <= MOST_DAYS:
        raise ResultsRefused("days")
    last: date = opens_at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), zone)


def last_day(notice: NoticeRow, zone: ZoneInfo) -> date:
    """The last local day on which it takes objections."""
    return (notice.closes_at - timedelta(seconds=1)).astimezone(zone).date()


def state_of(notice: NoticeRow, now: datetime) -> State:
    """Whether it takes objections."""
    if notice.withdrawn_at is not None:
        return "withdrawn"
    return "open" if now < notice.closes_at else "closed"


def may_certify(notice: NoticeRow | None, objections: list[ObjectionRow], now: datetime) -> None:
    """Raises ResultsRefused as long as certificates may not be given out: `no-notice`, `notice-open`, `objections`,
    `upheld`."""
    if notice is None or notice.withdrawn_at is not None:
        raise ResultsRefused("no-notice")
    if state_of(notice, now) == "open":
        raise ResultsRefused("notice-open")
    if any(one.outcome is None for one in objections):
        raise ResultsRefused("objections")
    if any(one.outcome == "upheld" for one in objections):
        raise ResultsRefused("upheld")
