"""Where somebody belonged on a date, from the changes that were written down."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Change(Protocol):
    """From the local date `on` on. `what`: began | moved | left | returned."""

    @property
    def what(self) -> str: ...

    @property
    def on(self) -> date: ...


Some = TypeVar("Some", bound=Change)


def standing(changes: Iterable[Some], on: date | None = None) -> Some | None:
    """The change that holds on a date (None: the last of all), of changes in the order of dates; None before the first."""
    found: Some | None = None
    for change in changes:
        if on is not None and change.on > on:
            break
        found = change
    return found
