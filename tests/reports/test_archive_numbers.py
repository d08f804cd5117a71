"""Numbers of the archive file fit their column, and never look like a target that they do not reach."""

from datetime import date
from decimal import Decimal

from lms_tracker.reports.archive import _aim, _is_cut, _plain


def test_hours_are_cut_after_two_places_and_whole_numbers_stay_whole() -> None:
    hours = Decimal(107) / Decimal(9)  # 11.888…
    assert [_plain(one) for one in (hours, Decimal("59.9999"), Decimal(60), Decimal("7.30"), 40)] == [
        "11.88", "59.99", "60", "7.3", "40",
    ]  # fmt: skip
    assert _plain(date(2026, 3, 1)) == "2026-03-01"


def test_what_was_cut_is_known_so_that_the_page_can_say_so() -> None:
    assert _is_cut(Decimal(107) / Decimal(9)) and not _is_cut(Decimal("7.30")) and not _is_cut(40)
    assert (_aim(0), _aim(Decimal(100))) == ("—", "100")
