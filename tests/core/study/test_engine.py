"""The engine, reason by reason; amounts are worked out by hand in seconds."""

import datetime
from typing import Any

import msgspec
import pytest

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.reference import reference
from tests.core.study.tape import BASE, VIDEO, Tape, us


def totals(entries: list[Entry]) -> dict[str, float]:
    """Seconds by verdict over all entries, and the raw total."""
    out: dict[str, float] = {"raw": sum(e.raw_us for e in entries) / SECOND}
    for entry in entries:
        for interval in entry.intervals:
            out[interval.verdict] = out.get(interval.verdict, 0) + interval.amount_us / SECOND
    return out


def judge(*tapes: Tape, **policy: Any) -> dict[str, float]:
    events = [event for tape in tapes for event in tape.events]
    return totals(settle(events, msgspec.structs.replace(DEFAULTS, **policy)))


def test_honest_watching_counts_in_full() -> None:
    assert judge(Tape().watch(600)) == {"raw": 600, "credited": 600}


def test_an_entry_names_its_session_date_and_bounding_statements() -> None:
    (entry,) = settle(Tape().watch(60).events, DEFAULTS, learner_id=7)
    assert (entry.learner_id, entry.activity, entry.session, entry.registration) == (7, VIDEO, "s1", "r1")
    assert entry.date == datetime.date(2026, 3, 2)
    (interval,) = entry.intervals
    assert (interval.start_us, interval.end_us) == (BASE, BASE + us(60))
    assert interval.media == (0, us(60))
    assert interval.statements == ("s1-0000", "s1-0002")


def test_paused_time_is_not_claimed() -> None:
    tape = Tape().watch(60)
    tape.play(360, 60, inputs=1).pause(400, 100, inputs=1)
    assert judge(tape) == {"raw": 100, "credited": 100}


def test_silence_of_more_than_90_seconds_is_a_gap_as_a_whole() -> None:
    tape = Tape().play(0, 0, inputs=1).pause(91, 91, inputs=1)
    assert judge(tape) == {"raw": 91, "gap": 91}
    assert judge(Tape().play(0, 0, inputs=1).pause(90, 90, inputs=1)) == {"raw": 90, "credited": 90}


def test_a_producer_that_promises_no_heartbeats_has_no_gaps() -> None:
    assert judge(Tape(promises=False).play(0, 0).pause(600, 600)) == {"raw": 600, "credited": 600}


def test_a_short_look_elsewhere_counts_a_longer_one_is_hidden_from_its_beginning() -> None:
    short = Tape().play(0, 0, inputs=1).add(Kind.UNFOCUSED, 30, 30).add(Kind.FOCUSED, 90, 90, inputs=1)
    assert judge(short.pause(120, 120, inputs=1)) == {"raw": 120, "credited": 120}
    longer = Tape().play(0, 0, inputs=1).add(Kind.UNFOCUSED, 30, 30).beats(30, 90, 30)
    longer.add(Kind.FOCUSED, 120, 120, inputs=1).pause(150, 150, inputs=1)
    assert judge(longer) == {"raw": 150, "credited": 60, "hidden": 90}


def test_the_visible_flag_of_heartbeats_is_enough_to_be_hidden() -> None:
    tape = Tape().play(0, 0, inputs=1, visible=True).beats(0, 300, 0, visible=False, inputs=0)
    assert judge(tape.pause(330, 330, visible=True, inputs=1)) == {"raw": 330, "credited": 30, "hidden": 300}


def test_a_missed_check_costs_the_time_from_the_last_sign_of_presence_to_the_next() -> None:
    tape = Tape().play(0, 0, inputs=1).beats(0, 60, inputs=1).beats(60, 240, 60, inputs=0)
    tape.add(Kind.MISSED, 250).beats(240, 300, 240, inputs=0)
    tape.add(Kind.HEARTBEAT, 330, 330, inputs=2).pause(360, 360, inputs=1)
    # last input at 60, next at 330: 270 s are unanswered, 60 + 30 s count
    assert judge(tape) == {"raw": 360, "credited": 90, "unanswered": 270}


def test_an_answered_check_is_a_sign_of_presence_and_a_wrong_answer_is_not() -> None:
    def tape(success: bool) -> Tape:
        t = Tape().play(0, 0, inputs=1).beats(0, 600, inputs=0)
        t.add(Kind.ANSWERED, 610, success=success, inputs=0)
        return t.beats(600, 1200, 600, inputs=0).pause(1205, 1205, inputs=1)

    assert judge(tape(True)) == {"raw": 1205, "credited": 1205}
    assert judge(tape(False)) == {"raw": 1205, "idle": 1205}


