"""Decisions on top of the rules: conservation, no order of arrival, no second twice, and what each kind does."""

import random
from collections import defaultdict
from datetime import date
from typing import NamedTuple

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.decisions import (
    COUNTED,
    KINDS,
    Decision,
    Window,
    amount_within,
    apply_decisions,
    windows_of,
)
from lms_tracker.core.study.engine import known_lengths, settle
from lms_tracker.core.study.entries import REASONS, Entry, Interval
from lms_tracker.core.study.events import SECOND, Event
from lms_tracker.core.study.freed import COUNTS
from lms_tracker.core.study.intervals import IntervalSet
from tests.core.study.arbitrary import CATALOGUE, LENGTH, POLICIES, evidence

often = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY = date(2026, 3, 2)


def entry(*pieces: tuple[int, int, str], session: str = "s", activity: str = "urn:a", media: bool = False) -> Entry:
    """Seconds (from, to, verdict) of one session; content runs with the clock."""
    intervals = [
        Interval(
            a * SECOND, b * SECOND, (b - a) * SECOND, (a * SECOND, b * SECOND) if media else None, verdict, ("", "")
        )
        for a, b, verdict in pieces
    ]
    sums: dict[str, int] = defaultdict(int)
    for interval in intervals:
        sums[interval.verdict] += interval.amount_us
    discounted = {reason: sums[reason] for reason in REASONS if sums[reason]}
    raw = sum(sums.values())
    return Entry(
        1, activity, session, "", DAY, raw, sums["credited"], sums["held"], discounted, intervals, "declared", "p", "1"
    )


def decide(kind: str, start: int, end: int, reason: str = "", session: str = "s", activity: str = "urn:a") -> Decision:
    return Decision(kind, Window(activity, session, "", start * SECOND, end * SECOND), reason)  # type: ignore[arg-type]


