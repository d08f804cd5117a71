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
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

NOTHING = Fraction(0)


class Best(Struct, frozen=True):
    """`mean`: the score, 0-100. `taken`: which marks count, each with its share (0-1) of the weight; `open`: which works
    without a mark count, as 0."""

    mean: Fraction
    taken: dict[int, Fraction]
    open: list[int]
    lacking: int
    """How many without a mark count, those still to be set, too."""
    open_share: Fraction
    """Of the weight, that they have."""
    weight: Fraction
    """Of all that counts."""
    plain: bool
    """Whether all weigh the same."""


def weighted_best(marks: Sequence[Fraction], weights: Sequence[Decimal], unmarked: Sequence[Decimal], n: int) -> Best:
    """The best `n` of `marks` with their `weights`; `unmarked`: weights of what was set and has no mark."""
    if len({*weights, *unmarked}) <= 1:
        return _plain(marks, len(unmarked), n)
    known = [Fraction(weight) for weight in (*weights, *unmarked)]
    usual = sum(known, NOTHING) / len(known)
    all_weights = known + [usual] * (n - len(known))
    values = [*marks, *[NOTHING] * (len(all_weights) - len(marks))]
    best = _highest_mean(values, all_weights, n)
    total = sum((all_weights[one] for one in best), NOTHING)
    taken = {one: all_weights[one] / total for one in best if one < len(marks)}
    return Best(
        mean=sum((marks[one] * share for one, share in taken.items()), NOTHING),
        taken=taken,
        open=[one - len(marks) for one in best if len(marks) <= one < len(known)],
        lacking=n - len(taken),
        open_share=1 - sum(taken.values(), NOTHING),
        weight=total,
        plain=False,
    )


def _plain(marks: Sequence[Fraction], unmarked: int, n: int) -> Best:
    """The same where all weigh the same: no search is needed, and of equal marks the first one counts."""
    taken = sorted(range(len(marks)), key=marks.__getitem__, reverse=True)[:n]  # stable: the first of equals
    lacking = n - len(taken)
    return Best(
        mean=sum((marks[one] for one in taken), NOTHING) / n,
        taken=dict.fromkeys(taken, Fraction(1, n)),
        open=list(range(min(unmarked, lacking))),
        lacking=lacking,
        open_share=Fraction(lacking, n),
        weight=Fraction(n),
        plain=True,
    )


def _highest_mean(values: Sequence[Fraction], weights: Sequence[Fraction], n: int) -> list[int]:
    """Which `n` have the highest weighted mean, ascending. Of equals the higher mark, then the lighter one, then the first."""
    mean = Fraction(-1)
    while True:
        gains = [weight * (value - mean) for value, weight in zip(values, weights, strict=True)]
        order = sorted(range(len(values)), key=lambda one: (-gains[one], -values[one], weights[one]))
        found = sorted(order[:n])
        total = sum((weights[one] for one in found), NOTHING)
        reached = sum((weights[one] * values[one] for one in found), NOTHING) / total
        if reached == mean:
            return found
        mean = reached
