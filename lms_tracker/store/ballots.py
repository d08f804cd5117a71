"""Ballots. Nothing here reads whose code was used together with what was voted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from lms_tracker.core.survey import Answer
from lms_tracker.store.owner import owner
from lms_tracker.store.surveys import rewrite
from lms_tracker.store.tables import (
    ballot,
    ballot_candidate,
    ballot_code,
    ballot_paper,
    enrolment,
    learner,
    organisation,
    programme,
)

_b, _n, _k, _p = ballot.c, ballot_candidate.c, ballot_code.c, ballot_paper.c


def units_of(db: Connection, programme_id: int) -> list[tuple[Row[Any], list[Row[Any]]]]:
    """Units (id, name) by name, each with those of the programme who are there (learner_id, name): who can be judged."""
    o, e = organisation.c, enrolment.c
    query = (
        select(o.id, o.name.label("unit"), e.learner_id, learner.c.name)
        .join_from(enrolment, organisation, o.id == e.organisation_id)
        .join(learner, learner.c.id == e.learner_id)
        .where(e.programme_id == programme_id, e.left_on.is_(None))
        .order_by(o.name, o.id, learner.c.name, e.learner_id)
    )
    found: dict[int, tuple[Row[Any], list[Row[Any]]]] = {}
    for row in db.execute(query):
        found.setdefault(row.id, (row, []))[1].append(row)
    return list(found.values())


def ballots_of(db: Connection, programme_id: int) -> list[Row[Any]]:
    """All of a programme with `unit` and how many codes are `used`, the latest first."""
    return list(
        db.execute(_whole().where(_b.programme_id == programme_id).order_by(_b.closes_at.desc(), organisation.c.name))
    )


def ballot_by_id(db: Connection, id: int) -> Row[Any] | None:
    """The row with `unit` and `used`, or None."""
    return db.execute(_whole().where(_b.id == id)).first()


def _whole() -> Any:
    used = select(func.count()).select_from(ballot_code).where(_k.ballot_id == _b.id, _k.used).scalar_subquery()
    query = select(ballot, organisation.c.name.label("unit"), used.label("used"))
    return query.join(organisation, organisation.c.id == _b.organisation_id)


def candidates_of(db: Connection, ballot_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """By ballot, as they stand on the paper: id, position, outcome, steps, learner_id and name (None: erased)."""
    query = (
        select(ballot_candidate, owner.label("owner"), learner.c.name)
        .outerjoin(learner, learner.c.id == _n.learner_id)
        .where(_n.ballot_id.in_(ballot_ids))
        .order_by(_n.ballot_id, _n.position)
    )
    found: dict[int, list[Row[Any]]] = {id: [] for id in ballot_ids}
    for row in db.execute(query):
        found[row.ballot_id].append(row)
    return found


def is_called(tx: Connection, programme_id: int, organisation_id: int, title: str) -> bool:
    """Whether the unit votes under that title already. Until the transaction ends nobody else calls one."""
    tx.execute(select(programme.c.id).where(programme.c.id == programme_id).with_for_update())
    same = (_b.programme_id == programme_id) & (_b.organisation_id == organisation_id) & (_b.title == title)
    return bool(tx.scalar(select(exists().where(same, _b.annulled_at.is_(None)))))


def add_ballot(tx: Connection, values: Mapping[str, Any], learner_ids: Sequence[int], digests: Iterable[str]) -> int:
    """A new one with its candidates and codes; its number."""
    id = int(tx.execute(insert(ballot).values(**values).returning(_b.id)).scalar_one())
    rows = [{"ballot_id": id, "position": n, "learner_id": one} for n, one in enumerate(learner_ids)]
    tx.execute(insert(ballot_candidate), rows)
    put_codes(tx, id, digests)
    return id


def put_codes(tx: Connection, id: int, digests: Iterable[str]) -> None:
    """Those of before open nothing any more."""
    tx.execute(delete(ballot_code).where(_k.ballot_id == id))
    tx.execute(insert(ballot_code), [{"digest": one, "ballot_id": id, "used": False} for one in sorted(digests)])


def ballot_of_code(db: Connection, digest: str) -> Row[Any] | None:
    """(ballot_id, used), or None for a code that nobody was given."""
    return db.execute(select(_k.ballot_id, _k.used).where(_k.digest == digest)).first()


def hold(tx: Connection, id: int, *, to_count: bool = False) -> Row[Any] | None:
    """The ballot, held until the transaction ends: whoever votes waits for who counts, and the other way round."""
    return tx.execute(select(ballot).where(_b.id == id).with_for_update(read=not to_count)).first()


def put_paper(tx: Connection, digest: str, id: int, answers: Mapping[int, Answer]) -> bool:
    """Use the code up and keep the paper, with nothing that links them. False when the code was used."""
    mine = update(ballot_code).where(_k.digest == digest, _k.ballot_id == id, _k.used.is_(False))
    if tx.execute(mine.values(used=True)).rowcount != 1:
        return False
    text = msgspec.json.encode(answers).decode()
    tx.execute(insert(ballot_paper).values(id=token_hex(16), ballot_id=id, answers=text))
    return True


def papers_of(db: Connection, id: int) -> list[dict[int, Answer]]:
    """All that was voted."""
    rows = db.scalars(select(_p.answers).where(_p.ballot_id == id).order_by(_p.id))
    return [msgspec.json.decode(text, type=dict[int, int | list[int] | str]) for text in rows]


def to_count(db: Connection, now: datetime) -> list[int]:
    """Ballots that are over and not counted, annulled ones left out."""
    over = (_b.closes_at <= now, _b.counted_at.is_(None), _b.annulled_at.is_(None))
    return list(db.scalars(select(_b.id).where(*over).order_by(_b.id)))


def have_counted(tx: Connection, id: int, now: datetime) -> None:
    """Both halves are written anew, each in an order of its own."""
    tx.execute(update(ballot).where(_b.id == id).values(counted_at=now))
    rewrite(tx, ballot_paper, _p.ballot_id, id, renumber=True)
    rewrite(tx, ballot_code, _k.ballot_id, id)


def tell(tx: Connection, candidate_id: int, outcome: str, steps: Sequence[int] | None) -> None:
    """What came of the count for one candidate."""
    text = None if steps is None else msgspec.json.encode(steps).decode()
    tx.execute(update(ballot_candidate).where(_n.id == candidate_id).values(outcome=outcome, steps=text))


def close_now(tx: Connection, id: int, now: datetime) -> bool:
    """It ends before its time. False when it is over, or has not begun."""
    open_ = (_b.opens_at <= now) & (_b.closes_at > now) & _b.annulled_at.is_(None)
    return tx.execute(update(ballot).where(_b.id == id, open_).values(closes_at=now)).rowcount == 1


def annul(tx: Connection, id: int, *, by: int | None, reason: str, now: datetime) -> bool:
    """It counts for nothing. False when it was annulled already."""
    values = {"annulled_at": now, "annulled_by": by, "annulled_reason": reason}
    return tx.execute(update(ballot).where(_b.id == id, _b.annulled_at.is_(None)).values(values)).rowcount == 1
