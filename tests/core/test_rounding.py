"""What is shown of parts adds up to what is shown of their whole."""

from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.rounding import round_parts


def test_the_largest_remainders_are_rounded_up() -> None:
    assert round_parts([6_600, 21_400], 1000) == (28, [7, 21])
    assert round_parts([6_500, 21_500], 1000) == (28, [7, 21]), "of equal ones the first"
    assert round_parts([400, 400, 400], 1000) == (1, [1, 0, 0])
    assert round_parts([], 1000) == (0, [])


@given(st.lists(st.integers(0, 10**11), max_size=15), st.sampled_from([1, 2, 1000, 60_000_000]))
def test_parts_add_up_and_none_is_off_by_a_unit(parts: list[int], unit: int) -> None:
    whole, rounded = round_parts(parts, unit)
    assert sum(rounded) == whole
    assert 2 * abs(whole * unit - sum(parts)) <= unit
    assert all(abs(shown * unit - part) < unit for shown, part in zip(rounded, parts, strict=True))
