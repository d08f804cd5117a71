from datetime import UTC, datetime, timedelta

from lms_tracker.core.attendance.code import STEP_S, code_at, is_code, left_s

SECRET = "ab" * 32
AT = datetime(2026, 3, 7, 1, 0, tzinfo=UTC)


def test_the_code_is_six_digits_and_another_for_each_meeting_and_moment() -> None:
    codes = {code_at(SECRET, n, AT + timedelta(seconds=STEP_S * k)) for n in (1, 2) for k in range(50)}
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(codes) > 95


def test_a_stored_secret_goes_on_giving_the_same_codes() -> None:
    # Screens in rooms follow from it: a change of the rule would end every meeting under way.
    assert code_at("00" * 32, 7, AT) == "126715"


def test_the_code_of_now_and_the_one_before_are_good_and_no_other() -> None:
    code = code_at(SECRET, 1, AT)
    for later in (0, STEP_S - 1, STEP_S, 2 * STEP_S - 1):
        assert is_code(SECRET, 1, code, AT + timedelta(seconds=later)), later
    assert not is_code(SECRET, 1, code, AT + timedelta(seconds=2 * STEP_S))
    assert not is_code(SECRET, 1, code, AT - timedelta(seconds=1)), "nobody knows a code before it is shown"
    assert not is_code(SECRET, 2, code, AT)


def test_blanks_between_the_digits_do_not_matter_and_anything_may_be_typed() -> None:
    code = code_at(SECRET, 1, AT)
    assert is_code(SECRET, 1, f" {code[:3]} {code[3:]}\u3000", AT)
    for typed in ("", "１２３４５６", "x" * 500, code + "0", "\0"):
        assert not is_code(SECRET, 1, typed, AT)


def test_how_long_a_code_lasts_is_said_to_the_second() -> None:
    assert [left_s(AT + timedelta(seconds=n)) for n in (0, 1, STEP_S - 1, STEP_S)] == [STEP_S, STEP_S - 1, 1, STEP_S]
