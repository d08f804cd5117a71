"""Atoms: pieces of claimed time, each with its study time and its content spread evenly over it.

`Atoms` are columns with one item an atom; `Run` is one piece, or a row of adjoining ones, that the rules between
sessions cut where one of them begins to apply.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from lms_tracker.core.study import arrays
from lms_tracker.core.study.arrays import Codes, Flags, Ints

Span = tuple[int, int]


class Atoms(Struct):
    """Pieces of claimed time: [start, end) by the clock, `amount` of study time, content from `low` to `high`."""

    first: Ints
    """Rows of the statements around it."""
    last: Ints
    start: Ints
    end: Ints
    amount: Ints
    low: Ints
    """-1 when positions are unknown."""
    high: Ints
    reason: Codes
    """Why the session itself discounts it; NONE when it does not."""
    untimely: Flags
    """Its timestamps cannot be believed: `clock`, unless a rule between sessions comes first."""

    def among(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Atoms":
        """Some of the atoms, or all in another order."""
        return Atoms(*(getattr(self, name)[chosen] for name in self.__struct_fields__))


def joined(parts: Sequence[Atoms]) -> Atoms:
    """The atoms of all parts, one part after the other."""
    return Atoms(*(np.concatenate([getattr(part, name) for part in parts]) for name in Atoms.__struct_fields__))


def timed(atoms: Atoms, until: Ints) -> Atoms:
    """The atoms, apart where their timestamps can be believed and where not: up to `until` (one an atom) they cannot."""
    whole = until >= atoms.end
    atoms.untimely = atoms.untimely | whole
    cut = ~whole & (until > atoms.start)
    if not cut.any():
        return atoms
    place = np.flatnonzero(cut)
    head, tail = atoms.among(place), atoms.among(place)
    part, length = until[place] - head.start, head.end - head.start
    head.end = tail.start = until[place]
    head.amount = arrays.share(head.amount, part, length)
    tail.amount = tail.amount - head.amount
    content = head.low >= 0
    head.high = tail.low = np.where(content, head.low + arrays.share(head.high - head.low, part, length), -1)
    head.untimely = np.ones(len(place), np.bool_)
    order = np.argsort(np.concatenate([np.flatnonzero(~cut), place, place]), kind="stable")
    return joined([atoms.among(~cut), head, tail]).among(order)


class Laid(Struct, frozen=True):
    """Atoms in their final order."""

    atoms: Atoms
    before: Ints
    """Study time before each atom; one item more than there are atoms, the last is that of all."""


class Run(Struct, gc=False):
    """One atom, or several that adjoin in time and content and share their reason; cut at both ends, perhaps."""

    start: int
    end: int
    amount: int
    media: Span | None
    reason: int
    untimely: bool
    statements: Span
    """Rows of the statements around it."""
    laid: Laid | None = None
    """Where to find the atoms that it consists of; None for a single one."""
    low: int = 0
    """Which atoms: from `low` up to, not including, `high`."""
    high: int = 1
    done: int = 0
    """Study time of `laid` before its beginning."""

    def cut(self, at: int) -> tuple["Run", "Run"]:
        """The run in two at an instant within it; nothing is lost to rounding."""
        atom = self._atom(self._place(None if self.laid is None else self.laid.atoms.start, at))
        return self._divided(atom, at - atom.start, atom.end - atom.start)

    def cut_media(self, at: int) -> tuple["Run", "Run"]:
        """The run in two at a position within its content."""
        atom = self._atom(self._place(None if self.laid is None else self.laid.atoms.low, at))
        assert atom.media is not None
        return self._divided(atom, at - atom.media[0], atom.media[1] - atom.media[0])

    def cut_amount(self, amount: int) -> tuple["Run", "Run"]:
        """The run in two after an amount of study time."""
        atom = self._atom(self._place(None if self.laid is None else self.laid.before, self.done + amount))
        return self._divided(atom, self.done + amount - atom.done, atom.amount)

    def singly(self) -> Iterator["Run"]:
        """Its atoms, as far as they belong to it."""
        return (self._atom(place) for place in range(self.low, self.high))

    def _place(self, axis: Ints | None, value: int) -> int:
        """The atom in which an axis reaches a value."""
        if axis is None or self.high == self.low + 1:
            return self.low
        return self.low + int(axis[self.low + 1 : self.high].searchsorted(value, "right"))

    def _atom(self, place: int) -> "Run":
        """One of its atoms, as far as it belongs to the run."""
        if self.laid is None or self.high == self.low + 1:
            return self
        atoms, before = self.laid.atoms, self.laid.before
        first, last = place == self.low, place == self.high - 1
        start = self.start if first else int(atoms.start[place])
        end = self.end if last else int(atoms.end[place])
        done = self.done if first else int(before[place])
        after = self.done + self.amount if last else int(before[place + 1])
        media = self.media
        if media is not None:
            media = (media[0] if first else int(atoms.low[place]), media[1] if last else int(atoms.high[place]))
        around = (int(atoms.first[place]), int(atoms.last[place]))
        return Run(
            start, end, after - done, media, self.reason, self.untimely, around, self.laid, place, place + 1, done
        )

    def _divided(self, atom: "Run", part: int, whole: int) -> tuple["Run", "Run"]:
        """The run in two after `part` of `whole` of one of its atoms, along whichever axis these count."""
        clock = atom.start + (atom.end - atom.start) * part // whole
        done = atom.done + atom.amount * part // whole
        left = right = None
        if self.media is not None and atom.media is not None:
            content = atom.media[0] + (atom.media[1] - atom.media[0]) * part // whole
            left, right = (self.media[0], content), (content, self.media[1])
        until, stop = atom.statements[1], atom.high
        if not part and self.laid is not None:  # it begins here: the atom before it is the last of the first run
            until, stop = int(self.laid.atoms.last[atom.low - 1]), atom.low
        reason, untimely, laid = self.reason, self.untimely, self.laid
        before, after = (self.statements[0], until), (atom.statements[0], self.statements[1])
        amount = done - self.done
        return (
            Run(self.start, clock, amount, left, reason, untimely, before, laid, self.low, stop, self.done),
            Run(clock, self.end, self.amount - amount, right, reason, untimely, after, laid, atom.low, self.high, done),
        )


def adjoining(atoms: Atoms, apart: Flags, owner: Ints) -> list[Run]:
    """All atoms, in runs as long as possible within one `owner`. Those `apart` join neither the one before nor the next.

    Atoms of one run adjoin in time and content, and have width in both, so that an instant or a place is in one of them.
    """
    if not len(apart):
        return []
    apart = apart | (atoms.start == atoms.end) | ((atoms.low == atoms.high) & (atoms.low >= 0))
    begins = arrays.changes(owner, atoms.reason) | apart
    begins[1:] |= apart[:-1] | (atoms.start[1:] != atoms.end[:-1]) | (atoms.low[1:] != atoms.high[:-1])
    begin = np.flatnonzero(begins)
    until = np.append(begin[1:], len(begins))
    laid = Laid(atoms, np.append(0, np.cumsum(atoms.amount)))
    done = laid.before[np.append(begin, len(begins))]
    ends = (
        atoms.start[begin], atoms.end[until - 1], np.diff(done), atoms.low[begin], atoms.high[until - 1],
        atoms.reason[begin], atoms.untimely[begin], atoms.first[begin], atoms.last[until - 1], begin, until, done[:-1],
    )  # fmt: skip
    return [
        Run(start, end, amount, None if low < 0 else (low, high), reason, untimely, (first, last), laid, *window)
        for start, end, amount, low, high, reason, untimely, first, last, *window in zip(
            *(column.tolist() for column in ends), strict=True
        )
    ]


def as_runs(atoms: Atoms) -> list[Run]:
    """One run for each atom."""
    columns = (getattr(atoms, name).tolist() for name in Atoms.__struct_fields__)
    return [
        Run(start, end, amount, None if low < 0 else (low, high), reason, untimely, (first, last))
        for first, last, start, end, amount, low, high, reason, untimely in zip(*columns, strict=True)
    ]


def as_atoms(runs: Sequence[Run]) -> Atoms:
    """Single atoms as columns."""
    none = (-1, -1)
    return Atoms(
        first=np.array([run.statements[0] for run in runs], np.int64),
        last=np.array([run.statements[1] for run in runs], np.int64),
        start=np.array([run.start for run in runs], np.int64),
        end=np.array([run.end for run in runs], np.int64),
        amount=np.array([run.amount for run in runs], np.int64),
        low=np.array([(run.media or none)[0] for run in runs], np.int64),
        high=np.array([(run.media or none)[1] for run in runs], np.int64),
        reason=np.array([run.reason for run in runs], np.int8),
        untimely=np.array([run.untimely for run in runs], np.bool_),
    )
