"""What markers and peers found of works, who reviews whose, and objections."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, insert, select, update

from lms_tracker.core.assignments.allocation import Pair
from lms_tracker.store.tables import account, assessment, learner, mark_objection, peer_pair, submission

Chosen = dict[int, int]
Remarks = dict[int, str]
_chosen, _remarks = msgspec.json.Decoder(Chosen), msgspec.json.Decoder(Remarks)


class Found(Struct, frozen=True):
    """One assessment. `author`: whose work it is of. `by`: the marker's name, None where the account is gone."""

    id: int
    submission_id: int
    author: int
    terms_id: int
    kind: str
    marker_id: int | None
    reviewer: int | None
    mark: Decimal
    chosen: Chosen
    remarks: Remarks
    comment: str | None
    made_at: datetime
    replaced_at: datetime | None
    by: str | None


def record(
    db: Connection,
    submission_id: int,
    terms_id: int,
    *,
    marker_id: int | None = None,
    reviewer: int | None = None,
    mark: Decimal,
    chosen: Mapping[int, int],
    remarks: Mapping[int, str],
    comment: str | None,
    now: datetime,
) -> int:
    """In force from now on; what the same person found before is replaced."""
    a = assessment.c
    mine = a.marker_id == marker_id if reviewer is None else a.learner_id == reviewer
    standing = (a.submission_id == submission_id) & mine & a.replaced_at.is_(None)
    db.execute(update(assessment).where(standing).values(replaced_at=now))
    values = {
        "submission_id": submission_id,
        "terms_id": terms_id,
        "kind": "marker" if reviewer is None else "peer",
        "marker_id": marker_id,
        "learner_id": reviewer,
        "mark": mark,
        "chosen": msgspec.json.encode(dict(chosen)).decode(),
        "remarks": msgspec.json.encode(dict(remarks)).decode(),
        "comment": comment,
        "made_at": now,
    }
    return int(db.execute(insert(assessment).values(values).returning(a.id)).scalar_one())


def found_of(db: Connection, assignment_id: int, learner_id: int | None = None, replaced: bool = False) -> list[Found]:
    """What was found of the works of an assignment (of one learner's), oldest first; with what was `replaced` since."""
    a, s = assessment.c, submission.c
    query = (
        select(assessment, s.learner_id.label("author"), account.c.name.label("by"))
        .join_from(assessment, submission, s.id == a.submission_id)
        .outerjoin(account, account.c.id == a.marker_id)
        .where(s.assignment_id == assignment_id)
        .order_by(a.made_at, a.id)
    )
    if learner_id is not None:
        query = query.where(s.learner_id == learner_id)
    if not replaced:
        query = query.where(a.replaced_at.is_(None))
    return [_found(row) for row in db.execute(query)]


def pairs_of(db: Connection, assignment_id: int) -> list[Row[Any]]:
    """(id, submission_id, author, learner_id, made_at, ended_at) of all pairs there ever were."""
    return list(db.execute(_pairs().where(peer_pair.c.assignment_id == assignment_id)))


def pairs_of_reviewer(db: Connection, learner_id: int) -> list[Row[Any]]:
    """The same of what one learner is to review, what went to others left out."""
    mine = (peer_pair.c.learner_id == learner_id) & peer_pair.c.ended_at.is_(None)
    return list(db.execute(_pairs().where(mine)))


def pair_by_id(db: Connection, pair_id: int) -> Row[Any] | None:
    """The same of one pair."""
    return db.execute(_pairs().where(peer_pair.c.id == pair_id)).one_or_none()


def add_pairs(db: Connection, assignment_id: int, pairs: Collection[Pair], now: datetime) -> None:
    """(reviewer, submission) from now on."""
    rows = [
        {"assignment_id": assignment_id, "submission_id": work, "learner_id": who, "made_at": now}
        for who, work in pairs
    ]
    if rows:
        db.execute(insert(peer_pair), rows)


def end_pairs(db: Connection, pair_ids: Collection[int], now: datetime) -> None:
    """These reviews are no longer asked for."""
    for id in sorted(pair_ids):
        db.execute(update(peer_pair).where(peer_pair.c.id == id, peer_pair.c.ended_at.is_(None)).values(ended_at=now))


def add_objection(db: Connection, submission_id: int, words: str, now: datetime) -> int:
    """Its id. Raises IntegrityError the second time."""
    values = {"submission_id": submission_id, "words": words, "filed_at": now}
    return int(db.execute(insert(mark_objection).values(values).returning(mark_objection.c.id)).scalar_one())


def objections_of(db: Connection, assignment_id: int, learner_id: int | None = None) -> list[Row[Any]]:
    """Columns of `mark_objection`, with learner_id and name of whose it is, the open ones first."""
    query = select(mark_objection, submission.c.learner_id, learner.c.name)
    query = query.join_from(mark_objection, submission, submission.c.id == mark_objection.c.submission_id)
    query = query.join(learner, learner.c.id == submission.c.learner_id)
    query = query.where(submission.c.assignment_id == assignment_id)
    query = query.order_by(mark_objection.c.outcome.is_not(None), mark_objection.c.filed_at)
    return list(db.execute(query if learner_id is None else query.where(submission.c.learner_id == learner_id)))


def close_objection(db: Connection, id: int, outcome: str, words: str, by: int, now: datetime) -> bool:
    """Once: False when it was decided before."""
    values = {"outcome": outcome, "outcome_words": words, "decided_by": by, "decided_at": now}
    open_one = (mark_objection.c.id == id) & mark_objection.c.outcome.is_(None)
    return db.execute(update(mark_objection).where(open_one).values(values)).rowcount == 1


def _pairs() -> Any:
    p = peer_pair.c
    query = select(p.id, p.assignment_id, p.submission_id, submission.c.learner_id.label("author"))
    query = query.add_columns(p.learner_id, p.made_at, p.ended_at)
    return query.join_from(peer_pair, submission, submission.c.id == p.submission_id).order_by(p.id)


def _found(row: Row[Any]) -> Found:
    return Found(
        row.id, row.submission_id, row.author, row.terms_id, row.kind, row.marker_id, row.learner_id, row.mark,
        _chosen.decode(row.chosen), _remarks.decode(row.remarks), row.comment, row.made_at, row.replaced_at, row.by,
    )  # fmt: skip
