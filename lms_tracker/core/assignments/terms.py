"""The terms of an assignment: what is asked, until when, and how it is marked. Superseded as a whole, never edited."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from lms_tracker.core.assignments.rubric import Criterion, most_points

Late = Literal["refuse", "accept", "deduct"]
Rule = Literal["closest", "median", "third"]
Apart = Literal["nobody", "school", "cohort"]

MAX_TITLE, MAX_INSTRUCTIONS = 120, 20_000


class PeerRules(Struct, frozen=True):
    """互评: who handed in by the deadline reviews the work of others."""

    reviews: int
    """How many each does, and each gets."""
    due_at: datetime
    apart: Apart = "nobody"
    """People of one school, or of one class, never review each other."""
    counts_pct: Decimal = Decimal(0)
    """Share of the work's mark that peers decide; 100: there is no marker."""
    component: str | None = None
    """The policy's component that marks for reviewing feed; None: reviewing is not marked."""
    weight: Decimal = Decimal(1)
    """Of marks for reviewing, among the work of their component."""
    outlier: Decimal = Decimal(15)
    """A review so many points off is shown to staff, and earns nothing for agreement at twice as many."""


class Terms(Struct, frozen=True):
    """Instants are aware, in UTC. None: no bound."""

    title: str
    component: str
    """Key of the policy's component that the marks feed."""
    instructions: str = ""
    rubric: tuple[Criterion, ...] = ()
    """Empty: one number from 0 to 100."""
    opens_at: datetime | None = None
    due_at: datetime | None = None
    late: Late = "refuse"
    late_until: datetime | None = None
    """Last instant for late work, where it is taken; None: for ever."""
    deduct_per_day: Decimal = Decimal(0)
    """Points off the mark for each day begun after the deadline (`late` is `deduct`)."""
    text: bool = True
    files: bool = True
    anonymous: bool = False
    """Markers do not learn whose work it is."""
    markers: Literal[1, 2] = 1
    difference: Decimal = Decimal(10)
    """Two markers may be so many points apart; beyond, a third is asked."""
    rule: Rule = "closest"
    """What the third marker's mark does, see `agreement`."""
    release_at: datetime | None = None
    """Marks and comments are shown, and count, from then on; None: as soon as they are final."""
    peer: PeerRules | None = None
    weight: Decimal = Decimal(1)
    """Among the work of its component: `core.grading.weighing`."""


def faults_of(terms: Terms, components: Collection[str]) -> list[str]:
    """Every fault, as keys of what is wrong; empty when the terms may be set."""
    return [*_of_words(terms, components), *_of_times(terms), *_of_numbers(terms), *_of_peers(terms, components)]


def is_weight(weight: Decimal) -> bool:
    """Above 0, at most 1000, with at most four decimals."""
    return weight.is_finite() and 0 < weight <= 1000 and weight == round(weight, 4)


def _of_words(terms: Terms, components: Collection[str]) -> Iterator[str]:
    if not 1 <= len(terms.title) <= MAX_TITLE:
        yield "title"
    if len(terms.instructions) > MAX_INSTRUCTIONS:
        yield "instructions"
    if terms.component not in components:
        yield "component"
    if not (terms.text or terms.files):
        yield "nothing-taken"


def _of_times(terms: Terms) -> Iterator[str]:
    due = terms.due_at
    if terms.opens_at and due and terms.opens_at >= due:
        yield "due-before-opening"
    if terms.late != "refuse" and due is None:
        yield "late-without-deadline"
    if terms.late_until and due and terms.late_until <= due:
        yield "late-before-deadline"
    if terms.release_at and due and terms.release_at < due:
        yield "release-before-deadline"


def _of_numbers(terms: Terms) -> Iterator[str]:
    if not 0 <= terms.deduct_per_day <= 100:
        yield "deduction"
    if not is_weight(terms.weight):
        yield "weight"
    if not 0 <= terms.difference <= 100:
        yield "difference"
    if terms.rubric and most_points(terms.rubric) <= 0:
        yield "rubric-points"


def _of_peers(terms: Terms, components: Collection[str]) -> Iterator[str]:
    peer = terms.peer
    if peer is None:
        return
    if not 1 <= peer.reviews <= 10:
        yield "reviews"
    if terms.due_at is None or peer.due_at <= terms.due_at:
        yield "reviews-before-deadline"
    if not 0 <= peer.counts_pct <= 100 or not 0 < peer.outlier <= 100:
        yield "peer-numbers"
    if peer.component is not None and peer.component not in components:
        yield "peer-component"
    if not is_weight(peer.weight):
        yield "weight"
    if terms.release_at and terms.release_at < peer.due_at and peer.counts_pct:
        yield "release-before-reviews"
