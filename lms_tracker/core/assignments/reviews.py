"""What peers' reviews make: how far each reviewer is trusted, the mark of a work, who is far off, marks for reviewing.

Trust comes from works that an expert marked, too. With d the reviewer's root mean square distance from the expert there
(and one distance of 10 points that everybody begins with), the weight is 1 / (1 + (d / 10)^2): 0.5 for who was never
compared, towards 1 for who agrees, 0.1 for who is 30 points off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from lms_tracker.core.assignments.rubric import cents

USUAL = Decimal(10)
"""Points by which reviewers are off as a rule."""
FOR_DOING = Decimal(60)
"""Of the 100 points of a review; the rest is for agreement."""


class Review(Struct, frozen=True):
    """One review that was handed in."""

    reviewer: int
    work: int
    mark: Decimal


class Outlier(Struct, frozen=True):
    """`off`: how far the review is from `reference`, with its sign."""

    review: Review
    reference: Decimal
    off: Decimal


def weights(reviews: Iterable[Review], expert: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Of every reviewer, two decimals. `expert`: marks of works that an expert marked."""
    squares: dict[int, list[Decimal]] = defaultdict(lambda: [USUAL**2])
    for one in reviews:
        mine = squares[one.reviewer]
        if one.work in expert:
            mine.append((one.mark - expert[one.work]) ** 2)
    mean = {who: sum(mine, Decimal(0)) / len(mine) for who, mine in squares.items()}
    return {who: cents(1 / (1 + square / USUAL**2)) for who, square in mean.items()}


def peer_mark(reviews: Sequence[Review], weight: Mapping[int, Decimal]) -> Decimal | None:
    """The weighted mean of a work's reviews; None without any."""
    total = sum((weight[one.reviewer] for one in reviews), Decimal(0))
    if not total:
        return None
    return cents(sum((one.mark * weight[one.reviewer] for one in reviews), Decimal(0)) / total)


def outliers(reviews: Sequence[Review], expert: Mapping[int, Decimal], limit: Decimal) -> list[Outlier]:
    """Reviews more than `limit` points off, the farthest first."""
    reference = references(reviews, expert)
    found = [Outlier(one, reference[one], one.mark - reference[one]) for one in reviews if one in reference]
    return sorted((o for o in found if abs(o.off) > limit), key=lambda o: (-abs(o.off), o.review.work))


def references(reviews: Sequence[Review], expert: Mapping[int, Decimal]) -> dict[Review, Decimal]:
    """What each review is measured by: the expert's mark, or else the median of the work's other reviews; two of them at
    least, for of two who disagree nobody knows which is off."""
    of_work: dict[int, list[Review]] = defaultdict(list)
    for one in reviews:
        of_work[one.work].append(one)
    found = {}
    for one in reviews:
        others = sorted(other.mark for other in of_work[one.work] if other.reviewer != one.reviewer)
        if one.work in expert:
            found[one] = expert[one.work]
        elif len(others) >= 2:
            found[one] = (others[(len(others) - 1) // 2] + others[len(others) // 2]) / 2
    return found


def mark_for_reviewing(
    mine: Sequence[Review], asked: int, reference: Mapping[Review, Decimal], limit: Decimal
) -> Decimal | None:
    """0-100: the mean over the reviews asked for. One that was done earns 60 points, and up to 40 for agreement with its
    reference: all at the reference, none at twice the limit. Without a reference nothing is held against it."""
    if not asked:
        return None
    total = Decimal(0)
    for one in mine:
        off = abs(one.mark - reference[one]) if one in reference else Decimal(0)
        total += FOR_DOING + (100 - FOR_DOING) * max(Decimal(0), 1 - off / (2 * limit))
    return cents(min(Decimal(100), total / asked))
