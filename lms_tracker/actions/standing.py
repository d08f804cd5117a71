"""Where the works of an assignment stand: what markers and peers found, what is still needed, and the mark that follows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.core.assignments.agreement import Outcome, agreed, combined
from lms_tracker.core.assignments.lateness import after_deduction, days_late
from lms_tracker.core.assignments.reviews import Outlier, Review, outliers, peer_mark, weights
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.store import assessments as found
from lms_tracker.store import submissions as store
from lms_tracker.store.assessments import Found
from lms_tracker.store.assignments import Setting


class Standing(Struct, frozen=True):
    """One learner's work, by its latest version.

    `returned`: it was sent back and has not come in again. `markers` and `peers`: what they found, oldest first; peers of
    any version. `asked`: peers who review it. `outcome` is before, `final` after the deduction for `days` of lateness.
    """

    work: Row[Any]
    returned: Row[Any] | None
    markers: list[Found]
    peers: list[Found]
    asked: int
    peer_mark: Decimal | None
    outcome: Outcome
    days: int
    final: Decimal | None
    decided_at: datetime | None
    """Since when `final` is what it is; a mark given by hand later stands."""

    def marked_by(self, account_id: int) -> Found | None:
        """What this marker found."""
        return next((one for one in self.markers if one.marker_id == account_id), None)


class Standings(Struct, frozen=True):
    """All works of an assignment, in the order of handing in."""

    setting: Setting
    works: list[Standing]
    reviews: list[Review]
    weights: dict[int, Decimal]
    """How far each reviewer is trusted."""
    expert: dict[int, Decimal]
    """Marks of the markers alone, by author: what reviewers are measured by."""
    outliers: list[Outlier]
    reviews_open: bool

    def of(self, submission_id: int) -> Standing | None:
        return next((one for one in self.works if one.work.id == submission_id), None)


def standings(tx: Connection, setting: Setting, now: datetime) -> Standings:
    """As things are now."""
    terms = setting.terms
    works = store.latest_works(tx, setting.id)
    markers, peers = _assessments(tx, setting.id)
    returns = store.returns_of(tx, setting.id)
    asked: dict[int, int] = defaultdict(int)
    for pair in found.pairs_of(tx, setting.id):
        asked[pair.author] += pair.ended_at is None
    expert = {
        row.learner_id: mark for row in works if (mark := agreed(_marks(markers[row.id]), terms).mark) is not None
    }
    reviews = [Review(one.reviewer or 0, author, one.mark) for author, all in peers.items() for one in all]
    trust = weights(reviews, expert)
    is_open = terms.peer is not None and now <= terms.peer.due_at
    all_works = [
        _standing(row, terms, markers[row.id], peers[row.learner_id], trust, asked[row.learner_id], returns, is_open)
        for row in works
    ]
    limit = terms.peer.outlier if terms.peer else Decimal(100)
    return Standings(setting, all_works, reviews, trust, expert, outliers(reviews, expert, limit), is_open)


def _standing(
    row: Row[Any],
    terms: Terms,
    markers: list[Found],
    peers: list[Found],
    trust: dict[int, Decimal],
    asked: int,
    returns: Sequence[Row[Any]],
    is_open: bool,
) -> Standing:
    mark = peer_mark([Review(one.reviewer or 0, row.learner_id, one.mark) for one in peers], trust)
    outcome = combined(agreed(_marks(markers), terms), mark, terms, is_open)
    mine = [one for one in returns if one.learner_id == row.learner_id]
    due = max(
        (at for at in [terms.due_at, *(one.until for one in mine if one.version < row.version)] if at), default=None
    )
    days = days_late(due, row.handed_in_at)
    returned = next((one for one in mine if one.submission_id == row.id), None)
    final = None if outcome.mark is None or returned else after_deduction(terms, outcome.mark, days)
    moments = [one.made_at for one in [*markers, *peers]]
    if terms.peer and terms.peer.counts_pct:
        moments.append(terms.peer.due_at)
    decided_at = None if final is None else max(moments)
    return Standing(row, returned, markers, peers, asked, mark, outcome, days, final, decided_at)


def _assessments(tx: Connection, assignment_id: int) -> tuple[dict[int, list[Found]], dict[int, list[Found]]]:
    """Of markers by version, of peers by author."""
    markers: dict[int, list[Found]] = defaultdict(list)
    peers: dict[int, list[Found]] = defaultdict(list)
    for one in found.found_of(tx, assignment_id):
        if one.kind == "marker":
            markers[one.submission_id].append(one)
        else:
            peers[one.author].append(one)
    return markers, peers


def _marks(markers: list[Found]) -> list[Decimal]:
    return [one.mark for one in markers]