def test_more_than_15_minutes_without_a_sign_of_presence_is_idle_as_a_whole() -> None:
    quiet = Tape().play(0, 0, inputs=1).beats(0, 870, inputs=0).pause(900, 900, inputs=1)
    assert judge(quiet) == {"raw": 900, "credited": 900}
    away = Tape().play(0, 0, inputs=1).beats(0, 900, inputs=0).pause(930, 930, inputs=1)
    assert judge(away) == {"raw": 930, "idle": 930}


def test_a_producer_without_inputs_and_checks_is_believed_30_minutes_after_a_media_event() -> None:
    tape = Tape(promises=False).play(0, 0).pause(2400, 2400)
    assert judge(tape) == {"raw": 2400, "credited": 1800, "idle": 600}
    beating = Tape().play(0, 0).beats(0, 2370).pause(2400, 2400)
    assert judge(beating) == {"raw": 2400, "credited": 1800, "idle": 600}


def test_a_script_that_pauses_and_plays_again_at_once_is_nobody() -> None:
    tape = Tape(promises=False).play(0, 0)
    for t in range(240, 5400, 240):
        tape.pause(t, t).play(t + 1, t)
    assert judge(tape.pause(5400, 5400 - 22))["credited"] <= 1800
    by_hand = Tape(promises=False).play(0, 0).pause(1500, 1500).play(1510, 1500).pause(3000, 2990)
    assert judge(by_hand) == {"raw": 2990, "credited": 2990}


def test_allowed_speed_counts_content_and_a_higher_one_does_not_count_at_all() -> None:
    brisk = Tape().play(0, 0, inputs=1, rate_milli=1500).beats(0, 60, 0, 1.5, inputs=1).pause(90, 135, inputs=1)
    assert judge(brisk) == {"raw": 135, "credited": 135}
    rushed = Tape().play(0, 0, inputs=1, rate_milli=2000).beats(0, 60, 0, 2, inputs=1).pause(90, 180, inputs=1)
    assert judge(rushed) == {"raw": 180, "rate": 180}


def test_a_position_that_outruns_the_clock_is_rate_whatever_speed_is_claimed() -> None:
    tape = Tape().play(0, 0, inputs=1, rate_milli=1000).beats(0, 60, 0, 16, inputs=1).pause(90, 1440, inputs=1)
    assert judge(tape) == {"raw": 1440, "rate": 1440}


def test_without_heartbeats_the_smaller_of_position_and_clock_counts() -> None:
    assert judge(Tape(promises=False).play(0, 0).pause(100, 1600)) == {"raw": 1600, "credited": 100, "rate": 1500}
    assert judge(Tape(promises=False).play(0, 0).pause(100, 20)) == {"raw": 100, "credited": 20, "stalled": 80}


def test_position_and_clock_agree_within_two_seconds_and_two_percent() -> None:
    assert judge(Tape(promises=False).play(0, 0).pause(100, 96)) == {"raw": 100, "credited": 100}
    assert judge(Tape(promises=False).play(0, 0).pause(100, 95.9)) == {"raw": 100, "credited": 95.9, "stalled": 4.1}


def test_the_tolerance_cannot_be_farmed_with_many_small_steps() -> None:
    tape = Tape().play(0, 0, inputs=1)
    for second in range(1, 61):
        tape.add(Kind.HEARTBEAT, second, second * 3.0, inputs=1)
    got = judge(tape)
    assert got["credited"] <= 60 * 1.5 + 0.001
    assert got["raw"] == 180


def test_seeking_is_not_playing() -> None:
    tape = Tape(promises=False).play(0, 0).seek(30, 30, 900).pause(60, 930)
    assert judge(tape) == {"raw": 60, "credited": 60}


def test_the_session_that_began_first_keeps_an_overlap() -> None:
    first = Tape("a").watch(600)
    second = Tape("b", activity=VIDEO + "2", start=300).watch(600)
    assert judge(first, second) == {"raw": 1200, "credited": 900, "overlap": 300}


def test_content_counts_once_per_activity_across_sessions() -> None:
    first = Tape("a").watch(600)
    again = Tape("b", start=1000).watch(600, position=300)
    assert judge(first, again) == {"raw": 1200, "credited": 900, "repeat": 300}


