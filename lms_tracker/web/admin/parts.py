"""What sections share: the clock of their pages, and paging through long lists."""

from zoneinfo import ZoneInfo

from flask import request, url_for
from msgspec import Struct

from lms_tracker.actions.policies import load_policy

PAGE = 100


class Page(Struct, frozen=True):
    """One page of a list; the first is 1."""

    number: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return min(self.number * PAGE, self.total)

    @property
    def more(self) -> bool:
        return self.last < self.total

    def address(self, number: int) -> str:
        """Of another page of the list that is being looked at."""
        assert request.endpoint
        return url_for(request.endpoint, **{**request.args, **(request.view_args or {}), "page": number})


def page_number() -> int:
    """What the address asks for, 1 when that is no page."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) <= 6 else 1


def zone() -> ZoneInfo:
    """Administration belongs to no programme: the time zone of the default policy."""
    return load_policy("default").study.zone
