"""The calendar of a programme: what may stand in it, a month as weeks, and the same as iCalendar (RFC 5545). Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import Struct

KINDS = ("opening", "live", "deadline", "exam", "notice", "bulletin", "holiday", "workday", "other")
MAX_TITLE, MAX_PLACE, MAX_WORDS = 100, 200, 2000
LONGEST = timedelta(days=400)


class Page(Struct, frozen=True):
    """A page that an entry is about: `args` name it. `since`: from when on it can be opened; None: at any time."""

    endpoint: str
    args: Mapping[str, Any]
    since: datetime | None = None


class Entry(Struct, frozen=True):
    """One thing in a calendar. `until_on` is its last day; without `starts_at` it is all day. `cohort_id` None: for
    everybody. `what` happens to what has the title, where that is not all: starts | ends | due | reviews_due | published.
    `pages`: what it is about; a reader is led to the first that is theirs, whose `address` stands here then.
    `inside`: who may open none of them does not see it at all."""

    key: str
    programme_id: int
    kind: str
    title: str
    on: date
    until_on: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str | None = None
    words: str | None = None
    cohort_id: int | None = None
    cohort: str | None = None
    cancelled: bool = False
    version: int = 1
    made_at: datetime | None = None
    number: int | None = None
    """Of an event that was entered in the calendar; None: it comes from elsewhere, and is changed there."""
    pages: tuple[Page, ...] = ()
    inside: bool = False
    address: str | None = None
    what: str | None = None


class EventRefused(ValueError):
    """The event is refused. `code`: kind | title | place | words | dates | times | class | gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_event(
    *,
    kind: str,
    title: str,
    on: date,
    until_on: date,
    starts_at: datetime | None,
    ends_at: datetime | None,
    place: str,
    words: str,
) -> None:
    """Raise EventRefused for an event that cannot be."""
    if kind not in KINDS:
        raise EventRefused("kind")
    if not title.strip() or len(title) > MAX_TITLE or not title.isprintable():
        raise EventRefused("title")
    if len(place) > MAX_PLACE or len(words) > MAX_WORDS:
        raise EventRefused("place" if len(place) > MAX_PLACE else "words")
    if not timedelta(0) <= until_on - on <= LONGEST:
        raise EventRefused("dates")
    if (starts_at is None) != (ends_at is None) or (starts_at and ends_at and ends_at < starts_at):
        raise EventRefused("times")


def weeks_of(month: date) -> list[list[date]]:
    """The weeks, from Monday, that a month touches."""
    first = month.replace(day=1)
    day = first - timedelta(days=first.weekday())
    weeks = []
    while day < first or day.month == first.month:
        weeks.append([day + timedelta(days=n) for n in range(7)])
        day += timedelta(days=7)
    return weeks


def by_day(entries: Iterable[Entry], first: date, last: date) -> dict[date, list[Entry]]:
    """The entries of each day that has any, all-day ones first."""
    found: dict[date, list[Entry]] = {}
    for entry in sorted(
        entries, key=lambda e: (e.starts_at is not None, e.starts_at or datetime.min.replace(tzinfo=UTC), e.title)
    ):
        day = max(entry.on, first)
        while day <= min(entry.until_on, last):
            found.setdefault(day, []).append(entry)
            day += timedelta(days=1)
    return dict(sorted(found.items()))


def icalendar(entries: Iterable[Entry], *, name: str, host: str, now: datetime) -> str:
    """The text of a .ics file. Cancelled events are in it, said to be cancelled: a subscriber's program takes them out."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lms_tracker//calendar//ZH", "CALSCALE:GREGORIAN"]
    lines += [
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        f"NAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    ]
    for entry in entries:
        lines += ["BEGIN:VEVENT", f"UID:{entry.key}@{host}", f"DTSTAMP:{_utc(entry.made_at or now)}"]
        lines += [f"SEQUENCE:{entry.version - 1}", f"SUMMARY:{_text(entry.title)}", *_when(entry)]
        lines += [f"LOCATION:{_text(entry.place)}"] if entry.place else []
        lines += [f"DESCRIPTION:{_text(entry.words)}"] if entry.words else []
        lines += [f"URL:{entry.address}"] if entry.address else []
        lines += [f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}", "TRANSP:TRANSPARENT", "END:VEVENT"]
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _when(entry: Entry) -> list[str]:
    if entry.starts_at is not None and entry.ends_at is not None:
        return [f"DTSTART:{_utc(entry.starts_at)}", f"DTEND:{_utc(entry.ends_at)}"]
    after = entry.until_on + timedelta(days=1)  # the end of whole days is the first day without
    return [f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """RFC 5545, 3.3.11."""
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(sign, written)
    return text


def _folded(line: str) -> Iterable[str]:
    """RFC 5545, 3.1: no line has more than 75 octets; what follows begins with a blank. No character is cut in two."""
    piece, size, limit = "", 0, 75
    for character in line:
        octets = len(character.encode())
        if size + octets > limit:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    yield piece
