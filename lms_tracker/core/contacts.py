"""Contact notes: what may stand in one."""

from datetime import date

from lms_tracker.core.typed import legible

WAYS = ("phone", "message", "visit", "other")
MAX_WORDS = 1000


class NoteRefused(ValueError):
    """The note is refused. `code` says why: words | way | on | again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_note(*, on: date, way: str, words: str, again_on: date | None, today: date) -> None:
    """Raise NoteRefused for a note that cannot be."""
    if way not in WAYS:
        raise NoteRefused("way")
    if not legible(words) or len(words) > MAX_WORDS:
        raise NoteRefused("words")
    if on > today:
        raise NoteRefused("on")
    if again_on is not None and again_on <= on:
        raise NoteRefused("again")
