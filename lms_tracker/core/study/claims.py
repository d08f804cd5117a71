"""What a session claims, in atoms: time on the clock, study time, content, and whether the session alone discounts it.

Raw time is all that is claimed between consecutive statements in which the session says that it plays (media) or is
open (everything else). For media it is the content claimed as played: clock x rate, or the advance of the position
where that is more. Position and clock are compared over a *stretch*: the steps between two known positions.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.rules import label_steps, untimely
from lms_tracker.core.study.sessions import Session, Step


class Atom(Struct, frozen=True, gc=False):
    """A piece of claimed time: [start, end) by the clock, `amount` of study time and `media` spread evenly over it."""

    start: int
    end: int
    amount: int
    media: tuple[int, int] | None
    reason: str | None
    """Why the session itself discounts it; None when it does not."""
    untimely: bool
    """Its timestamps cannot be believed: `clock`, unless a rule between sessions comes first."""
    first: str
    last: str
    """Ids of the statements around it."""

    def cut(self, at: int) -> tuple["Atom", "Atom"]:
        """The atom in two at an instant within it; nothing is lost to rounding."""
        share, whole = at - self.start, self.end - self.start
        amount = self.amount * share // whole
        media = None if self.media is None else self.media[0] + (self.media[1] - self.media[0]) * share // whole
        return self._halves(at, amount, media)

    def cut_media(self, at: int) -> tuple["Atom", "Atom"]:
        """The atom in two at a position within its media."""
        assert self.media is not None
        share, whole = at - self.media[0], self.media[1] - self.media[0]
        return self._halves(self.start + (self.end - self.start) * share // whole, self.amount * share // whole, at)

    def cut_amount(self, amount: int) -> tuple["Atom", "Atom"]:
        """The atom in two after an amount of study time."""
        media = None
        if self.media is not None:
            media = self.media[0] + (self.media[1] - self.media[0]) * amount // self.amount
        return self._halves(self.start + (self.end - self.start) * amount // self.amount, amount, media)

    def _halves(self, at: int, amount: int, media: int | None) -> tuple["Atom", "Atom"]:
        left = right = None
        if self.media is not None and media is not None:
            left, right = (self.media[0], media), (media, self.media[1])
        rest = self.amount - amount
        return (
            Atom(self.start, at, amount, left, self.reason, self.untimely, self.first, self.last),
            Atom(at, self.end, rest, right, self.reason, self.untimely, self.first, self.last),
        )


def timed(atom: Atom, untimely_until: int | None) -> list[Atom]:
    """The atom, apart where its timestamps can be believed and where not: up to `untimely_until` they cannot."""
    if untimely_until is not None and untimely_until >= atom.end:
        return [msgspec.structs.replace(atom, untimely=True)]
    if untimely_until is None or untimely_until <= atom.start:
        return [atom]
    before, after = atom.cut(untimely_until)
    return [msgspec.structs.replace(before, untimely=True), after]


class Part(Struct, gc=False):
    """A part of a step under one reason or none; `expected` is the study time that the clock allows it."""

    start: int
    end: int
    expected: int
    reason: str | None
    too_fast: bool
    untimely_until: int | None
    step: Step

    def atoms(self, start: int, end: int, amount: int, media: tuple[int, int] | None, reason: str | None) -> list[Atom]:
        """The piece [start, end) of this part, apart where its timestamps can be believed and where not."""
        atom = Atom(start, end, amount, media, self.reason or reason, False, self.step.first.id, self.step.last.id)
        return timed(atom, self.untimely_until)


class Weight(Struct, frozen=True):
    """What becomes of one stretch: raw = counted + stalled + excess."""

    counted: int
    stalled: int = 0
    excess: int = 0
    all_too_fast: bool = False
    """What is counted here is `rate` as well."""


def claim(session: Session, policy: StudyPolicy) -> list[Atom]:
    """All atoms of a session in the order of its statements. Their amounts add up to its raw time."""
    atoms: list[Atom] = []
    for stretch in stretches(session, policy):
        before = stretch[0].step.first.position
        after = stretch[-1].step.last.position_before
        if session.media and before is not None and after is not None:
            weight = weigh(stretch, after - before, session.promises, policy)
            advance = max(0, after - before) - weight.excess
            atoms += _lay(stretch, weight, (before, before + advance))
        else:
            atoms += _lay(stretch, Weight(sum(part.expected for part in stretch)), None)
    return [atom for atom in atoms if atom.amount > 0]


def stretches(session: Session, policy: StudyPolicy) -> Iterator[list[Part]]:
    """The claimed parts between one known position and the next; a gap stands alone."""
    stretch: list[Part] = []
    for step, labels, late in zip(session.steps, label_steps(session, policy), untimely(session, policy), strict=True):
        claimed = step.playing if session.media else step.open
        alone = labels[0][2] == "gap"
        if stretch and (not claimed or alone or step.first.position is not None or step.first.kind is Kind.SEEKED):
            yield stretch
            stretch = []
        if claimed:
            rate = step.rate_milli if session.media else 1000
            too_fast = rate > policy.max_rate * 1000
            counted_rate = rate if policy.credit == "media" else 1000
            for start, end, reason in labels:
                expected = max(0, end - start) * counted_rate // 1000
                stretch.append(Part(start, end, expected, reason, too_fast, late, step))
        if stretch and alone:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def weigh(stretch: list[Part], advance: int, promises: bool, policy: StudyPolicy) -> Weight:
    """Compare the advance of the position with the clock: where they agree all counts, else the smaller.

    A producer with heartbeats says where it stands every few seconds: when its position outruns the allowed rate, what
    it says of that time contradicts itself and none of it counts.
    """
    expected = sum(part.expected for part in stretch)
    clock = sum(max(0, part.end - part.start) for part in stretch)
    allowed = round(clock * policy.max_rate)
    tolerance = round(policy.tolerance_s * SECOND + expected * policy.tolerance_pct / 100)
    advance = max(0, advance)
    if expected == 0:
        return Weight(0, excess=0 if policy.credit == "wall" else advance)
    if advance < expected - tolerance:
        return Weight(advance, stalled=expected - advance)
    if promises and advance > max(expected + tolerance, allowed):
        return Weight(expected if policy.credit == "wall" else advance, all_too_fast=True)
    if policy.credit == "wall":
        return Weight(expected)
    counted = expected if advance > expected + tolerance else max(expected, min(advance, allowed))
    return Weight(counted, excess=max(0, advance - counted))


def _lay(stretch: list[Part], weight: Weight, media: tuple[int, int] | None) -> Iterator[Atom]:
    """Lay a stretch's weight over its parts: counted time evenly, or first where the rest is stalled."""
    expected = sum(part.expected for part in stretch)
    done = 0
    for part in stretch:
        low, high = done, done + part.expected
        done = high
        if part.expected == 0:
            continue
        if weight.stalled:
            low, high = min(low, weight.counted), min(high, weight.counted)
            counted_until = part.start + (part.end - part.start) * (high - low) // part.expected
            of = weight.counted
        else:
            counted_until, of = part.end, expected
        amount = weight.counted * high // of - weight.counted * low // of if of else 0
        span = None
        if media is not None and of:
            length = media[1] - media[0]
            span = (media[0] + length * low // of, media[0] + length * high // of)
        yield from part.atoms(
            part.start, counted_until, amount, span, "rate" if part.too_fast or weight.all_too_fast else None
        )
        if weight.stalled:
            yield from part.atoms(counted_until, part.end, part.expected - (high - low), None, "stalled")
    if weight.excess:  # content that no time on the clock accounts for
        last = stretch[-1]
        span = (media[1], media[1] + weight.excess) if media is not None else None
        yield from last.atoms(last.end, last.end, weight.excess, span, "rate")
