"""Entries whose evidence is gone: they stand as they are, and nothing that they credited is credited again."""

import random
from collections import defaultdict

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.decisions import Decision, Window, apply_decisions
from lms_tracker.core.study.engine import settle, settle_learners
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Event
from lms_tracker.core.study.evidence import gather
from lms_tracker.core.study.policy import DEFAULTS
from tests.core.study.arbitrary import CATALOGUE, Judged, judged, require_nothing_twice
from tests.core.study.tape import Tape

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
@given(judged, st.randoms(use_true_random=False))
def test_whatever_evidence_is_gone_no_second_and_no_content_counts_twice(told: Judged, chance: random.Random) -> None:
    heard, policy, ledger = told
    gone = {key for key in split_sessions(heard) if chance.random() < 0.5}
    left, frozen = thin(heard, ledger, gone)
    after = settle(left, policy, CATALOGUE, frozen=frozen)
    assert [entry for entry in after if entry.key[:3] in gone] == frozen
    require_nothing_twice(after, policy)


@often
@given(judged, st.integers(0, 6))
def test_without_the_sessions_that_began_first_the_ledger_stays_the_same(told: Judged, first: int) -> None:
    # The length of others follows from the evidence; a clock that is corrected may change who began first.
    heard = [msgspec.structs.replace(event, received=False) for event in told.heard if event.activity in CATALOGUE]
    ledger = settle(heard, told.policy, CATALOGUE)
    # So may an order that statements give themselves: the engine says in which it took them.
    taken = [
        one.key for _, sessions in settle_learners(gather([(0, heard)]), told.policy, CATALOGUE) for one in sessions
    ]
    order = [(key.activity, key.session, key.registration) for key in taken]
    assert set(order) == set(split_sessions(heard))
    left, frozen = thin(heard, ledger, set(order[:first]))
    assert settle(left, told.policy, CATALOGUE, frozen=frozen) == ledger


@often
@given(judged)
def test_without_any_evidence_all_entries_stand(told: Judged) -> None:
    assert settle([], told.policy, CATALOGUE, frozen=told.ledger) == told.ledger


def test_what_a_person_rejected_counts_nowhere_else_when_its_evidence_is_gone() -> None:
    seen, again = Tape("a").watch(600).events, Tape("b", start=86400).watch(600).events
    (entry,) = settle(seen, DEFAULTS)
    window = Window(*entry.key[:3], entry.intervals[0].start_us, entry.intervals[-1].end_us)
    frozen = apply_decisions([entry], [Decision("hold", window), Decision("reject", window)])
    assert frozen[0].discounted == {"rejected": entry.raw_us}
    _, later = settle(again, DEFAULTS, frozen=frozen)
    assert (later.credited_us, later.discounted) == (0, {"repeat": later.raw_us})
