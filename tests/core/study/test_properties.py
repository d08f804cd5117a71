"""What holds for any evidence whatever: conservation, order, duplicates, and that no second counts twice."""

import random
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.arrays import ascends
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import REASONS
from lms_tracker.core.study.intervals import IntervalSet
from tests.core.study.arbitrary import CATALOGUE, Judged, judged, require_nothing_twice

thorough = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(judged, st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_give_the_same_ledger_and_raw_is_conserved(
    told: Judged, chance: random.Random
) -> None:
    heard, policy, ledger = told
    shuffled = heard + chance.choices(heard, k=len(heard) // 2)
    chance.shuffle(shuffled)
    assert settle(shuffled, policy, CATALOGUE) == ledger
    for entry in ledger:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values()) > 0
        assert entry.raw_us == sum(interval.amount_us for interval in entry.intervals)
        assert all(amount > 0 and reason in REASONS for reason, amount in entry.discounted.items())
        assert all(i.amount_us > 0 and i.end_us >= i.start_us for i in entry.intervals)
    assert len({entry.key for entry in ledger}) == len(ledger)


@thorough
@given(judged)
def test_no_second_counts_twice_nor_faster_than_allowed_nor_beyond_length_and_cap(told: Judged) -> None:
    heard, policy, ledger = told
    require_nothing_twice(ledger, policy)
    for entry in ledger:
        for interval in entry.intervals:
            if interval.verdict == "credited" and entry.evidence != "aggregate":
                allowed = Fraction(policy.max_rate) * (interval.end_us - interval.start_us)
                assert interval.amount_us <= allowed + 5 * len(heard)  # rounding: microseconds


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


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1), st.booleans())
def test_rows_ascend_where_each_comes_after_the_one_before_it(rows: list[tuple[int, ...]], sort: bool) -> None:
    if sort:
        rows = sorted(set(rows))
    assert ascends(*map(np.array, zip(*rows, strict=True))) == all(a < b for a, b in pairwise(rows))
