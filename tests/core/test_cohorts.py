"""Proposed classes: as few as can be, equal but for one, and either balanced or together."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.cohorts import Learner, propose

PEOPLE = st.lists(
    st.tuples(st.sampled_from("东西南北"), st.sampled_from(["city", "town"])), min_size=1, max_size=200
).map(lambda rows: [Learner(n, *row) for n, row in enumerate(rows)])


@given(PEOPLE, st.integers(1, 60), st.sampled_from(["mixed", "together"]))
def test_everybody_is_in_one_class_and_classes_differ_by_one_at_most(
    people: list[Learner], size: int, way: str
) -> None:
    classes = propose(people, size, way)  # type: ignore[arg-type]
    assert sorted(one.learner_id for group in classes for one in group) == [one.learner_id for one in people]
    sizes = [len(group) for group in classes]
    assert max(sizes) <= size and max(sizes) - min(sizes) <= 1
    assert len(classes) == -(-len(people) // size)


@given(PEOPLE, st.integers(1, 60))
def test_balanced_classes_have_their_share_of_every_stratum_within_one(people: list[Learner], size: int) -> None:
    counts = [Counter(one.stratum for one in group) for group in propose(people, size, "mixed")]
    for stratum in {one.stratum for one in people}:
        shares = [count[stratum] for count in counts]
        assert max(shares) - min(shares) <= 1


def test_neighbours_stay_together_where_classes_allow() -> None:
    people = [Learner(n, "东" if n < 40 else "西", "town") for n in range(80)]
    first, second = propose(people, 40, "together")
    assert {one.district for one in first} == {"东"} and {one.district for one in second} == {"西"}


def test_the_order_in_which_people_come_makes_no_difference() -> None:
    people = [Learner(n, "东西"[n % 2], "town") for n in range(77)]
    assert propose(people[::-1], 40, "mixed") == propose(people, 40, "mixed")


def test_nobody_is_no_class_and_a_class_of_nobody_is_refused() -> None:
    assert propose([], 40, "mixed") == propose([], 40, "together") == []
    with pytest.raises(ValueError, match="at least one"):
        propose([], 0, "mixed")
