"""The reference's elementary pieces of claimed time, and what it asks of spans."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction as F
from itertools import pairwise

S = 1_000_000


QUARTER = 900 * S
"""Every zone's midnight falls on a quarter of an hour of UTC."""


LONGEST = 31 * 86_400 * S
"""A claim beyond is a wrong clock."""
Key = tuple[str, str, str]


Totals = dict[tuple[Key, date, str], F]


Spans = list[tuple[F, F]]


@dataclass(frozen=True)
class Piece:
    """Claimed time; time, amount and media run evenly from its beginning to its end."""

    start: F
    end: F
    amount: F
    media: tuple[F, F] | None
    reason: str | None
    doubtful: bool

    def between(self, a: F, b: F) -> "Piece":
        """From share `a` to share `b` of the piece, both within 0 and 1."""

        def at(span: tuple[F, F], share: F) -> F:
            return span[0] + (span[1] - span[0]) * share

        clock = (self.start, self.end)
        media = self.media and (at(self.media, a), at(self.media, b))
        return replace(self, start=at(clock, a), end=at(clock, b), amount=self.amount * (b - a), media=media)

    def elementary(self, instants: Iterable[F], places: Iterable[F] = ()) -> list["Piece"]:
        """The piece cut at all of these instants and places in the content that lie within it."""
        shares = {F(0), F(1)}
        for span, points in (((self.start, self.end), instants), (self.media or (F(0), F(0)), places)):
            if span[1] > span[0]:
                shares |= {F(p - span[0]) / (span[1] - span[0]) for p in points if span[0] < p < span[1]}
        marks = sorted(shares)
        return [self.between(a, b) for a, b in pairwise(marks)]


def within(a: F, b: F, spans: Spans) -> bool:
    """Whether an elementary span lies in one of the spans."""
    middle = (a + b) / 2
    return any(low < middle < high for low, high in spans)


def outside(a: F, b: F, spans: Spans) -> Spans:
    """The parts of [a, b) that none of the spans covers, in order; touching parts joined."""
    marks = sorted({a, b} | {p for p in ends(spans) if a < p < b}) if a < b else []
    out: Spans = []
    for low, high in pairwise(marks):
        if not within(low, high, spans):
            if out and out[-1][1] == low:
                out[-1] = (out[-1][0], high)
            else:
                out.append((low, high))
    return out


def ends(spans: Spans) -> list[F]:
    return [end for span in spans for end in span]
