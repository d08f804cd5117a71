"""What an adapter is: a translation of one foreign record into xAPI statements. Adapters see `lms_tracker.core` only."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class Adapter(Protocol):
    """One foreign format. An adapter is pure: no clock, no network, no database; the same record gives the same statements."""

    name: str
    """Key in `ADAPTERS`, in lower case: what an operator types."""
    reads: str
    """What it reads, in one line for `--help`: product, version, kind of record."""

    def translate(self, raw: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        """The statements of one record, each with a stable id; none when the record says nothing about study.

        Raises ValueError naming the field at fault when the record is not what `reads` promises.
        """
        ...
