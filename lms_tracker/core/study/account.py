"""The rules between sessions: what a learner was credited so far, and what is left to be credited of the next run.

A second on the clock counts once per learner, a part of the content once per learner and activity, and a local date up to
the cap.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.study.atoms import Run, Span
from lms_tracker.core.study.entries import COUNTED, REASONS, Entry
from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.rules import NONE

QUARTER = 900 * SECOND
"""Every zone's midnight falls on a quarter of an hour of UTC."""
MOST = 31 * 86_400 * SECOND
"""Nobody studies for longer without a word: a single statement or step that claims more is a wrong clock, whatever the
policy, and is put down as this much, where it ends. Divided by date 290,000 years would be 100 million entries."""
FIRST, LAST = (to_us(datetime.datetime(*day, tzinfo=datetime.UTC)) for day in ((1, 1, 2), (9999, 12, 30)))
"""Instants beyond are on the date of these: in some zones they would be on none."""
Verdict = tuple[datetime.date, Run, str]


class Account:
    """What a learner was credited so far: seconds on the clock, content by activity, amounts by date and activity."""

    def __init__(self, policy: StudyPolicy, days: "Days") -> None:
        self.days = days
        self.tolerance = round(policy.tolerance_s * SECOND)
        self.cap = round(policy.cap_s * SECOND)
        self.clock = IntervalSet()
        self.content: dict[str, IntervalSet] = defaultdict(IntervalSet)
        self.of_activity: dict[str, int] = defaultdict(int)
        self.of_date: dict[datetime.date, int] = defaultdict(int)

    def credit(self, activity: str, length: int | None, run: Run, share: float) -> Iterator[Verdict]:
        """Divide a run by local date, then by the first rule between sessions that applies to each part.

        `length` is the activity's, in microseconds, None when it has no bound; `share` of the run is trusted.
        """
        if run.high == run.low + 1 and run.end - run.start > MOST:
            whole = replace(run, start=run.end, amount=min(run.amount, MOST))  # its beginning may be on no date
            yield self.days.date(run.end), whole, "clock" if run.reason == NONE else REASONS[run.reason]
            return
        for date, part in self.days.split(run):
            if part.reason != NONE:
                yield date, part, REASONS[part.reason]
                continue
            for piece, overlaps in _cut(part, self.clock.split(part.start, part.end), Run.cut):
                if overlaps:
                    yield date, piece, "overlap"
                    continue
                for fresh, repeats in self._divide_content(activity, length, piece):
                    if repeats:
                        yield date, fresh, "repeat"
                    else:
                        yield from self._divide_amount(activity, length, date, fresh, share)

    def keep(self, entries: Iterable[Entry]) -> None:
        """Take over what a session was credited before, whatever people decided about it."""
        for entry in entries:
            for interval in entry.intervals:
                if interval.verdict in COUNTED:
                    self.clock.add(interval.start_us, interval.end_us)
                    self._count(entry.activity, entry.date, interval.amount_us, interval.media)

    def _count(self, activity: str, date: datetime.date, amount: int, media: Span | None) -> None:
        self.of_activity[activity] += amount
        self.of_date[date] += amount
        if media is not None:
            self.content[activity].add(*media)

    def _divide_content(self, activity: str, length: int | None, run: Run) -> Iterator[tuple[Run, bool]]:
        """Content already credited, or beyond the activity's length, is `repeat`."""
        if run.media is None or run.media[0] == run.media[1]:
            yield run, False
            return
        for piece, seen in _cut(run, self.content[activity].split(*run.media), Run.cut_media):
            assert piece.media is not None
            end = piece.media[1] if length is None else length + self.tolerance
            if seen or piece.media[1] <= end:
                yield piece, seen
            elif piece.media[0] >= end:
                yield piece, True
            else:
                within, beyond = piece.cut_media(end)
                yield within, False
                yield beyond, True

    def _divide_amount(
        self, activity: str, length: int | None, date: datetime.date, run: Run, share: float
    ) -> Iterator[Verdict]:
        """What the activity, then the date, then the trust in the source still admit; only this is credited."""
        if not run.amount:
            return  # a microsecond's rounding: it is worth nothing, and covers nothing
        room = run.amount if length is None else max(0, length - self.of_activity[activity])
        today = max(0, self.cap - self.of_date[date])
        if run.high > run.low + 1 and today < room < run.amount:
            for atom in run.singly():  # what the date has no room for takes up none of the activity's
                yield from self._divide_amount(activity, length, date, atom, share)
            return
        for reason, left in (("repeat", room), ("cap", today)):
            kept, over = _take(run, left)
            if over is not None:
                yield date, over, reason
            if kept is None:
                return
            run = kept
        if run.untimely:
            yield date, run, "clock"
            return
        kept, over = _take(run, round(run.amount * share)) if share < 1 else (run, None)
        if over is not None:
            yield date, over, "aggregate"
        if kept is not None:
            self._count(activity, date, kept.amount, kept.media)
            yield date, kept, "credited"


def _cut(
    run: Run, pieces: list[tuple[int, int, bool]], cut: Callable[[Run, int], tuple[Run, Run]]
) -> Iterator[tuple[Run, bool]]:
    """The run along (start, end, flag) pieces that cover it, by whichever of its axes `cut` divides."""
    for _, end, flag in pieces[:-1]:
        head, run = cut(run, end)
        yield head, flag
    yield run, bool(pieces) and pieces[-1][2]  # no pieces: no width on the clock


def _take(run: Run, amount: int) -> tuple[Run | None, Run | None]:
    if amount <= 0:
        return None, run
    if amount >= run.amount:
        return run, None
    return run.cut_amount(amount)


class Days:
    """Local dates of instants. What was asked for once is kept at hand."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._known: dict[int, tuple[datetime.date, int]] = {}
        self._midnights: dict[datetime.date, int] = {}

    def date(self, at: int) -> datetime.date:
        """The date of an instant."""
        return self._date(at)[0]

    def split(self, run: Run) -> Iterator[tuple[datetime.date, Run]]:
        """The run by local date. A run without width belongs to its instant's date."""
        while True:
            date, midnight = self._date(run.start)
            if run.end <= midnight or run.start >= LAST:
                yield date, run
                return
            head, run = run.cut(midnight)
            yield date, head

    def _date(self, at: int) -> tuple[datetime.date, int]:
        """The date of an instant, and when it ends."""
        at = min(max(at, FIRST), LAST)
        quarter = at // QUARTER
        if (known := self._known.get(quarter)) is None:
            date = from_us(at).astimezone(self.zone).date()
            known = self._known[quarter] = date, self._end(date)
        return known

    def _end(self, date: datetime.date) -> int:
        if (known := self._midnights.get(date)) is None:
            midnight = datetime.datetime.combine(date + datetime.timedelta(days=1), datetime.time(), self.zone)
            known = self._midnights[date] = to_us(midnight.astimezone(datetime.UTC))
        return known
