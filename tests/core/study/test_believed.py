"""Which inputs of our own player's beats are signs of presence."""

import numpy as np
import pytest

from lms_tracker.core.study.beats import Outcomes, believed

BEAT, RIGHT, WRONG, MISSED = "i", "r", "w", "m"


def _believed(told: str, other: str = "") -> str:
    """The inputs that are believed of a session that tells so, with another session's rows among its own."""
    rows = np.array(list(told + other))
    session = np.array([0] * len(told) + [1] * len(other))
    at = np.arange(len(rows)) % max(len(told), 1)
    order = np.random.default_rng(1).permutation(len(rows))  # rows come in any order
    rows, session, at = rows[order], session[order], at[order]
    inputs, seq = (rows == BEAT).astype(np.int64), np.where(rows == BEAT, -1, 7)
    kept = believed(inputs, seq, session, at, Outcomes(rows == RIGHT, rows == WRONG, rows == MISSED))
    mine = sorted(np.flatnonzero(session == 0), key=lambda row: at[row])
    return "".join("." if rows[row] == BEAT and not kept[row] else str(rows[row]) for row in mine)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("iii", "..."),  # nobody has answered anything
        ("iiri", "iiri"),  # before and after an answer
        ("iimir", "iimir"),  # missed, and back
        ("iiwi", "..w."),
        ("iriwiriri", "iriwiriri"),  # a slip that was mended in time costs nothing
        ("iriwmiri", "ir.wm.ri"),  # guessed, missed, guessed until it fitted
        ("irimwiwiri", "ir.mw.w.ri"),
        ("iwmwr", ".wmwr"),
        ("irimiri", "irimiri"),
    ],
)
def test_inputs_are_believed_where_somebody_answered_and_nobody_guessed(told: str, kept: str) -> None:
    assert _believed(told) == kept
    assert _believed(told, other="iwmir") == kept, "another session's checks are its own"


def test_inputs_of_other_producers_stand_as_they_are() -> None:
    nothing = np.zeros(3, np.bool_)
    inputs, seq, zero = np.array([1, 0, 2]), np.array([5, 6, 7]), np.zeros(3, np.int64)
    assert believed(inputs, seq, zero, zero, Outcomes(nothing, nothing, nothing)) is inputs
