"""Policies that follow one another: each day has the rules of its day, and nothing counts twice over the border."""

import random
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.evidence import gather
from lms_tracker.core.study.policy import DEFAULTS
from lms_tracker.core.study.stages import Stage, causes_of_stages
from lms_tracker.core.study.stages import settle_stages as by_stages
from tests.core.study.tape import Tape, us

OLD = replace(DEFAULTS, id="old@1")
STRICT = replace(DEFAULTS, id="strict@2", hidden_s=10.0, max_rate=1.0)
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)
DAY = 86400.0


def settle_stages(events: list[Event], stages: list[Stage], frozen: Sequence[Entry] = ()) -> list[Entry]:
    """The ledger of one learner."""
    return dict(by_stages(gather([(0, events)]), stages, frozen={0: frozen}))[0]


def hidden(session: str, start: float, position: float = 0) -> Tape:
    """Ten minutes with half a minute out of sight."""
    tape = Tape(session, start=start).play(0, position, inputs=1).beats(0, 300, position)
    tape.add(Kind.UNFOCUSED, 300, position + 300).add(Kind.FOCUSED, 330, position + 330, inputs=1)
    return tape.beats(330, 600, position + 330).pause(600, position + 600, inputs=1)


def by_day(entries: list[Entry]) -> dict[date, tuple[str, int, dict[str, int]]]:
    return {entry.date: (entry.policy, entry.credited_us, entry.discounted) for entry in entries}


def test_days_before_keep_the_old_policy_and_days_from_it_have_the_new() -> None:
    events = [*hidden("a", 0).events, *hidden("b", DAY, 600).events]
    found = by_day(settle_stages(events, [Stage(None, OLD), Stage(SECOND, STRICT)]))
    assert found == {FIRST: ("old@1", us(600), {}), SECOND: ("strict@2", us(570), {"hidden": us(30)})}


def test_a_session_over_midnight_has_an_entry_of_each_policy() -> None:
    night = hidden("night", 16 * 3600 - 320)  # out of sight from 20 s before midnight to 10 s after
    found = by_day(settle_stages(night.events, [Stage(None, OLD), Stage(SECOND, STRICT)]))
    assert found[FIRST] == ("old@1", us(320), {})
    assert found[SECOND] == ("strict@2", us(270), {"hidden": us(10)})


def test_content_credited_before_counts_no_second_time_after_the_border() -> None:
    events = [*hidden("a", 0).events, *hidden("b", DAY).events]
    found = by_day(settle_stages(events, [Stage(None, OLD), Stage(SECOND, STRICT)]))
    assert found[SECOND] == ("strict@2", 0, {"hidden": us(30), "repeat": us(570)})


def test_content_that_the_old_policy_did_not_credit_is_no_repeat_for_the_new_one() -> None:
    events = [*hidden("a", 0).events, *hidden("b", DAY).events]
    found = by_day(settle_stages(events, [Stage(None, STRICT), Stage(SECOND, OLD)]))
    assert found[FIRST] == ("strict@2", us(570), {"hidden": us(30)})
    assert found[SECOND] == ("old@1", us(30), {"repeat": us(570)})


def test_policies_that_judge_time_alike_are_one_and_an_adoption_for_all_days_is_that_policy() -> None:
    events = [*hidden("a", 0).events, *hidden("b", DAY, 600).events]
    alike = settle_stages(events, [Stage(None, OLD), Stage(SECOND, replace(OLD, id="renamed@3"))])
    assert alike == settle(events, OLD), "a new name, or new weights, leave the ledger alone"
    assert settle_stages(events, [Stage(None, OLD), Stage(FIRST, STRICT)]) == settle(events, STRICT)


def test_the_ledger_says_which_policy_from_which_date() -> None:
    assert causes_of_stages([Stage(None, OLD), Stage(SECOND, STRICT)]) == {
        "strict@2": "policy strict@2 from 2026-03-03"
    }


@given(st.integers(0, 10_000), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_any_stages_conserve_time_and_do_not_depend_on_the_order_of_arrival(seed: int, days: list[int]) -> None:
    chance = random.Random(seed)
    events = []
    for name in "abcde":
        start = chance.choice([0, 300, 16 * 3600 - 200, DAY, DAY + 400, 2 * DAY])
        events += hidden(name, start, chance.choice([0, 300, 600])).events
    stages = [Stage(None, OLD)]
    for number, day in enumerate(sorted(set(days))):
        policy = replace(STRICT if number % 2 else OLD, id=f"p@{number}", cap_s=600.0 + 60 * number)
        stages.append(Stage(date(2026, 3, 2 + day), policy))
    entries = settle_stages(events, stages)
    chance.shuffle(events)
    assert settle_stages(events, stages) == entries
    assert len({entry.key for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values())
        assert entry.policy == [stage for stage in stages if not stage.first or stage.first <= entry.date][-1].policy.id
    of_all = {(entry.key, entry.raw_us) for entry in settle(events, OLD)}
    assert {(entry.key, entry.raw_us) for entry in entries} == of_all, "what is claimed does not depend on the rules"


@pytest.mark.parametrize("first", [FIRST, SECOND])
def test_frozen_entries_stand_on_either_side(first: date) -> None:
    frozen = [replace(entry, policy="gone@0") for entry in settle(hidden("a", DAY).events, OLD)]
    events = hidden("b", 2 * DAY).events
    entries = settle_stages(events, [Stage(None, OLD), Stage(first, STRICT)], frozen=frozen)
    assert entries[0] == frozen[0]
    assert entries[1].discounted["repeat"] > 0
