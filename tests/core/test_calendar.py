"""The calendar as weeks, as days, and as iCalendar."""

from datetime import UTC, date, datetime

import pytest

from lms_tracker.core.calendar import Entry, EventRefused, by_day, check_event, icalendar, weeks_of

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIVE = Entry(
    "event-7", 1, "live", "专家答疑，第二场", date(2026, 3, 4), date(2026, 3, 4),
    datetime(2026, 3, 4, 11, tzinfo=UTC), datetime(2026, 3, 4, 12, 30, tzinfo=UTC),
    place="会议室; 二楼", words="请带笔记\n准时", version=3, made_at=NOW,
)  # fmt: skip
HOLIDAY = Entry("event-8", 1, "holiday", "清明", date(2026, 4, 4), date(2026, 4, 6), cancelled=True)


@pytest.mark.parametrize(
    ("month", "first", "last", "count"),
    [
        (date(2026, 2, 1), date(2026, 1, 26), date(2026, 3, 1), 5),
        (date(2027, 2, 10), date(2027, 2, 1), date(2027, 2, 28), 4),
        (date(2026, 8, 1), date(2026, 7, 27), date(2026, 9, 6), 6),
    ],
)
def test_the_weeks_of_a_month_begin_on_monday_and_hold_all_of_it(
    month: date, first: date, last: date, count: int
) -> None:
    weeks = weeks_of(month)
    assert (weeks[0][0], weeks[-1][-1], len(weeks)) == (first, last, count)


def test_what_lasts_for_days_stands_on_each_and_all_day_comes_first() -> None:
    eve = Entry("e", 1, "other", "前夜", date(2026, 4, 6), date(2026, 4, 6), NOW, NOW)
    days = by_day([eve, HOLIDAY], date(2026, 4, 5), date(2026, 4, 30))
    assert {day.day: [e.title for e in found] for day, found in days.items()} == {5: ["清明"], 6: ["清明", "前夜"]}


def test_icalendar_says_times_in_utc_whole_days_without_their_end_and_what_was_cancelled() -> None:
    text = icalendar([LIVE, HOLIDAY], name="培训, 一", host="study.example.edu", now=NOW)
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert "UID:event-7@study.example.edu" in lines and "SEQUENCE:2" in lines
    assert "DTSTART:20260304T110000Z" in lines and "DTEND:20260304T123000Z" in lines
    assert "LOCATION:会议室\\; 二楼" in lines and "DESCRIPTION:请带笔记\\n准时" in lines
    assert "DTSTART;VALUE=DATE:20260404" in lines and "DTEND;VALUE=DATE:20260407" in lines
    assert lines.count("STATUS:CANCELLED") == 1 and "X-WR-CALNAME:培训\\, 一" in lines


def test_no_line_is_longer_than_75_octets_and_no_character_is_cut() -> None:
    long = Entry("e", 1, "other", "很长的标题" * 40, date(2026, 4, 6), date(2026, 4, 6))
    data = icalendar([long], name="x", host="h", now=NOW).encode()
    pieces = data.split(b"\r\n")
    assert max(map(len, pieces)) <= 75
    assert all(piece.decode() is not None for piece in pieces)
    assert "很长的标题" * 40 in data.decode().replace("\r\n ", "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "party"}, "kind"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"place": "x" * 201}, "place"),
        ({"words": "x" * 2001}, "words"),
        ({"until_on": date(2026, 3, 3)}, "dates"),
        ({"until_on": date(2028, 3, 3)}, "dates"),
        ({"starts_at": NOW}, "times"),
        ({"starts_at": NOW, "ends_at": datetime(2026, 3, 1, 7, tzinfo=UTC)}, "times"),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_name(change: dict[str, object], code: str) -> None:
    event: dict[str, object] = {"kind": "live", "title": "答疑", "on": date(2026, 3, 4), "until_on": date(2026, 3, 4)}
    event |= {"starts_at": None, "ends_at": None, "place": "", "words": ""}
    check_event(**event)  # type: ignore[arg-type]
    with pytest.raises(EventRefused) as refused:
        check_event(**(event | change))  # type: ignore[arg-type]
    assert refused.value.code == code
