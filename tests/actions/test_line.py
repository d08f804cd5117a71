"""Whoever waits in line is written together with the others, and nobody waits for long."""

import threading
import time
from contextlib import suppress

import pytest

from lms_tracker.actions.line import (
    ATTEMPTS,
    GATHER_S,
    Line,
    Place,
    Steps,
    Waiting,
    later,
    now,
    waiting,
    write_together,
)
from tests.patience import HELD_S, PATIENCE_S, wait_until


def _answer(together: list[Waiting]) -> None:
    for request in together:
        request.outcome = (request.what, len(together))


def test_who_comes_alone_is_written_at_once() -> None:
    line = Line(_answer)
    assert [line.put("a"), line.put("b")] == [("a", 1), ("b", 1)]


def test_an_exception_is_raised_to_whom_it_became_of_and_to_nobody_else() -> None:
    def write(together: list[Waiting]) -> None:
        for request in together:
            request.outcome = ValueError("odd") if request.what % 2 else "even"

    line = Line(write)
    assert line.put(2) == "even"
    with pytest.raises(ValueError, match="odd"):
        line.put(3)
    assert line.put(4) == "even"


def _outcomes(asked: list[int], apart: bool, again: bool, faults: int = 99) -> tuple[list[object], list[list[int]]]:
    """Of a transaction that fails where 3 is in it, as often as `faults` says; and what each attempt was to write."""
    tried: list[list[int]] = []

    def write(whats: list[int]) -> list[int]:
        tried.append(whats)
        if 3 in whats and sum(3 in one for one in tried) <= faults:
            raise ValueError("three")
        return [10 * what for what in whats]

    together = [Waiting(one, 1) for one in asked]
    write_together(together, write, apart=lambda _: apart, again=lambda _: again)
    return [str(one.outcome) if isinstance(one.outcome, Exception) else one.outcome for one in together], tried


def test_what_is_wrong_with_one_touches_no_other_of_its_transaction() -> None:
    assert _outcomes([1, 3, 5], True, False) == ([10, "three", 50], [[1, 3, 5], [1], [3], [5]])


def test_where_each_alone_would_fail_as_well_all_are_told_at_once() -> None:
    assert _outcomes([1, 3], False, False) == (["three", "three"], [[1, 3]])


def test_what_another_attempt_may_know_better_is_tried_again_and_not_for_ever() -> None:
    assert _outcomes([3], True, True, faults=2) == ([30], [[3], [3], [3]])
    assert _outcomes([1, 3], False, True, faults=1) == ([10, 30], [[1, 3], [1, 3]])
    assert _outcomes([3], True, True) == (["three"], [[3]] * ATTEMPTS)


def test_a_writer_who_is_stopped_leaves_nobody_waiting() -> None:
    came, go_on = threading.Event(), threading.Event()

    def write(together: list[Waiting]) -> None:
        came.set()
        go_on.wait(HELD_S)
        if together[0].what == "first":
            raise SystemExit
        _answer(together)

    line, found = Line(write), []

    def put_first() -> None:
        with suppress(SystemExit):
            line.put("first")

    first = threading.Thread(target=put_first)
    first.start()
    came.wait(PATIENCE_S)
    others = [threading.Thread(target=lambda n=n: found.append(line.put(n))) for n in range(3)]
    for thread in others:
        thread.start()
    wait_until(lambda: len(line._waiting) >= 3)
    go_on.set()
    for thread in [first, *others]:
        thread.join(PATIENCE_S)
    assert sorted(found) == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(("weights", "groups"), [([3, 3, 3, 3], [2, 2]), ([9, 1, 1], [1, 2]), ([1, 1, 9], [2, 1])])
def test_those_of_one_transaction_weigh_no_more_than_the_most(weights: list[int], groups: list[int]) -> None:
    line, taken = Line(_answer, most=6), []
    line._waiting = [Waiting(None, weight) for weight in weights]
    while line._waiting:
        taken.append(len(line._take()))
    assert taken == groups


