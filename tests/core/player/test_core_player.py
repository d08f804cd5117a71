"""Grants, tapes, draws: the pure parts of the player."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.player import checks
from lms_tracker.core.player.checks import Words
from lms_tracker.core.player.grant import Forged, Grant, keys_of, proof, read, sign, was_issued_for
from lms_tracker.core.player.live import without
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.tape import MOST, SEEK, Beat, Told, pack, place, unpack

KEYS = keys_of("k" * 40)


@given(st.integers(0, 2**31), st.integers(0, 2**62))
def test_a_grant_reads_as_it_was_signed_and_no_other_way(stream: int, until: int) -> None:
    token = sign(KEYS, Grant(stream, until))
    assert read(KEYS, token) == Grant(stream, until)
    with pytest.raises(Forged):
        read(keys_of("another"), token)
    with pytest.raises(Forged):
        read(KEYS, ("A" if token[0] != "A" else "B") + token[1:])


@pytest.mark.parametrize("token", ["", "x", "=" * 43, "ä" * 43, "A" * 42, "A" * 44])
def test_what_is_no_grant_is_refused(token: str) -> None:
    with pytest.raises(Forged):
        read(KEYS, token)


def test_a_proof_tells_for_what_it_was_made_and_cannot_be_made_elsewhere() -> None:
    assert was_issued_for(KEYS, proof(KEYS, 7, 3)) == (7, 3)
    assert was_issued_for(KEYS, proof(keys_of("another"), 7, 3)) is None
    for text in ("", "x", "ä" * 32, "A" * 32):
        assert was_issued_for(KEYS, text) is None


def test_the_packed_form_is_what_is_in_databases() -> None:
    told = [Told(20_000, 0, 7, 61_250, 125, (0, 3, 0)), Told(0, SEEK, 7, 30_000, 100, (1, 1, 0), 81_250)]
    assert pack(told).hex() == "38a09c01c3de037d0003003b00b1ea016401010" + "0e3fa04"
    assert unpack(pack(told)) == told


numbers = st.integers(-1, 10**8)
beats = st.builds(
    Told,
    st.integers(0, 3_600_000),
    st.integers(0, 7),
    st.integers(0, 31),
    numbers,
    st.integers(0, 10_000),
    st.tuples(*[st.integers(0, 10**6)] * 3),
).map(lambda told: told)


@given(st.lists(beats, max_size=20))
def test_what_is_packed_comes_out_again(told: list[Told]) -> None:
    assert unpack(pack(told)) == told


@given(
    st.lists(st.builds(Beat, st.floats(0, 2e6)), max_size=MOST),
    st.integers(1, 3_000_000_000),
    st.floats(0, 3600),
)
def test_a_request_tells_of_no_more_than_the_time_since_the_one_before(
    told: list[Beat], elapsed: int, offline_s: float
) -> None:
    placed, left_out = place(told, 0, elapsed, offline_s)
    assert len(placed) + left_out == len(told)
    ages = [one.age_ms for one in placed]
    assert ages == sorted(set(ages), reverse=True)
    assert all(0 <= age * 1000 < max(elapsed, 1000) for age in ages)


def test_checks_come_after_ten_minutes_on_average_and_never_before_four() -> None:
    dice, policy = random.Random(1), PlayerPolicy()
    waits = [checks.wait(policy, dice.random()) / 1e6 for _ in range(20_000)]
    assert min(waits) >= 240
    assert statistics.mean(waits) == pytest.approx(600, rel=0.02)


DICE = random.Random(2)


def _draws(count: int = 40) -> list[float]:
    return [DICE.random() for _ in range(count)]


def test_a_choice_has_three_right_ones_among_ten_in_any_places() -> None:
    seen: set[str] = set()
    for _ in range(500):
        check = checks.choice(_draws())
        (part,) = check.parts
        assert len({option.text.zh for option in part.options}) == 10 and part.pick == 3
        assert "".join(sorted(check.right)) == check.right
        assert set(check.right) < {option.id for option in part.options}
        seen.update(check.right)
    assert len(seen) == 10


@pytest.mark.parametrize("answers", [2, 3, 4, 5, 6])
def test_a_question_of_few_answers_has_a_choice_beside_it(answers: int) -> None:
    texts = [Words(str(n), str(n)) for n in range(answers)]
    check = checks.mixed(texts[0], texts[1], texts[2:] + [texts[0]], _draws())
    ids = [option.id for part in check.parts for option in part.options]
    assert len(ids) == len(set(ids)) and len(check.parts) == 2
    assert set(check.right) <= set(ids) and len(check.right) == 1 + check.parts[1].pick
    assert checks.chance(check.parts) <= checks.CHANCE


def test_who_guesses_gains_less_than_two_percent() -> None:
    """Each check asks for all the time since the one before: the share that counts is that of checks that are passed."""
    passed = 0
    for _ in range(20_000):
        for _ in range(checks.TRIES):
            check = checks.choice(_draws())
            guess = DICE.sample([option.id for option in check.parts[0].options], check.parts[0].pick)
            if "".join(sorted(guess)) == check.right:
                passed += 1
                break
    assert 1 - (1 - checks.CHANCE) ** checks.TRIES < 0.02
    assert passed / 20_000 < 0.02


def test_who_is_wrong_waits_longer_each_time_and_is_asked_again_sooner() -> None:
    assert [checks.pause(wrong) // 10**6 for wrong in (0, 1, 2, 3, 4, 9, 1000)] == [0, 0, 5, 10, 20, 300, 300]
    assert checks.wait(PlayerPolicy(), 0.5, wrong=1) * 2 == pytest.approx(checks.wait(PlayerPolicy(), 0.5), abs=2)


times = st.integers(0, 100).map(lambda n: n * 1_000_000)
spans = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair))), max_size=6)


@given(spans, spans)
def test_content_without_other_content_is_what_is_in_the_one_and_not_in_the_other(
    some: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    def seconds(pieces: list[tuple[int, int]]) -> set[int]:
        return {n for low, high in pieces for n in range(low // 10**6, high // 10**6)}

    assert seconds(without(some, other)) == seconds(some) - seconds(other)
