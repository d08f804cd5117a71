"""When a notice is open, and when certificates may follow."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms_tracker.core.results.notices import ResultsRefused, closing, may_certify, state_of

ZONE = ZoneInfo("Asia/Shanghai")
OPENS = datetime(2027, 7, 1, 9, 30, tzinfo=ZONE)


@dataclass
class Notice:
    closes_at: datetime
    withdrawn_at: datetime | None = None


@dataclass
class Objection:
    outcome: str | None


def test_seven_days_are_seven_whole_days_after_that_of_publication() -> None:
    assert closing(OPENS, 7, ZONE) == datetime(2027, 7, 9, tzinfo=ZONE)
    # 23:59 in Shanghai is still the first: the zone decides, not UTC
    assert closing(datetime(2027, 7, 1, 15, 59, tzinfo=UTC), 1, ZONE) == datetime(2027, 7, 3, tzinfo=ZONE)
    assert closing(datetime(2027, 7, 1, 16, 0, tzinfo=UTC), 1, ZONE) == datetime(2027, 7, 4, tzinfo=ZONE)


@pytest.mark.parametrize("days", [0, -1, 91])
def test_other_lengths_are_refused(days: int) -> None:
    with pytest.raises(ResultsRefused) as refused:
        closing(OPENS, days, ZONE)
    assert refused.value.code == "days"


def test_a_notice_is_open_up_to_its_last_microsecond() -> None:
    notice = Notice(closing(OPENS, 7, ZONE))
    assert state_of(notice, notice.closes_at - timedelta(microseconds=1)) == "open"
    assert state_of(notice, notice.closes_at) == "closed"
    assert state_of(Notice(notice.closes_at, OPENS), OPENS) == "withdrawn"


@pytest.mark.parametrize(
    ("notice", "objections", "code"),
    [
        (None, [], "no-notice"),
        (Notice(OPENS, withdrawn_at=OPENS), [], "no-notice"),
        (Notice(OPENS + timedelta(days=9)), [], "notice-open"),
        (Notice(OPENS), [Objection(None)], "objections"),
        (Notice(OPENS), [Objection("rejected"), Objection("upheld")], "upheld"),
    ],
)
def test_certificates_wait_for_the_notice_and_for_every_answer(
    notice: Notice | None, objections: list[Objection], code: str
) -> None:
    with pytest.raises(ResultsRefused) as refused:
        may_certify(notice, objections, OPENS + timedelta(days=1))
    assert refused.value.code == code


def test_after_a_notice_without_a_standing_objection_certificates_may_follow() -> None:
    may_certify(Notice(OPENS), [Objection("rejected")], OPENS)