def test_documents_count_by_the_clock_up_to_their_length() -> None:
    tape = Tape(media=False, activity="https://lms.example.edu/doc")
    tape.add(Kind.INITIALIZED, 0, inputs=1)
    for t in range(30, 600, 30):
        tape.add(Kind.HEARTBEAT, t, inputs=1)
    tape.add(Kind.TERMINATED, 600, inputs=1)
    assert totals(settle(tape.events, DEFAULTS)) == {"raw": 600, "credited": 600}
    catalogue = {tape.activity: CatalogueItem(False, us(240))}
    assert totals(settle(tape.events, DEFAULTS, catalogue)) == {"raw": 600, "credited": 240, "repeat": 360}


def test_a_live_class_counts_by_the_clock_and_no_longer_than_it_lasted() -> None:
    tape = Tape(media=False, activity="https://lms.example.edu/live/1", promises=False)
    tape.add(Kind.INITIALIZED, 0, inputs=1)
    for t in range(600, 3600, 600):  # the platform reports that somebody raised a hand, wrote, or answered
        tape.add(Kind.INTERACTED, t, inputs=1)
    tape.add(Kind.TERMINATED, 3600, inputs=1)
    catalogue = {tape.activity: CatalogueItem(False, us(2700))}
    assert totals(settle(tape.events, DEFAULTS, catalogue)) == {"raw": 3600, "credited": 2700, "repeat": 900}


def test_who_only_enters_and_leaves_a_live_class_is_believed_for_one_stretch() -> None:
    tape = Tape(media=False, activity="https://lms.example.edu/live/1", promises=False)
    tape.add(Kind.INITIALIZED, 0).add(Kind.TERMINATED, 2700)
    assert judge(tape) == {"raw": 2700, "credited": 1800, "idle": 900}


def test_a_playback_rate_says_nothing_of_a_document() -> None:
    tape = Tape(media=False, activity="https://lms.example.edu/doc")
    tape.add(Kind.INITIALIZED, 0, inputs=1, rate_milli=4000).add(Kind.TERMINATED, 60, inputs=1)
    assert judge(tape) == {"raw": 60, "credited": 60}


def test_content_beyond_the_length_is_repeat() -> None:
    got = totals(settle(Tape().watch(600).events, DEFAULTS, {VIDEO: CatalogueItem(True, us(300))}))
    assert got == {"raw": 600, "credited": 300, "repeat": 300}


def test_a_date_holds_eight_hours() -> None:
    tapes = [Tape(f"s{n}", activity=f"{VIDEO}/{n}", start=n * 3000).watch(2700) for n in range(12)]
    got = judge(*tapes)
    assert got == {"raw": 32400, "credited": 28800, "cap": 3600}


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


def test_timestamps_in_the_future_are_clock() -> None:
    events = Tape().watch(300).events
    one_go = [msgspec.structs.replace(e, stored=BASE) for e in events]  # a day's worth posted in one moment
    got = totals(settle(one_go, DEFAULTS))
    # what lies more than a minute ahead of its receipt; the step that reaches beyond it is already not believed
    assert got == {"raw": 300, "credited": 60, "clock": 240}


def test_time_told_twice_by_a_clock_that_goes_backwards_is_clock() -> None:
    tape = Tape()
    tape.play(0, 0, inputs=1, sequence=0).add(Kind.HEARTBEAT, 60, 60, inputs=1, sequence=1)
    tape.add(Kind.HEARTBEAT, 30, 61, inputs=1, sequence=2).pause(90, 121, inputs=1, sequence=3)
    got = judge(tape)
    # 0-60 counts; then the clock is back at 30: of 30-90 the first half was told before
    assert got == {"raw": 121, "credited": 90, "clock": 30, "rate": 1}


def test_a_bare_duration_is_an_aggregate_and_counts_as_far_as_its_source_is_trusted() -> None:
    tape = Tape(promises=False, media=False, source="zoom").add(Kind.COMPLETED, 3600, duration=us(2700))
    assert judge(tape) == {"raw": 2700, "aggregate": 2700}
    trusted = {"zoom": SourcePolicy(aggregate_share=0.8)}
    assert judge(tape, sources=trusted) == {"raw": 2700, "credited": 2160, "aggregate": 540}
    (entry,) = settle(tape.events, DEFAULTS)
    assert entry.evidence == "aggregate"


def test_one_shot_completion_gains_nothing() -> None:
    tape = Tape().add(Kind.INITIALIZED, 0, inputs=1)
    tape.add(Kind.COMPLETED, 2, 2700, duration=us(2700), segments=((0, us(2700)),))
    assert judge(tape).get("credited", 0) == 0
    jump = Tape(promises=False).play(0, 0).add(Kind.COMPLETED, 2, 2700, segments=((0, us(2700)),))
    assert judge(jump)["credited"] <= 2


