"""The tree of organisations, and where somebody belonged on a date."""

from datetime import date
from typing import NamedTuple

from lms_tracker.core.belonging import standing
from lms_tracker.core.organisations import KINDS, above, below, misplaced

PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: 4}


def test_above_goes_up_to_the_top_and_below_takes_whole_branches() -> None:
    assert list(above(PARENTS, 5)) == [5, 4, 2, 1]
    assert list(above(PARENTS, None)) == []
    assert below(PARENTS, {2}) == {2, 4, 5}
    assert below(PARENTS, {1}) == set(PARENTS)
    assert below(PARENTS, {9}) == {9}, "one that nobody knows has nothing under it"


def test_a_ring_ends() -> None:
    assert list(above({1: 2, 2: 1}, 1)) == [1, 2]


def test_nothing_stands_under_its_own_kind_or_under_a_school() -> None:
    assert all(misplaced(kind, kind) and misplaced(kind, "school") for kind in KINDS)
    assert not misplaced("district", "centre") and misplaced("centre", "district")
    assert not any(misplaced(kind, None) for kind in KINDS)


class _Change(NamedTuple):
    what: str
    on: date


def test_the_latest_change_of_a_date_holds_and_before_the_first_there_is_none() -> None:
    changes = [
        _Change("began", date(2026, 3, 1)),
        _Change("moved", date(2026, 4, 1)),
        _Change("left", date(2026, 4, 1)),
    ]
    assert standing(changes, date(2026, 2, 28)) is None
    assert standing(changes, date(2026, 3, 31)) == changes[0]
    assert standing(changes, date(2026, 4, 1)) == changes[2]
    assert standing(changes) == changes[2]