def test_who_writes_waits_for_as_many_as_there_were_the_last_time_and_no_longer_than_a_moment() -> None:
    line = Line(_answer)
    line._expected, line._waiting = 2, [Waiting(None, 1)]
    began = time.monotonic()
    line._gather()
    assert time.monotonic() - began >= 0.9 * GATHER_S and not line._gathering
    line._waiting, line._expected = [Waiting(None, 1) for _ in range(2)], 3
    writer = threading.Thread(target=line._gather)
    writer.start()
    while not line._gathering and writer.is_alive():
        pass
    line._join(Waiting(None, 1))
    writer.join(PATIENCE_S)
    assert not writer.is_alive() and len(line._waiting) == 3
    assert line._gate.locked() and not line._gathering


def test_where_enough_wait_nobody_waits_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms_tracker.actions.line.GATHER_S", PATIENCE_S)
    line = Line(_answer, enough=10)
    line._expected, line._waiting = 3, [Waiting(None, 9), Waiting(None, 1)]
    began = time.monotonic()
    line._gather()
    assert time.monotonic() - began < PATIENCE_S


def test_who_needs_no_thread_is_told_by_the_one_who_writes() -> None:
    line, told = Line(_answer), []
    line.hand_in("a", 1, told.append)
    assert told == [("a", 1)]


def test_one_thread_writes_for_all_who_come_meanwhile_and_need_none() -> None:
    came, go_on, told = threading.Event(), threading.Event(), []

    def write(together: list[Waiting]) -> None:
        came.set()
        assert go_on.wait(30)
        _answer(together)

    line = Line(write)
    writer = threading.Thread(target=line.hand_in, args=("first", 1, told.append))
    writer.start()
    assert came.wait(30)
    for n in range(5):
        line.hand_in(n, 1, told.append)  # comes back at once
    go_on.set()
    writer.join(30)
    assert told == [("first", 1), *((n, 5) for n in range(5))] and not line._busy


def test_those_with_and_without_a_thread_stand_in_one_line() -> None:
    came, go_on, told, put = threading.Event(), threading.Event(), [], []

    def write(together: list[Waiting]) -> None:
        came.set()
        assert go_on.wait(30)
        _answer(together)

    line = Line(write, most=2)
    first = threading.Thread(target=lambda: put.append(line.put("first")))
    first.start()
    assert came.wait(30)
    others = []
    for n in range(3):
        line.hand_in(n, 1, told.append)
        others.append(threading.Thread(target=lambda n=n: put.append(line.put(10 + n))))
        others[-1].start()
        while len(line._waiting) < 2 * (n + 1):
            time.sleep(0.001)
    go_on.set()
    for thread in [first, *others]:
        thread.join(30)
    assert sorted(told) == [(0, 2), (1, 2), (2, 2)]
    assert sorted(what for what, _ in put if what != "first") == [10, 11, 12] and ("first", 1) in put


def test_what_one_makes_of_its_outcome_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    told: list[object] = []

    def fails(_: object) -> None:
        raise ValueError("odd")

    line = Line(_answer)
    line._waiting, line._busy = [Waiting("a", 1, fails), Waiting("b", 1, told.append)], True
    line._write_for_all()
    assert told == [("b", 2)] and "could not be told" in caplog.text


def test_a_writer_who_is_stopped_first_serves_those_who_have_no_thread() -> None:
    told: list[object] = []

    def write(together: list[Waiting]) -> None:
        if together[0].what == "first":
            raise SystemExit
        _answer(together)

    line = Line(write, most=1)
    line._waiting, line._busy = [Waiting("first", 1, told.append), Waiting("second", 1, told.append)], True
    with pytest.raises(SystemExit):
        line._write_for_all()
    assert isinstance(told[0], RuntimeError) and told[1] == ("second", 1) and not line._busy


def _twice(line: Line) -> Steps[list[object]]:
    found = [(yield Place(line, "a"))]
    try:
        yield Place(line, 3)
    except ValueError as e:
        found.append(str(e))
    return found


def _refuse_odd(together: list[Waiting]) -> None:
    for request in together:
        request.outcome = ValueError("odd") if request.what == 3 else request.what


def test_steps_wait_as_often_as_they_like_with_a_thread_and_without() -> None:
    told: list[object] = []
    line = Line(_refuse_odd)
    assert now(_twice(line)) == ["a", "odd"] == waiting(_twice)(line)
    steps = _twice(line)
    later(steps, next(steps), told.append)
    assert told == [["a", "odd"]]
