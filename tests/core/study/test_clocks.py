"""Dates, late evidence, wrong clocks and claims that no calendar holds."""

import datetime
from typing import Any

import msgspec
import pytest

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from tests.core.study.reference import reference
from tests.core.study.tape import BASE, Tape, judge, totals, us


def test_midnight_of_the_policys_zone_divides_a_session() -> None:
    tape = Tape(start=16 * 3600 - 100).watch(300)  # midnight in Shanghai is 100 s into it
    entries = settle(tape.events, DEFAULTS)
    assert [(e.date.isoformat(), e.credited_us) for e in entries] == [
        ("2026-03-02", us(100)),
        ("2026-03-03", us(200)),
    ]
    assert len(settle(tape.events, msgspec.structs.replace(DEFAULTS, timezone="UTC"))) == 1


def test_the_day_the_clocks_change_is_still_one_date() -> None:
    berlin = msgspec.structs.replace(DEFAULTS, timezone="Europe/Berlin")
    start = datetime.datetime(2026, 3, 28, 22, 30, tzinfo=datetime.UTC).timestamp() - BASE / SECOND
    entries = settle(Tape(start=start).watch(3600).events, berlin)  # 23:30 to 00:30, on the night of the change
    assert [(e.date.day, e.credited_us) for e in entries] == [(28, us(1800)), (29, us(1800))]


def test_evidence_that_arrives_too_late_is_clock() -> None:
    tape = Tape().watch(1800)
    buffered = [msgspec.structs.replace(e, stored=BASE + us(1800)) for e in tape.events]  # sent in one go at the end
    # statements of the first 900 s are older than 15 min at their receipt
    assert totals(settle(buffered, DEFAULTS)) == {"raw": 1800, "credited": 900, "clock": 900}


def test_one_late_statement_between_timely_ones_costs_nothing() -> None:
    events = Tape().watch(300).events
    events[4] = msgspec.structs.replace(events[4], stored=events[4].at + us(7200))
    assert totals(settle(events, DEFAULTS)) == {"raw": 300, "credited": 300}


def test_a_file_without_receipt_times_is_never_late() -> None:
    events = [msgspec.structs.replace(e, stored=e.at + us(1e6), received=False) for e in Tape().watch(300).events]
    assert totals(settle(events, DEFAULTS)) == {"raw": 300, "credited": 300}


def test_sources_that_report_late_are_not_judged_by_lateness() -> None:
    events = [msgspec.structs.replace(e, stored=BASE + us(86400)) for e in Tape(source="lms").watch(300).events]
    policy = StudyPolicy(sources={"lms": SourcePolicy(reports_late=True)})
    assert totals(settle(events, policy)) == {"raw": 300, "credited": 300}
    assert totals(settle(events, DEFAULTS)) == {"raw": 300, "clock": 300}


@pytest.mark.parametrize("error_s", [-8 * 3600, -600, 600, 8 * 3600])
def test_a_clock_that_is_wrong_by_a_constant_is_corrected(error_s: int) -> None:
    events = [msgspec.structs.replace(e, at=e.at + us(error_s)) for e in Tape().watch(300).events]
    (entry,) = settle(events, DEFAULTS)
    assert entry.credited_us == us(300)
    if abs(error_s) > 900:
        assert abs(entry.intervals[0].start_us - BASE) < SECOND


@pytest.mark.parametrize(("later_s", "lost_counts"), [(0, "credited"), (500, "clock")])
def test_a_lost_beginning_is_judged_like_the_rest_of_a_clock_that_hurries(later_s: int, lost_counts: str) -> None:
    """30 s ahead pass where they are the most; where the session runs on into the future they were the beginning of it."""
    tape = Tape(promises=False).pause(0, 240, segments=((0, us(240)),), delay=-30).pause(30, 240, delay=-later_s)
    assert judge(tape) == {"raw": 240, lost_counts: 240}


def test_timestamps_in_the_future_are_clock() -> None:
    events = Tape().watch(300).events
    one_go = [msgspec.structs.replace(e, stored=BASE) for e in events]  # a day's worth posted in one moment
    assert totals(settle(one_go, DEFAULTS)) == {"raw": 300, "clock": 300}


