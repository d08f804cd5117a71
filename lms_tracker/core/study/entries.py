"""The ledger's shapes. All amounts and instants are integer microseconds; instants count from 1970 UTC."""

import datetime
from collections.abc import Iterable

from msgspec import Struct

ENGINE = "4"
"""Version of the rules' code; recorded with each entry. Raise it when the same evidence gives another ledger."""

REASONS = (
    "gap",
    "hidden",
    "unanswered",
    "idle",
    "rate",
    "stalled",
    "overlap",
    "repeat",
    "cap",
    "clock",
    "aggregate",
    "rejected",
)
"""Why a second does not count, in order of precedence (study-time.md, section 2). `rejected`, the last, is never the
rules': a person found that what was held does not count (core.study.decisions)."""


COUNTED = frozenset({"credited", "held", "rejected"})
"""What the rules credit, and what became of it."""


class Interval(Struct, frozen=True, gc=False):
    """A piece of a session under one verdict, with the two statements that bound it.

    `amount_us` is in study time (media time for media), which differs from `end_us - start_us` when media were not
    played at their own speed. `media` is the content played, None where positions are unknown.
    """

    start_us: int
    end_us: int
    amount_us: int
    media: tuple[int, int] | None
    verdict: str
    statements: tuple[str, str]


class Entry(Struct, frozen=True, gc=False):
    """What one session of a learner on one activity counts on one local date.

    `raw_us == credited_us + held_us + sum(discounted.values())`, always.
    """

    learner_id: int
    activity: str
    session: str
    registration: str
    date: datetime.date
    raw_us: int
    credited_us: int
    held_us: int
    discounted: dict[str, int]
    intervals: list[Interval]
    evidence: str
    policy: str
    engine: str

    @property
    def key(self) -> tuple[str, str, str, datetime.date]:
        """What the entry is about; at most one entry per learner and key is in force."""
        return (self.activity, self.session, self.registration, self.date)


def in_ledger(entry: Entry) -> tuple[datetime.date, tuple[str, str, str]]:
    """The order of a ledger: by date, activity, session and registration."""
    return entry.date, entry.key[:3]


def union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The times (start, end) that any of these spans covers, in order and apart from each other."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same intervals in order of time, neighbours under one verdict and of one run of the content joined."""
    out: list[Interval] = []
    for new in sorted(intervals, key=lambda i: (i.start_us, i.end_us, i.media or (0, 0), i.verdict)):
        if out and _adjoin(out[-1], new):
            old = out[-1]
            media = (old.media[0], new.media[1]) if old.media and new.media else None
            out[-1] = Interval(
                old.start_us,
                new.end_us,
                old.amount_us + new.amount_us,
                media,
                old.verdict,
                (old.statements[0], new.statements[1]),
            )
        else:
            out.append(new)
    return out


def _adjoin(old: Interval, new: Interval) -> bool:
    if old.verdict != new.verdict or old.end_us != new.start_us:
        return False
    if old.media is None or new.media is None:
        return old.media is new.media
    return old.media[1] == new.media[0]
