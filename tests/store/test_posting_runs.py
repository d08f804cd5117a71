"""Runs hold rows of posting lists as they were, in few bytes, and keep instants whole."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.store.posting_runs import FULL, FULL_BYTES, At, is_full, members, numbers_in, rows_in, runs_of

INSTANTS = st.one_of(st.integers(0, 20), st.integers(0, 2**50))
NUMBERS = st.one_of(st.integers(1, 50), st.integers(1, 2**40))
ROWS = st.lists(st.tuples(INSTANTS, NUMBERS, st.one_of(st.just(b""), st.binary(max_size=300))), max_size=400)


@given(ROWS)
def test_rows_come_out_as_they_went_in(rows: list[At]) -> None:
    rows.sort(key=lambda row: row[:2])
    runs = list(runs_of(rows))
    assert [row for run in runs for row in rows_in(run)] == rows
    numbers = sorted(number for run in runs for number in numbers_in(run))
    assert numbers == sorted(number for _, first, distances in rows for number in members(first, distances))


@given(ROWS)
def test_of_two_runs_one_ends_before_the_other_begins_and_only_the_last_has_room(rows: list[At]) -> None:
    rows.sort(key=lambda row: row[:2])
    runs = list(runs_of(rows))
    for one, next_one in pairwise(runs):
        assert rows_in(one)[-1][0] < next_one[0]
        assert is_full(one)


def test_a_run_is_no_longer_than_its_last_instant_makes_it() -> None:
    rows = [(second, 3 * second, b"\1" * (second % 40)) for second in range(5000)]
    for run in runs_of(rows):
        assert len(rows_in(run)) <= FULL
        assert len(run[2]) < FULL_BYTES + 60
    crowd = [(7, number, b"") for number in range(1, 3 * FULL)]
    assert len(list(runs_of([(6, 1, b""), *crowd, (8, 5, b"")]))) == 2


def test_rows_of_one_by_one_take_six_bytes_each() -> None:
    rows = [(1_790_000_000_000_000 + 700_001 * n, 1000 + 9 * n + n % 3, b"") for n in range(FULL)]
    [(_, _, packed)] = runs_of(rows)
    assert len(packed) < 6 * FULL
    [(stored, first, alone)] = runs_of(rows[:1])
    assert (stored, first, alone) == rows[0]


def test_how_rows_are_packed_stays_as_it_is() -> None:
    """Golden values: should one change, runs that are stored can no longer be read. See the warning in posting_runs."""
    rows = [(1000, 7, b""), (1000, 9, b"\1\2"), (70_000, 300, b""), (70_001, 280, b"\xff")]
    [run] = runs_of(rows)
    head, later, higher = "04000000 030201 ecffffffffffffff", "008801 000d00 000100", "163700 000100"
    assert run == (1000, 7, bytes.fromhex(f"{head} {later} {higher} 00020001 0102ff"))
    assert rows_in(run) == rows
    assert list(runs_of([(5, 6, b"")])) == [(5, 6, b"")]
    assert list(runs_of([(5, 6, b"\4")])) == [(5, 6, bytes.fromhex("01000000 000001 0000000000000000 01 04"))]