def verdicts(entry: Entry) -> list[tuple[int, int, str]]:
    return [(i.start_us // SECOND, i.end_us // SECOND, i.verdict) for i in entry.intervals]


class Case(NamedTuple):
    """A ledger, what people decided about it, and how long its activities are."""

    ledger: list[Entry]
    decisions: list[Decision]
    lengths: dict[str, int | None]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A ledger of the rules, and decisions about windows of its sessions, some of which match nothing."""
    heard: list[Event] = draw(evidence)
    ledger = settle(heard, draw(st.sampled_from(POLICIES)), CATALOGUE, learner_id=1)
    decisions = []
    spans = [(verdict, window) for verdict in ("credited", *REASONS) for window in windows_of(ledger, verdict)]
    for verdict, whole in spans:
        for _ in range(draw(st.integers(1, 2))):
            low, high = sorted(draw(st.tuples(*[st.integers(whole.start_us - SECOND, whole.end_us + SECOND)] * 2)))
            window = draw(st.sampled_from([whole, Window(*whole.key, low, high)]))
            reason = draw(st.sampled_from([verdict, verdict, *REASONS]))
            decisions.append(Decision(draw(st.sampled_from(KINDS)), window, reason))
    return Case(ledger, decisions, known_lengths([(event.activity, event.length or -1) for event in heard], CATALOGUE))


@often
@given(cases(), st.randoms(use_true_random=False))
def test_decisions_in_any_order_conserve_time_and_count_nothing_twice(case: Case, chance: random.Random) -> None:
    ledger, decisions, lengths = case
    after = apply_decisions(ledger, decisions, lengths)
    assert [one.key for one in after] == [one.key for one in ledger]
    for before, now in zip(ledger, after, strict=True):
        assert now.raw_us == before.raw_us == now.credited_us + now.held_us + sum(now.discounted.values())
        assert sum(interval.amount_us for interval in now.intervals) == now.raw_us
        for verdict, amount in [("credited", now.credited_us), ("held", now.held_us), *now.discounted.items()]:
            assert amount == sum(i.amount_us for i in now.intervals if i.verdict == verdict)
        assert all(amount > 0 for amount in now.discounted.values())
    clock, content = IntervalSet(), defaultdict[str, IntervalSet](IntervalSet)
    width, played = 0, defaultdict[str, int](int)
    for now in after:
        for interval in now.intervals:
            if interval.verdict in COUNTS:
                clock.add(interval.start_us, interval.end_us)
                width += interval.end_us - interval.start_us
                if interval.media:
                    content[now.activity].add(*interval.media)
                    played[now.activity] += interval.media[1] - interval.media[0]
    assert clock.measure == width
    assert all(content[activity].measure == amount for activity, amount in played.items())
    chance.shuffle(decisions)
    assert apply_decisions(ledger, decisions, lengths) == after
    assert apply_decisions(after, decisions, lengths) == after
    if not any(decision.kind == "grant" for decision in decisions):
        for activity in CATALOGUE:
            assert sum(e.credited_us + e.held_us for e in after if e.activity == activity) <= LENGTH


@often
@given(cases())
def test_what_was_held_and_released_is_as_it_was(case: Case) -> None:
    ledger, decisions, _ = case
    holds = [msgspec.structs.replace(one, kind="hold") for one in decisions]
    releases = [msgspec.structs.replace(one, kind="release") for one in decisions]
    assert apply_decisions(ledger, holds + releases) == ledger
    held = apply_decisions(ledger, holds)
    for before, after in zip(ledger, apply_decisions(held, releases), strict=True):  # as of an entry that was frozen
        assert (after.credited_us, after.held_us, after.discounted) == (before.credited_us, 0, before.discounted)
    assert sum(e.credited_us + e.held_us for e in held) == sum(e.credited_us for e in ledger)


def test_a_hold_takes_what_is_credited_in_its_window_and_nothing_else() -> None:
    before = entry((0, 100, "credited"), (100, 150, "gap"), (150, 200, "credited"))
    (after,) = apply_decisions([before], [decide("hold", 50, 160)])
    assert verdicts(after) == [
        (0, 50, "credited"), (50, 100, "held"), (100, 150, "gap"), (150, 160, "held"), (160, 200, "credited"),
    ]  # fmt: skip
    assert (after.credited_us, after.held_us) == (90 * SECOND, 60 * SECOND)


def test_another_session_activity_or_registration_is_left_alone() -> None:
    before = [entry((0, 9, "credited")), entry((10, 19, "credited"), session="t")]
    for other in (decide("hold", 0, 99, session="x"), decide("hold", 0, 99, activity="urn:b")):
        assert apply_decisions(before, [other]) == before
    assert apply_decisions(before, []) == before


def test_a_rejection_concerns_only_what_is_held() -> None:
    before = entry((0, 100, "credited"))
    assert apply_decisions([before], [decide("reject", 0, 100)]) == [before]
    (after,) = apply_decisions([before], [decide("reject", 0, 100), decide("hold", 0, 40)])
    assert verdicts(after) == [(0, 40, "rejected"), (40, 100, "credited")]
    assert after.discounted == {"rejected": 40 * SECOND}


def test_what_a_person_has_released_no_machine_holds_again() -> None:
    all_of_it = [decide("release", 0, 60), decide("hold", 0, 60), decide("hold", 30, 100), decide("reject", 0, 100)]
    (after,) = apply_decisions([entry((0, 100, "credited"))], all_of_it)
    assert verdicts(after) == [(0, 60, "credited"), (60, 100, "rejected")]


def test_a_grant_lifts_one_reason_and_a_hold_still_holds() -> None:
    before = entry((0, 10, "credited"), (10, 20, "gap"), (20, 30, "hidden"))
    (after,) = apply_decisions([before], [decide("grant", 0, 30, "gap")])
    assert verdicts(after) == [(0, 20, "credited"), (20, 30, "hidden")]
    (after,) = apply_decisions([before], [decide("grant", 0, 30, "gap"), decide("hold", 0, 30)])
    assert verdicts(after) == [(0, 20, "held"), (20, 30, "hidden")]


def test_overlap_and_repeat_are_never_granted() -> None:
    before = entry((0, 10, "overlap"), (10, 20, "repeat"), (20, 30, "rejected"))
    grants = [decide("grant", 0, 30, reason) for reason in ("overlap", "repeat", "rejected")]
    assert apply_decisions([before], grants) == [before]


def test_granting_what_counts_already_changes_nothing() -> None:
    before = entry((0, 30, "credited"), (30, 40, "held"), (40, 50, "gap"))
    grants = [decide("grant", 0, 50, reason) for reason in sorted(COUNTED)]
    assert apply_decisions([before], grants) == [before]


def test_a_granted_second_that_was_credited_elsewhere_is_overlap() -> None:
    here, there = entry((0, 30, "gap")), entry((10, 20, "credited"), session="t", activity="urn:b")
    after, same = apply_decisions([here, there], [decide("grant", 0, 30, "gap")])
    assert same == there
    assert verdicts(after) == [(0, 10, "credited"), (10, 20, "overlap"), (20, 30, "credited")]


def test_granted_content_that_was_credited_before_is_repeat() -> None:
    first = entry((100, 130, "hidden"), media=True)
    again = Interval(200 * SECOND, 220 * SECOND, 20 * SECOND, (110 * SECOND, 130 * SECOND), "credited", ("", ""))
    second = msgspec.structs.replace(
        entry((200, 220, "credited"), session="t"), intervals=[again], credited_us=20 * SECOND
    )
    after, _ = apply_decisions([first, second], [decide("grant", 0, 999, "hidden")])
    assert verdicts(after) == [(100, 110, "credited"), (110, 130, "repeat")]


def test_of_two_grants_for_the_same_seconds_the_earlier_session_gets_them() -> None:
    one, other = entry((0, 20, "gap")), entry((10, 30, "gap"), session="t", activity="urn:b")
    grants = [decide("grant", 0, 30, "gap", "t", "urn:b"), decide("grant", 0, 30, "gap")]
    after = apply_decisions([other, one], grants)
    assert [verdicts(e) for e in after] == [[(10, 20, "overlap"), (20, 30, "credited")], [(0, 20, "credited")]]


def test_an_entry_that_keeps_no_intervals_keeps_its_sums() -> None:
    bare = msgspec.structs.replace(entry((0, 10, "credited")), intervals=[])
    assert apply_decisions([bare], [decide("hold", 0, 10)]) == [bare]


def test_how_much_of_an_entry_lies_within_a_window() -> None:
    one = entry((0, 10, "held"), (10, 20, "credited"), (20, 30, "held"))
    window = Window("urn:a", "s", "", 5 * SECOND, 22 * SECOND)
    assert amount_within(one, window, "held") == 7 * SECOND
    assert amount_within(one, msgspec.structs.replace(window, session="t"), "held") == 0
