"""What holds for any evidence whatever: conservation, order, duplicates, and that no second counts twice."""

import random
from collections import defaultdict
from fractions import Fraction

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import REASONS, Entry
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.tape import BASE, us

LENGTH = us(1200)
CATALOGUE = {"video/1": CatalogueItem(True, LENGTH), "doc/1": CatalogueItem(False, LENGTH)}
SOURCES = {"late": SourcePolicy(reports_late=True), "half": SourcePolicy(declared_share=0.5, aggregate_share=0.5)}
POLICIES = [
    DEFAULTS,
    msgspec.structs.replace(DEFAULTS, sources=SOURCES, cap_s=1800.0),
    msgspec.structs.replace(DEFAULTS, credit="wall", timezone="America/New_York", max_rate=1.0),
]

seconds = st.integers(0, 4000).map(lambda s: us(s)) | st.integers(0, 4000 * SECOND)
positions = st.none() | st.integers(0, 1400).map(us) | st.integers(0, 1400 * SECOND)


@st.composite
def events(draw: st.DrawFn) -> Event:
    at = BASE + 15 * 3600 * SECOND + draw(seconds)  # around midnight in Shanghai
    position = draw(positions)
    return Event(
        id=str(draw(st.uuids())),
        at=at,
        stored=at + us(draw(st.sampled_from([0, 1, 1, 1, 60, 1000, -30, -500]))),
        received=draw(st.sampled_from([True, True, False])),
        kind=draw(st.sampled_from(list(Kind))),
        activity=draw(st.sampled_from(["video/1", "video/2", "doc/1"])),
        registration=draw(st.sampled_from(["", "r"])),
        session=draw(st.sampled_from(["a", "b", ""])),
        sequence=draw(st.none() | st.integers(0, 9)),
        position=position,
        position_before=draw(st.just(position) | positions),
        playing=draw(st.sampled_from([None, None, True, False])),
        visible=draw(st.sampled_from([None, None, True, False])),
        inputs=draw(st.sampled_from([None, 0, 1])),
        rate_milli=draw(st.sampled_from([None, None, 0, 1000, 1250, 1500, 2000, 16000])),
        success=draw(st.sampled_from([None, True, False])),
        duration=draw(st.none() | st.integers(0, 4000).map(us)),
        length=draw(st.sampled_from([None, LENGTH])),
        segments=draw(st.none() | st.lists(st.tuples(positions, positions), max_size=3).map(_spans)),
        media=draw(st.booleans()),
        promises=draw(st.booleans()),
        source=draw(st.sampled_from(["", "late", "half"])),
        proved=draw(st.booleans()),
    )


def _spans(pairs: list[tuple[int | None, int | None]]) -> tuple[tuple[int, int], ...]:
    return tuple((a, b) for a, b in pairs if a is not None and b is not None and a < b)


evidence = st.lists(events(), min_size=1, max_size=40)
thorough = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(evidence, st.sampled_from(POLICIES), st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_give_the_same_ledger_and_raw_is_conserved(
    heard: list[Event], policy: object, chance: random.Random
) -> None:
    ledger = settle(heard, policy, CATALOGUE)  # type: ignore[arg-type]
    shuffled = heard + chance.choices(heard, k=len(heard) // 2)
    chance.shuffle(shuffled)
    assert settle(shuffled, policy, CATALOGUE) == ledger  # type: ignore[arg-type]
    for entry in ledger:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values()) > 0
        assert entry.raw_us == sum(interval.amount_us for interval in entry.intervals)
        assert all(amount > 0 and reason in REASONS for reason, amount in entry.discounted.items())
        assert all(i.amount_us > 0 and i.end_us >= i.start_us for i in entry.intervals)
    assert len({entry.key for entry in ledger}) == len(ledger)


@thorough
@given(evidence, st.sampled_from(POLICIES))
def test_no_second_counts_twice_nor_faster_than_allowed_nor_beyond_length_and_cap(
    heard: list[Event], policy: object
) -> None:
    ledger: list[Entry] = settle(heard, policy, CATALOGUE)  # type: ignore[arg-type]
    clock, by_date, by_activity = IntervalSet(), defaultdict(int), defaultdict(int)
    width = 0
    for entry in ledger:
        by_date[entry.date] += entry.credited_us
        by_activity[entry.activity] += entry.credited_us
        for interval in entry.intervals:
            if interval.verdict == "credited":
                clock.add(interval.start_us, interval.end_us)
                width += interval.end_us - interval.start_us
                if entry.evidence != "aggregate":
                    allowed = Fraction(policy.max_rate) * (interval.end_us - interval.start_us)  # type: ignore[attr-defined]
                    assert interval.amount_us <= allowed + 5 * len(heard)  # rounding: microseconds
    assert clock.measure == width  # credited intervals are disjoint on the clock
    assert all(credited <= policy.cap_s * SECOND for credited in by_date.values())  # type: ignore[attr-defined]
    assert all(by_activity[iri] <= LENGTH for iri in CATALOGUE)


@thorough
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=30))
def test_an_interval_set_is_a_set_of_integers(spans: list[tuple[int, int]]) -> None:
    intervals, truth = IntervalSet(), set()
    for start, length in spans:
        pieces = intervals.split(start, start + length)
        assert [p[0] for p in pieces] == [start, *(p[1] for p in pieces[:-1])]
        for low, high, held in pieces:
            assert all((n in truth) == held for n in range(low, high))
        intervals.add(start, start + length)
        truth.update(range(start, start + length))
    assert {n for low, high in intervals for n in range(low, high)} == truth
    assert intervals.measure == len(truth)
