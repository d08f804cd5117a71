"""Entries whose evidence is gone: they stand as they are, and nothing that they credited is credited again."""

import random
from collections import defaultdict

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.decisions import Decision, Window, apply_decisions
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import SECOND, Event
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import DEFAULTS
from tests.core.study.tape import Tape
from tests.core.study.test_properties import CATALOGUE, LENGTH, POLICIES, evidence

often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def split_sessions(heard: list[Event]) -> dict[tuple[str, str, str], list[Event]]:
    """Events by session, each statement once: what comes last stands."""
    groups: dict[tuple[str, str, str], dict[str, Event]] = defaultdict(dict)
    for event in heard:
        groups[event.activity, event.session, event.registration][event.id] = event
    return {key: list(group.values()) for key, group in groups.items()}


def thin(heard: list[Event], ledger: list[Entry], gone: set[tuple[str, str, str]]) -> tuple[list[Event], list[Entry]]:
    """What is left of the evidence without some sessions, and their entries."""
    left = [event for event in heard if (event.activity, event.session, event.registration) not in gone]
    return left, [entry for entry in ledger if entry.key[:3] in gone]


@often
@given(evidence, st.sampled_from(POLICIES), st.randoms(use_true_random=False))
def test_whatever_evidence_is_gone_no_second_and_no_content_counts_twice(
    heard: list[Event], policy: object, chance: random.Random
) -> None:
    ledger = settle(heard, policy, CATALOGUE)  # type: ignore[arg-type]
    gone = {key for key in split_sessions(heard) if chance.random() < 0.5}
    left, frozen = thin(heard, ledger, gone)
    after = settle(left, policy, CATALOGUE, frozen=frozen)  # type: ignore[arg-type]
    assert [entry for entry in after if entry.key[:3] in gone] == frozen
    clock, by_date, by_activity, width = IntervalSet(), defaultdict[object, int](int), defaultdict[str, int](int), 0
    for entry in after:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values())
        by_date[entry.date] += entry.credited_us
        by_activity[entry.activity] += entry.credited_us
        for interval in entry.intervals:
            if interval.verdict == "credited":
                clock.add(interval.start_us, interval.end_us)
                width += interval.end_us - interval.start_us
    assert clock.measure == width
    assert all(credited <= policy.cap_s * SECOND for credited in by_date.values())  # type: ignore[attr-defined]
    assert all(by_activity[iri] <= LENGTH for iri in CATALOGUE)


@often
@given(evidence, st.sampled_from(POLICIES), st.integers(0, 6))
def test_without_the_sessions_that_began_first_the_ledger_stays_the_same(
    heard: list[Event], policy: object, first: int
) -> None:
    # The length of others follows from the evidence; a clock that is corrected may change who began first.
    heard = [msgspec.structs.replace(event, received=False) for event in heard if event.activity in CATALOGUE]
    ledger = settle(heard, policy, CATALOGUE)  # type: ignore[arg-type]
    began = {key: min(event.at for event in group) for key, group in split_sessions(heard).items()}
    order = sorted(began, key=lambda key: (began[key], key))
    left, frozen = thin(heard, ledger, set(order[:first]))
    assert settle(left, policy, CATALOGUE, frozen=frozen) == ledger  # type: ignore[arg-type]


@often
@given(evidence, st.sampled_from(POLICIES))
def test_without_any_evidence_all_entries_stand(heard: list[Event], policy: object) -> None:
    ledger = settle(heard, policy, CATALOGUE)  # type: ignore[arg-type]
    assert settle([], policy, CATALOGUE, frozen=ledger) == ledger  # type: ignore[arg-type]


def test_what_a_person_rejected_counts_nowhere_else_when_its_evidence_is_gone() -> None:
    seen, again = Tape("a").watch(600).events, Tape("b", start=86400).watch(600).events
    (entry,) = settle(seen, DEFAULTS)
    window = Window(*entry.key[:3], entry.intervals[0].start_us, entry.intervals[-1].end_us)
    frozen = apply_decisions([entry], [Decision("hold", window), Decision("reject", window)])
    assert frozen[0].discounted == {"rejected": entry.raw_us}
    _, later = settle(again, DEFAULTS, frozen=frozen)
    assert (later.credited_us, later.discounted) == (0, {"repeat": later.raw_us})