@pytest.mark.parametrize("quick", [2, 4])
def test_a_clock_that_runs_too_fast_is_not_believed_from_when_it_did(quick: int) -> None:
    events = Tape().watch(1800).events
    hurried = [msgspec.structs.replace(e, stored=BASE + (e.at - BASE) // quick) for e in events]
    assert totals(settle(hurried, DEFAULTS)) == {"raw": 1800, "clock": 1800}  # the first beat is 10 s ahead already
    slow = [msgspec.structs.replace(e, stored=e.at - (e.at - BASE) // 40) for e in events]  # 45 s ahead at the end
    assert totals(settle(slow, DEFAULTS)) == {"raw": 1800, "credited": 1800}


def test_a_clock_that_is_set_right_in_the_middle_is_believed_from_then_on() -> None:
    events = [
        msgspec.structs.replace(e, at=e.at + us(300 if n < 12 else 0)) for n, e in enumerate(Tape().watch(1800).events)
    ]
    got = totals(settle(events, DEFAULTS))
    assert (
        got["credited"] == 1800 - 330 - 300
    )  # but for what the wrong clock said, and when the right one says otherwise


def test_time_told_twice_by_a_clock_that_goes_backwards_is_clock() -> None:
    tape = Tape()
    tape.play(0, 0, inputs=1, sequence=0).add(Kind.HEARTBEAT, 60, 60, inputs=1, sequence=1)
    tape.add(Kind.HEARTBEAT, 30, 61, inputs=1, sequence=2).pause(90, 121, inputs=1, sequence=3)
    got = judge(tape)
    # 0-60 counts; then the clock is back at 30: of 30-90 the first half was told before
    assert got == {"raw": 121, "credited": 90, "clock": 30, "rate": 1}


def test_a_wrong_clock_on_a_slow_network_is_corrected_too() -> None:
    events = []
    for n, event in enumerate(Tape().watch(2700).events):  # eight hours off, and up to 30 s late
        events.append(msgspec.structs.replace(event, at=event.at - us(8 * 3600), stored=event.at + us(n * 7 % 30)))
    assert totals(settle(events, DEFAULTS))["credited"] == 2700


DAY_S = 86_400


ALL_TRUSTED = SourcePolicy(declared_share=1, aggregate_share=1)


@pytest.mark.parametrize("seconds", [31 * DAY_S + 1, 1000 * 365 * DAY_S, 290_000 * 365 * DAY_S])
def test_whoever_claims_more_than_31_days_at_once_has_a_wrong_clock_on_one_date(seconds: int) -> None:
    tape = Tape(promises=False, media=False, source="zoom").add(Kind.COMPLETED, 3600, duration=us(seconds))
    policy = msgspec.structs.replace(DEFAULTS, sources={"zoom": ALL_TRUSTED}, cap_s=10**9)
    (entry,) = settle(tape.events, policy)
    assert (entry.raw_us, entry.discounted, entry.credited_us) == (us(31 * DAY_S), {"clock": us(31 * DAY_S)}, 0)
    assert all(interval.start_us == interval.end_us == tape.events[0].at for interval in entry.intervals)
    assert reference(tape.events, policy, {}) == {(entry.key[:3], entry.date, "clock"): us(31 * DAY_S)}


def test_what_is_claimed_of_31_days_is_still_divided_by_date() -> None:
    tape = Tape(promises=False, media=False, source="zoom").add(Kind.COMPLETED, 3600, duration=us(31 * DAY_S))
    policy = msgspec.structs.replace(DEFAULTS, sources={"zoom": ALL_TRUSTED})
    entries = settle(tape.events, policy)
    assert len(entries) == 32 and "clock" not in totals(entries)


def test_a_step_into_another_millennium_is_one_entry_and_takes_nothing_from_the_rest() -> None:
    tape = Tape(promises=False, media=False).add(Kind.INITIALIZED, 0).add(Kind.COMPLETED, 600)
    far = msgspec.structs.replace(
        tape.events[-1], id="far", at=tape.events[0].at + us(5000 * 365 * DAY_S), received=False
    )
    entries = settle([*tape.events, far], DEFAULTS)
    assert len(entries) <= 2
    sums: dict[Any, int] = {}
    for entry in entries:
        for interval in entry.intervals:
            key = entry.key[:3], entry.date, interval.verdict
            sums[key] = sums.get(key, 0) + interval.amount_us
    assert sums == reference([*tape.events, far], DEFAULTS, {})


@pytest.mark.parametrize("at", [datetime.datetime(9999, 12, 31, 23), datetime.datetime(1, 1, 1)])
def test_a_timestamp_at_the_end_of_the_calendar_has_a_date_in_every_zone(at: datetime.datetime) -> None:
    tape = Tape(promises=False, media=False, source="zoom").add(Kind.COMPLETED, 3600, duration=us(3600))
    edge = msgspec.structs.replace(tape.events[0], at=to_us(at.replace(tzinfo=datetime.UTC)))
    assert totals(settle([edge], DEFAULTS))["raw"] == 3600
