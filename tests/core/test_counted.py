"""English counts: one of something has a form of its own."""

import pytest

from lms_tracker.core.counted import Counted, so_many


@pytest.mark.parametrize(("n", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1000, "1000 days")])
def test_one_of_something_has_a_form_of_its_own(n: int, said: str) -> None:
    assert so_many(n, "day", "days") == f"{Counted(n):day|days}" == said
    assert f"{Counted(n)}" == str(n)


def test_an_amount_that_is_written_with_a_fraction_is_several() -> None:
    assert so_many("1.5", "class hour", "class hours") == "1.5 class hours"
    assert so_many("1", "class hour", "class hours") == "1 class hour"
