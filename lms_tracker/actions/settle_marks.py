"""What follows from assessments goes to the marks that count: once it is final, and not before it is released."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.actions.record_mark import MarkRefused, put_mark
from lms_tracker.actions.standing import Standing, Standings, standings
from lms_tracker.core.assignments.reviews import Review, mark_for_reviewing, references
from lms_tracker.store import assessments
from lms_tracker.store import assignments as store
from lms_tracker.store.assignments import Setting
from lms_tracker.store.marks import marks_in_force

REVIEWING = "（互评）"
"""Added to the title of the assignment that marks for reviewing are recorded under."""


class ToPost(Struct, frozen=True):
    """A mark that follows and does not stand yet. `marked_by`: who decided alone."""

    learner_id: int
    mark: Decimal
    comment: str | None
    marked_by: int | None
    days_late: int | None


def released(setting: Setting, now: datetime) -> bool:
    """Whether learners may see what was found, and it counts."""
    return setting.terms.release_at is None or now >= setting.terms.release_at


def to_post(tx: Connection, all: Standings, now: datetime) -> list[ToPost]:
    """Marks of works that follow now and do not stand. One that a person gave by hand since then stands."""
    if not released(all.setting, now):
        return []
    standing = marks_in_force(tx, all.setting.id)
    found = []
    for one in all.works:
        if one.final is None or one.decided_at is None:
            continue
        there = standing.get(one.work.learner_id)
        since = max(filter(None, [one.decided_at, all.setting.terms.release_at]))
        if there is None or there.marked_at < since:
            found.append(_post_of(all.setting, one))
    return found


def reviewing_to_post(tx: Connection, all: Standings, now: datetime) -> dict[int, Decimal]:
    """Marks for reviewing, by learner, that do not stand yet: once reviewing is over and no work waits for a marker, whose
    marks reviewers are measured by; at the latest with the release."""
    terms, peer = all.setting.terms, all.setting.terms.peer
    if peer is None or peer.component is None or now <= peer.due_at:
        return {}
    overdue = terms.release_at is not None and now >= terms.release_at
    if not overdue and any(one.outcome.mark is None and one.returned is None for one in all.works):
        return {}
    there = store.assignment_titled(tx, all.setting.programme_id, terms.title + REVIEWING)
    standing = {} if there is None else marks_in_force(tx, there.id)
    asked = Counter(pair.learner_id for pair in assessments.pairs_of(tx, all.setting.id))
    mine: dict[int, list[Review]] = defaultdict(list)
    for review in all.reviews:
        mine[review.reviewer].append(review)
    reference = references(all.reviews, all.expert)
    marks = {who: mark_for_reviewing(mine[who], asked[who], reference, peer.outlier) for who in asked}
    return {who: mark for who, mark in marks.items() if mark is not None and who not in standing}


def post_marks(tx: Connection, setting: Setting, now: datetime) -> int:
    """Put in force what follows. How many marks are new. Whoever calls holds the assignment."""
    all = standings(tx, setting, now)
    count = 0
    for one in to_post(tx, all, now):
        with suppress(MarkRefused):  # who left the programme, or was marked by hand in this instant
            count += put_mark(
                tx, setting.id, one.learner_id, one.mark, marked_by=one.marked_by, comment=one.comment, marked_at=now,
                days_late=one.days_late,
            )  # fmt: skip
    reviewing = reviewing_to_post(tx, all, now)
    if reviewing:
        assignment_id = _reviewing_assignment(tx, setting, now)
        for learner_id, mark in sorted(reviewing.items()):
            with suppress(MarkRefused):
                count += put_mark(tx, assignment_id, learner_id, mark, marked_by=None, comment=None, marked_at=now)
    return count


def _reviewing_assignment(tx: Connection, setting: Setting, now: datetime) -> int:
    peer = setting.terms.peer
    assert peer is not None and peer.component is not None
    title = setting.terms.title + REVIEWING
    there = store.assignment_titled(tx, setting.programme_id, title)
    if there is not None:
        return int(there.id)
    return store.add_assignment(
        tx, setting.programme_id, peer.component, title, None, weight=peer.weight, by=None, now=now
    )


def _post_of(setting: Setting, one: Standing) -> ToPost:
    """Lateness that the assignment only notes is for the programme's policy to judge."""
    assert one.final is not None
    said = [comment for marker in one.markers if (comment := marker.comment)]
    alone = one.markers[0].marker_id if one.outcome.how == "one" else None
    days = one.days if setting.terms.late == "accept" and one.days else None
    return ToPost(one.work.learner_id, one.final, "\n".join(said) or None, alone, days)
