"""The engine, reason by reason; amounts are worked out by hand in seconds."""

import datetime

import msgspec
import pytest

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.tape import BASE, VIDEO, Tape, judge, totals, us


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


def test_who_answers_is_believed_for_30_minutes_before_where_only_checks_can_show_a_person() -> None:
    def tape(last: int, inputs: int | None = None) -> Tape:
        t = Tape().play(0, 0, inputs=inputs).beats(0, 300, inputs=inputs).add(Kind.ANSWERED, 300, success=True)
        t.beats(300, last, 300, inputs=inputs).add(Kind.ANSWERED, last, success=True)
        return t.pause(last, last, inputs=inputs)

    assert judge(tape(2100)) == {"raw": 2100, "credited": 2100}
    assert judge(tape(2130)) == {"raw": 2130, "credited": 300, "idle": 1830}
    assert judge(tape(1500, inputs=0)) == {"raw": 1500, "credited": 300, "idle": 1200}


def test_nobody_is_believed_after_the_last_answer_for_longer_than_15_minutes() -> None:
    tape = Tape().play(0, 0).beats(0, 300).add(Kind.ANSWERED, 300, success=True).beats(300, 1230, 300).pause(1230, 1230)
    assert judge(tape) == {"raw": 1230, "credited": 300, "idle": 930}


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


@pytest.mark.parametrize("speed", [1.1, 1.25, 1.4, 1.5])
def test_a_page_that_does_not_tell_the_speed_is_believed_its_position_up_to_the_allowed_rate(speed: float) -> None:
    tape = Tape().play(0, 0, inputs=1)
    for number in range(1, 21):  # a position as of a little earlier or later
        tape.add(Kind.HEARTBEAT, number * 30, number * 30 * speed + (number % 2) * 0.2, inputs=1)
    got = judge(tape)
    assert got["credited"] >= 0.99 * 600 * speed and got["credited"] <= 600 * 1.5


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
    assert judge(tape) == {"raw": 180, "rate": 180}


@pytest.mark.parametrize("step", [0.5, 1, 2, 4, 9])
@pytest.mark.parametrize("promises", [True, False])
def test_media_that_stand_still_are_stalled_however_often_they_say_so(step: float, promises: bool) -> None:
    """The tolerance is granted once in `compare_s`, not once a statement; nor is half the speed all of the time."""
    frozen, half = Tape(promises=promises).play(0, 300, inputs=1), Tape(promises=promises).play(0, 0, inputs=1)
    for number in range(1, round(600 / step) + 1):
        frozen.add(Kind.HEARTBEAT, number * step, 300.0, inputs=1)
        half.add(Kind.HEARTBEAT, number * step, number * step / 2, inputs=1)
    still = judge(frozen)
    assert still["stalled"] >= 597 and still.get("credited", 0) <= 3
    assert judge(half)["credited"] <= 303


def test_a_jump_among_short_steps_costs_its_own_step_only() -> None:
    tape = Tape().play(0, 0, inputs=1)
    for second in range(1, 61):
        tape.add(Kind.HEARTBEAT, second, second + (200.0 if second > 30 else 0.0), inputs=1)
    assert judge(tape) == {"raw": 60 + 200, "credited": 59, "rate": 201}


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
