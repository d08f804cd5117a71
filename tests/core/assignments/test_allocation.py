"""Who reviews whom: fair, blind, and the same again."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_tracker.core.assignments.allocation import Pair, Work, allocate, lacking


def works(count: int, groups: int = 0) -> list[Work]:
    return [Work(1000 + n, n, str(n % groups) if groups else None) for n in range(count)]


def authors(of: list[Work]) -> list[int]:
    return [work.author for work in of]


def allowed(pairs: list[Pair], of: list[Work]) -> bool:
    by_id, group = {work.id: work for work in of}, {work.author: work.group for work in of}
    return len(set(pairs)) == len(pairs) and all(
        reviewer != by_id[id].author and (by_id[id].group is None or group.get(reviewer) != by_id[id].group)
        for reviewer, id in pairs
    )


@settings(deadline=None, max_examples=150)
@given(count=st.integers(2, 120), each=st.integers(1, 6), seed=st.text(max_size=5))
def test_each_gets_and_does_as_many_as_every_other_and_never_the_own(count: int, each: int, seed: str) -> None:
    of = works(count)
    pairs = allocate(of, authors(of), each, seed)
    wanted = min(each, count - 1)
    assert allowed(pairs, of)
    assert set(Counter(id for _, id in pairs).values()) == {wanted} and len({id for _, id in pairs}) == count
    assert set(Counter(reviewer for reviewer, _ in pairs).values()) == {wanted}
    assert pairs == allocate(of, authors(of), each, seed), "the same seed, the same pairs"


@settings(deadline=None, max_examples=150)
@given(sizes=st.lists(st.integers(1, 12), min_size=2, max_size=15), each=st.integers(1, 5))
def test_nobody_reviews_a_team_mate(sizes: list[int], each: int) -> None:
    of = [Work(1000 + n, n, str(g)) for n, g in enumerate(g for g, size in enumerate(sizes) for _ in range(size))]
    pairs = allocate(of, authors(of), each, "s")
    assert allowed(pairs, of)
    if len(of) - 2 * max(sizes) + 1 >= each:
        assert set(Counter(id for _, id in pairs).values()) == {each}
        assert set(Counter(reviewer for reviewer, _ in pairs).values()) == {each}


def test_another_seed_makes_other_pairs_and_nobody_reviews_each_other_where_it_can_be_helped() -> None:
    of = works(53)
    one, other = allocate(of, authors(of), 3, "one"), allocate(of, authors(of), 3, "other")
    assert len(set(one) & set(other)) < 40
    author = {work.id: work.author for work in of}
    met = {(reviewer, author[id]) for reviewer, id in one}
    assert not any((b, a) in met for a, b in met)


@settings(deadline=None, max_examples=80)
@given(count=st.integers(6, 60), late=st.integers(1, 5), each=st.integers(1, 4))
def test_who_hands_in_late_is_reviewed_and_reviews_as_the_others_do(count: int, late: int, each: int) -> None:
    of = works(count)
    pairs = allocate(of, authors(of), each, "s")
    more = works(count + late)
    added = allocate(more, authors(more), each, "s", standing=pairs)
    assert allowed(pairs + added, more)
    assert lacking(more, pairs + added, each) == {}
    loads = Counter(reviewer for reviewer, _ in pairs + added)
    assert all(loads[n] >= each for n in range(count + late)), "late ones, too"
    assert max(loads.values()) <= each + 1 + late * each // count
    assert set(pairs).isdisjoint(added)


def test_works_whose_reviewers_let_them_lie_go_to_those_who_have_done_theirs() -> None:
    of = works(20)
    pairs = allocate(of, authors(of), 3, "s")
    gone = {0, 1}
    dropped = [pair for pair in pairs if pair[0] in gone]
    kept = [pair for pair in pairs if pair[0] not in gone]
    again = allocate(of, [n for n in range(20) if n not in gone], 3, "s again", standing=kept, barred=dropped)
    assert allowed(kept + again, of) and lacking(of, kept + again, 3) == {}
    assert not gone & {reviewer for reviewer, _ in again}
    assert max(Counter(reviewer for reviewer, _ in kept + again).values()) == 4, "six more reviews among eighteen"


@pytest.mark.parametrize(("of", "lacks"), [(works(1), {1000: 3}), ([], {}), (works(4, groups=1), None)])
def test_where_nobody_may_review_a_work_it_is_said_to_lack(of: list[Work], lacks: dict[int, int] | None) -> None:
    pairs = allocate(of, authors(of), 3, "s")
    assert pairs == []
    assert lacking(of, pairs, 3) == (lacks if lacks is not None else {work.id: 3 for work in of})


def test_a_school_that_is_most_of_the_class_gets_what_the_others_can_give() -> None:
    of = [Work(1000 + n, n, "large" if n < 15 else str(n)) for n in range(20)]
    pairs = allocate(of, authors(of), 3, "s")
    assert allowed(pairs, of)
    assert lacking(of, pairs, 3) == {}


def test_five_thousand_are_allocated_in_a_moment() -> None:
    for of in (works(5000), works(5000, groups=125)):
        began = time.process_time()
        pairs = allocate(of, authors(of), 5, "s")
        assert len(pairs) == 25_000
        assert time.process_time() - began < 5, "of processor time; it takes a quarter of a second"


def test_pairs_of_a_seed_are_the_same_for_ever() -> None:
    # Pairs are stored, and what is added later follows from them: the draw may never change.
    of = works(5)
    assert allocate(of, authors(of), 1, "golden") == GOLDEN


GOLDEN: list[Pair] = [(2, 1003), (1, 1002), (4, 1001), (0, 1004), (3, 1000)]
