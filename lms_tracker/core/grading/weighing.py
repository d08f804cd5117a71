"""Which marks of a component count, and how much: the rule `weighted_best`. Pure and exact.

**weighted_best.** Everything that was set for a component has a weight (1, unless somebody sets another). A component
takes the best n (`required`) of it: those n that together have the highest weighted mean. Work without a mark takes part
with 0 and its weight; where fewer than n have been set, each that is still to come does so with the mean weight of those
that have been. The component's score is that weighted mean.

It follows that with equal weights it is the plain mean of the n highest marks (those missing being 0); that order, and a
factor common to all weights, change nothing; and that a better mark never lowers a score, which simply dropping the
lowest marks would not give: a slightly better mark of a heavier piece could push a light one out, and lower the mean.

The n with the highest weighted mean q are the n highest of weight x (mark - q): found by trying the mean of one choice as
the next q until it no longer rises, as in Kane and Kane, "Dropping lowest grades", Mathematics Magazine 79 (2006).
"""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

NOTHING = Fraction(0)


class Best(Struct, frozen=True):
    """`mean`: the score, 0-100. `taken`: which marks count; `shares`: of each mark, its share (0-1) of the weight (0 for
    those that do not count); `open`: which works without a mark count, as 0."""

    mean: Fraction
    taken: frozenset[int]
    shares: list[Fraction]
    open: list[int]
    lacking: int
    """How many without a mark count, those still to be set, too."""
    weight: Fraction
    """Of all that counts."""
    plain: bool
    """Whether all weigh the same."""


def weighted_best(marks: Sequence[Fraction], weights: Sequence[Fraction], unmarked: Sequence[Fraction], n: int) -> Best:
    """The best `n` of `marks` with their `weights`; `unmarked`: weights of what was set and has no mark."""
    plain = len({*weights, *unmarked}) <= 1
    if plain:
        return _plain(marks, unmarked, n)
    known = [*weights, *unmarked]
    usual = sum(known, NOTHING) / len(known)
    all_weights = known + [usual] * (n - len(known))
    values = [*marks, *[NOTHING] * (len(all_weights) - len(marks))]
    taken = _highest_mean(values, all_weights, n)
    total = sum((all_weights[one] for one in taken), NOTHING)
    shares = [all_weights[one] / total if one in taken else NOTHING for one in range(len(marks))]
    return Best(
        mean=sum((value * share for value, share in zip(marks, shares, strict=True)), NOTHING),
        taken=frozenset(one for one in taken if one < len(marks)),
        shares=shares,
        open=sorted(one - len(marks) for one in taken if len(marks) <= one < len(known)),
        lacking=sum(1 for one in taken if one >= len(marks)),
        weight=total,
        plain=False,
    )


def _plain(marks: Sequence[Fraction], unmarked: Sequence[Fraction], n: int) -> Best:
    """The same where all weigh the same: no search is needed, and of equal marks the first one counts."""
    order = sorted(range(len(marks)), key=lambda one: -marks[one])[:n]
    taken, each = frozenset(order), Fraction(1, n)
    return Best(
        mean=sum((marks[one] for one in order), NOTHING) / n,
        taken=taken,
        shares=[each if one in taken else NOTHING for one in range(len(marks))],
        open=list(range(min(len(unmarked), n - len(order)))),
        lacking=n - len(order),
        weight=Fraction(n),
        plain=True,
    )


def _highest_mean(values: Sequence[Fraction], weights: Sequence[Fraction], n: int) -> frozenset[int]:
    """Which `n` have the highest weighted mean. Of equals the higher mark, then the lighter one, then the first."""
    mean = Fraction(-1)
    while True:
        gains = [weight * (value - mean) for value, weight in zip(values, weights, strict=True)]
        order = sorted(range(len(values)), key=lambda one: (-gains[one], -values[one], weights[one]))
        found = frozenset(order[:n])
        total = sum((weights[one] for one in found), NOTHING)
        reached = sum((weights[one] * values[one] for one in found), NOTHING) / total
        if reached == mean:
            return found
        mean = reached
