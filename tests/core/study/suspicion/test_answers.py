"""Signals in how presence checks are answered: what is drawn, steady or quick, and how much so few answers prove."""

import random

import pytest

from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.suspicion.answers import Answer, answers_in, drawn_answers, steady_answers
from lms_tracker.core.study.suspicion.found import Found, wilson_lower
from lms_tracker.core.study.suspicion.life import stillness
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.openings import Opening
from tests.bench.idle.__main__ import load_model


def test_few_quick_answers_prove_less_than_many() -> None:
    assert wilson_lower(3, 3) < wilson_lower(30, 30) < 1
    assert wilson_lower(0, 10) == 0


def answered(waits: list[float]) -> list[Answer]:
    answers = [(0, round(wait * 1e6), True) for wait in waits]
    return answers_in([Opening(("a", "s", ""), [], "", answers, None, 0, 0, [])])


def test_answers_drawn_between_two_bounds_are_told_from_people_who_now_and_then_take_longer() -> None:
    rng = random.Random(5)
    model = load_model()
    bounds = [(0.05, 2.0), (1.0, 3.0), (2.0, 8.0), (0.05, 10.0)]
    drawn = [drawn_answers(answered([rng.uniform(*b) for _ in range(120)])) for b in bounds]
    assert all(found is not None and found.value > 4 for found in drawn)
    for _ in range(300):
        middle, spread = rng.uniform(1.5, 12), rng.uniform(0.2, 0.7)
        found = drawn_answers(answered([middle * rng.lognormvariate(0, spread) for _ in range(rng.randint(8, 120))]))
        assert found is None or model.scales["drawn_answers"].worth(found.value) < 40


def test_answers_in_whole_steps_of_a_switch_or_as_late_as_the_limit_are_not_taken_for_drawn() -> None:
    rng = random.Random(6)
    switch = [2.0 * rng.randint(2, 5) + rng.uniform(0.1, 0.5) for _ in range(60)]
    assert drawn_answers(answered(switch)) is None
    assert drawn_answers(answered([rng.uniform(5, 58) for _ in range(60)])) is None
    assert drawn_answers(answered([4.0] * 20)) is None
    assert drawn_answers(answered([4.0, 5.0])) is None


def test_drawn_answers_hold_alone_only_beyond_forty_thousand_to_one() -> None:
    model = load_model()
    key = (("a", "s", ""),)
    assert not model.holds(weigh({"drawn_answers": Found(4.6, 90, key)}, model))
    assert model.holds(weigh({"drawn_answers": Found(6.0, 120, key)}, model))
    assert model.holds(weigh({"drawn_answers": Found(4.5, 70, key), "untouched_answers": Found(0.9, 70, key)}, model))


def mixed(script: list[float], person: list[float], pauses: bool) -> list[Answer]:
    """A script's answers in one session and a person's in another, by a producer that tells of inputs; `pauses`: the person's."""

    def told(name: str, waits: list[float], inputs: int, pause: bool) -> Opening:
        kinds = [Kind.PLAYED, *[Kind.HEARTBEAT] * 20, *[Kind.ANSWERED, Kind.HEARTBEAT] * len(waits)]
        if pause:
            kinds[5] = Kind.SEEKED
        events = [
            Event(
                id=f"{n}",
                at=n * 20_000_000,
                stored=n * 20_000_000,
                kind=kind,
                activity=name,
                inputs=inputs,
                promises=True,
            )
            for n, kind in enumerate(kinds)
        ]
        answers = [(22 + 2 * n, round(wait * 1e6), True) for n, wait in enumerate(waits)]
        return Opening((name, "s", ""), events, "", answers, None, 0, events[-1].at, [], stillness(events))

    return answers_in([told("a", script, 0 if not pauses else 1, False), told("b", person, 1, pauses)])


@pytest.mark.parametrize("pauses", [False, True])
def test_a_script_that_answers_now_and_then_shows_among_its_own_answers(pauses: bool) -> None:
    rng = random.Random(7)
    script = [rng.uniform(0.1, 4) for _ in range(60)]
    person = [6 * rng.lognormvariate(0, 0.5) for _ in range(20)] + [40.0]
    found = drawn_answers(mixed(script, person, pauses))
    assert found is not None and found.value > 3 and [key[0] for key in found.sessions] == ["a"]
    alone = drawn_answers(mixed(person, person, pauses))
    assert alone is None, "a person's own, some of them late, are nobody's draw"
    assert drawn_answers(answered(script + person)) is None, "all together they hide it"


def test_a_dozen_answers_that_happen_to_be_alike_prove_less_than_many() -> None:
    rng = random.Random(8)
    scale = load_model().scales["steady_answers"]
    few = [steady_answers(answered([5 * rng.lognormvariate(0, 0.3) for _ in range(15)])) for _ in range(2000)]
    assert sum(found is not None and scale.worth(found.value) > 60 for found in few) <= 2
    script = steady_answers(answered([2 + rng.uniform(0, 0.15) for _ in range(15)]))
    assert script is not None and scale.worth(script.value) == 100
