"""Instants and durations, as the statement model and the engine read them."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.xapi.timestamps import format_http_date, format_timestamp, parse_duration, parse_timestamp


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00.5+08:00", datetime(2026, 3, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T08:00:00,123456789Z", datetime(2026, 3, 1, 8, 0, 0, 123_456, tzinfo=UTC)),
        ("20260301T080000+0800", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01t08:00:00z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2021-11-24T23:06:44.587439+00:00", datetime(2021, 11, 24, 23, 6, 44, 587_439, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_read_as_utc(text: str, at: datetime) -> None:
    assert parse_timestamp(text) == at
    assert parse_timestamp(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2008-09-15T15:53:00.601-00",
        "2008-09-15T15:53:00.601-0000",
        "2008-09-15T15:53:00.601-00:00",
        "01/011/2015",
        "should fail",
        "",
        "2026-02-30T00:00:00Z",
        "2026-03-01",
        "2026-03-01 08:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-10:00",
        "2026-03-01T25:00:00Z",
        "2026-03-01T08:00:00+05:30:15",
        "2026-W09-7T08:00:00Z",
        "٢٠٢٦-03-01T08:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_timestamp(text)


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_formatting_and_reading_an_instant_is_the_identity(at: datetime, offset_min: int) -> None:
    assert parse_timestamp(format_timestamp(at)) == at
    if 1 < at.year < 9999:
        local = at.astimezone(timezone(timedelta(minutes=offset_min)))
        assert parse_timestamp(local.isoformat()) == at


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_formatted_instants_sort_like_time(one: datetime, other: datetime) -> None:
    assert (format_timestamp(one) < format_timestamp(other)) == (one < other)


@given(st.datetimes(min_value=datetime(1, 1, 3), timezones=st.timezones() | st.just(UTC)))
def test_an_http_date_is_the_one_of_the_standard_library(at: datetime) -> None:
    assert format_http_date(at) == format_datetime(at.astimezone(UTC), usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT4H35M59.14S", 16559.14),
        ("PT16559.14S", 16559.14),
        ("PT0S", 0),
        ("P4W", 28 * 86400),
        ("P3Y1M29DT4H35M59.14S", (3 * 365 + 30 + 29) * 86400 + 16559.14),
        ("P0.5D", 43200),
        ("PT1,5M", 90),
    ],
)
def test_a_duration_is_read_to_the_microsecond(text: str, seconds: float) -> None:
    assert parse_duration(text) == round(seconds * 1_000_000)


@pytest.mark.parametrize(
    "text",
    ["P4W1D", "PA1H0M0S", "P", "PT", "P1DT", "PT1.5H3M", "12345", "", "-PT1S", "PT-1S", "pt1s", "P" + "9" * 400 + "Y"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)
