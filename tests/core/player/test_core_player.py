"""Grants, tapes, draws: the pure parts of the player."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.player import checks
from lms_tracker.core.player.grant import Forged, Grant, keys_of, proof, read, sign, was_issued_for
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


def test_every_choice_has_one_right_answer_among_six() -> None:
    dice = random.Random(2)
    places = set()
    for _ in range(500):
        check = checks.choice([dice.random() for _ in range(checks.DRAWS)])
        assert len({option.text.zh for option in check.options}) == checks.CHOICES
        assert check.right in {option.id for option in check.options}
        places.add(check.right)
    assert len(places) == checks.CHOICES
