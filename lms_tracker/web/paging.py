"""Long lists in pages. All rows are in the page, so that what is printed is whole; those of other pages are hidden on screen."""

from msgspec import Struct

PAGE = 100


class Paged(Struct, frozen=True):
    """Which of `count` rows are on `page` (from 1) of `pages`."""

    count: int
    page: int
    pages: int

    def shows(self, n: int) -> bool:
        """Whether row `n`, from 0, is on this page."""
        return (self.page - 1) * PAGE <= n < self.page * PAGE


def paged(count: int, asked: int | None) -> Paged:
    """The page that somebody asked for, or the nearest that there is."""
    pages = max(1, -(-count // PAGE))
    return Paged(count, min(max(1, asked or 1), pages), pages)
