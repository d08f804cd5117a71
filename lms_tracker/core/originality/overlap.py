"""What two texts have in common, passage by passage, with places in both. Exact: no hash decides what is shown."""

import numpy as np
from msgspec import Struct

from lms_tracker.core.originality.text import SHINGLE, Codes, Mask, Places, Shingled

SHORTEST_RUN = 6
"""Characters in a row that are the same; what is shorter two texts share by chance."""
WIDEST_GAP = 8
"""Characters between two runs that are taken for a reworded word."""
SHORTEST_PASSAGE = 20
LEAST_SAME, LEAST_SHARE = 60, 0.25
"""A pair is worth a marker's look from so many characters in common passages on, or so large a share of the shorter text."""


class Passage(Struct, frozen=True):
    """From `start` up to `end` of the text, as it was handed in. `same`: characters in it that the other text has, too.
    `twin`: which passage of the other text it is most like."""

    start: int
    end: int
    same: int
    twin: int | None = None


class Overlap(Struct, frozen=True):
    """Passages in the order of each text. Shares are of the characters that count."""

    one: tuple[Passage, ...]
    other: tuple[Passage, ...]
    same: int
    one_share: float
    other_share: float

    @property
    def worth_a_look(self) -> bool:
        return bool(self.one) and (self.same >= LEAST_SAME or max(self.one_share, self.other_share) >= LEAST_SHARE)


def overlap(one: Shingled, other: Shingled) -> Overlap:
    """Compare two texts."""
    mine, theirs = _runs(one, other), _runs(other, one)
    same = min(sum(run[2] for run in mine), sum(run[2] for run in theirs))
    return Overlap(
        one=tuple(_passages(one, mine, other, theirs)),
        other=tuple(_passages(other, theirs, one, mine)),
        same=same,
        one_share=sum(run[2] for run in mine) / max(1, one.length),
        other_share=sum(run[2] for run in theirs) / max(1, other.length),
    )


Run = tuple[int, int, int]
"""First character that counts, the one after the last, and how many of them are the same."""


def _runs(one: Shingled, other: Shingled) -> list[Run]:
    shared = one.free & np.isin(one.hashes, other.hashes[other.free])
    runs: list[Run] = []
    for start, end in _stretches(_covered(shared, one.length)):
        if end - start < SHORTEST_RUN:
            continue
        if runs and start - runs[-1][1] <= WIDEST_GAP:
            runs[-1] = (runs[-1][0], end, runs[-1][2] + end - start)
        else:
            runs.append((start, end, end - start))
    return [run for run in runs if run[2] >= SHORTEST_PASSAGE]


def _covered(shingles: Mask, length: int) -> Mask:
    """Which characters stand in at least one of these shingles."""
    change = np.zeros(length + 1, np.int64)
    starts = np.flatnonzero(shingles)
    np.add.at(change, starts, 1)
    np.add.at(change, starts + SHINGLE, -1)
    covered: Mask = np.cumsum(change)[:length] > 0
    return covered


def _stretches(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _passages(one: Shingled, runs: list[Run], other: Shingled, theirs: list[Run]) -> list[Passage]:
    twins = _twins(one, runs, other, theirs)
    return [
        Passage(int(one.places[start]), int(one.places[end - 1]) + 1, same, twin)
        for (start, end, same), twin in zip(runs, twins, strict=True)
    ]


def _twins(one: Shingled, runs: list[Run], other: Shingled, theirs: list[Run]) -> list[int | None]:
    """For each run the one of `theirs` that holds most of its shingles."""
    if not runs or not theirs:
        return [None] * len(runs)
    mine, my_run = _labelled(one, runs)
    there, their_run = _labelled(other, theirs)
    order = np.argsort(there, kind="stable")
    at = np.minimum(np.searchsorted(there[order], mine), len(there) - 1)
    met = there[order][at] == mine
    votes = np.zeros((len(runs), len(theirs)), np.int64)
    np.add.at(votes, (my_run[met], their_run[order][at][met]), 1)
    return [int(row.argmax()) if row.any() else None for row in votes]


def _labelled(text: Shingled, runs: list[Run]) -> tuple[Codes, Places]:
    """The shingles within runs, and of which run each is."""
    spans = [np.arange(start, end - SHINGLE + 1) for start, end, _ in runs]
    return text.hashes[np.concatenate(spans)], np.repeat(np.arange(len(runs)), [len(span) for span in spans])