def test_a_source_may_be_trusted_in_part() -> None:
    policy = {"sources": {"default": SourcePolicy(declared_share=0.5)}}
    assert judge(Tape().watch(600), **policy) == {"raw": 600, "credited": 300, "aggregate": 300}


def test_proved_evidence_counts_whatever_declared_evidence_is_worth() -> None:
    events = [msgspec.structs.replace(e, proved=True) for e in Tape().watch(600).events]
    (entry,) = settle(events, StudyPolicy(sources={"default": SourcePolicy(declared_share=0)}))
    assert (entry.evidence, entry.credited_us) == ("proved", us(600))


def test_media_may_be_counted_by_the_clock() -> None:
    tape = Tape().play(0, 0, inputs=1, rate_milli=1500).beats(0, 60, 0, 1.5, inputs=1).pause(90, 135, inputs=1)
    assert judge(tape, credit="wall") == {"raw": 90, "credited": 90}


def test_the_first_reason_of_the_table_wins() -> None:
    tape = Tape().play(0, 0, inputs=1, rate_milli=3000, visible=False)
    tape.beats(0, 90, 0, 3, inputs=0, visible=False).pause(300, 900, inputs=0, visible=False)
    # too fast, hidden throughout, and silent from 90 s on
    assert judge(tape) == {"raw": 900, "gap": 630, "hidden": 270}


def test_lost_events_are_recovered_from_played_segments_within_the_clock() -> None:
    tape = Tape(promises=False).play(0, 0)
    tape.pause(60, 60, segments=((0, us(60)),))
    tape.pause(200, 120, segments=((0, us(120)),))  # its `played` never came
    tape.pause(210, 900, segments=((0, us(900)),))  # claims more than the clock allows
    assert judge(tape) == {"raw": 130, "credited": 130}


def test_a_session_that_opens_with_a_pause_and_goes_on_lost_its_beginning() -> None:
    segments = ((0, us(240)),)
    assert judge(Tape(promises=False).pause(0, 240, segments=segments).play(30, 240)) == {"raw": 240, "credited": 240}
    assert judge(Tape(promises=False).pause(0, 240, segments=segments)) == {"raw": 0}
    completed = Tape(promises=False).add(Kind.COMPLETED, 0, 240, segments=segments)
    assert judge(completed.add(Kind.TERMINATED, 30, 240)) == {"raw": 0}


def test_content_posted_ahead_of_its_time_is_not_recovered() -> None:
    tape = Tape(promises=False)
    for t in (900, 1800, 2700):
        tape.pause(t, t, segments=((0, us(t)),), delay=-t)  # all posted at the beginning
    assert judge(tape).get("credited", 0) == 0


def test_recovery_counts_no_second_twice_when_the_clock_goes_back() -> None:
    tape = Tape(promises=False).play(0, 0, sequence=0).pause(60, 60, sequence=1, segments=((0, us(60)),))
    tape.pause(0, 60, sequence=2, segments=((0, us(60)), (us(100), us(160))))
    assert judge(tape)["credited"] == 60


def test_a_wrong_clock_on_a_slow_network_is_corrected_too() -> None:
    events = []
    for n, event in enumerate(Tape().watch(2700).events):  # eight hours off, and up to 30 s late
        events.append(msgspec.structs.replace(event, at=event.at - us(8 * 3600), stored=event.at + us(n * 7 % 30)))
    assert totals(settle(events, DEFAULTS))["credited"] == 2700


def test_duplicates_under_a_new_id_change_nothing() -> None:
    events = Tape().watch(600).events
    doubled: list[Event] = events + [msgspec.structs.replace(e, id=e.id + "-again") for e in events[::3]]
    assert totals(settle(doubled, DEFAULTS)) == {"raw": 600, "credited": 600}


def test_a_lost_terminated_costs_only_what_was_not_seen() -> None:
    tape = Tape().play(0, 0, inputs=1).beats(0, 600, inputs=1)
    assert judge(tape) == {"raw": 600, "credited": 600}


def test_heartbeats_that_never_speak_of_playing_are_judged_by_their_positions() -> None:
    tape = Tape().add(Kind.INITIALIZED, 0, 0, inputs=1).beats(0, 300, inputs=1).beats(300, 600, 300, 0, inputs=1)
    assert judge(tape.add(Kind.TERMINATED, 610, 300, inputs=1)) == {"raw": 610, "credited": 300, "stalled": 310}


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
