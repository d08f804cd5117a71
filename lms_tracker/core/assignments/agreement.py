"""From what markers and peers found to the mark of a work, by named rules."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from lms_tracker.core.assignments.rubric import cents
from lms_tracker.core.assignments.terms import Rule, Terms

How = Literal["one", "agreed", "closest", "median", "third", "peers", "both", "waits"]


class Outcome(Struct, frozen=True):
    """`mark` before deductions, None as long as it waits. `needed`: markers who are still to look at the work; `third`:
    one of them, as two are too far apart."""

    mark: Decimal | None
    how: How
    needed: int = 0
    third: bool = False


def agreed(marks: Sequence[Decimal], terms: Terms) -> Outcome:
    """Of the markers alone, in the order in which they marked. One marker decides; two who are at most `difference` apart
    meet in the middle; beyond, a third is asked and the named rule applied. Later marks than those change nothing."""
    if len(marks) < terms.markers:
        return Outcome(None, "waits", terms.markers - len(marks))
    if terms.markers == 1:
        return Outcome(cents(marks[0]), "one")
    one, two = marks[:2]
    if abs(one - two) <= terms.difference:
        return Outcome(cents((one + two) / 2), "agreed")
    if len(marks) < 3:
        return Outcome(None, "waits", 1, third=True)
    return Outcome(cents(_of_three(one, two, marks[2], terms.rule)), terms.rule)


def _of_three(one: Decimal, two: Decimal, third: Decimal, rule: Rule) -> Decimal:
    """`closest`: the middle of the third and of whoever is closer to it, of all three where both are as close.
    `median`: the one between the others. `third`: the third marker alone."""
    if rule == "third":
        return third
    if rule == "median":
        return sorted((one, two, third))[1]
    far = abs(one - third) - abs(two - third)
    if far == 0:
        return (one + two + third) / 3
    return ((two if far > 0 else one) + third) / 2


def combined(markers: Outcome, peers: Decimal | None, terms: Terms, reviews_open: bool) -> Outcome:
    """Markers and peers together, in the shares that the terms name. As long as reviews come in, the peers' share waits;
    where none came in at all, the markers decide alone."""
    share = terms.peer.counts_pct if terms.peer else Decimal(0)
    if not share:
        return markers
    if reviews_open:
        return Outcome(None, "waits") if share == 100 else Outcome(None, "waits", markers.needed, markers.third)
    if share == 100 and peers is not None:
        return Outcome(cents(peers), "peers")
    if markers.mark is None or peers is None:
        return markers
    return Outcome(cents((markers.mark * (100 - share) + peers * share) / 100), "both")
