"""Which learners' evidence changed, and who settles them: marks, and claims."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Subquery,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    union,
    update,
)
from sqlalchemy.dialects import sqlite

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.entries import ENGINE
from lms_tracker.store import messages, postgresql
from lms_tracker.store.chunks import one_of
from lms_tracker.store.driver import COMMIT, rows, rows_of_all
from lms_tracker.store.learners import LIVING
from lms_tracker.store.policies import ENTERED, Programme, entered_last
from lms_tracker.store.tables import touched_learner, unsettled

TAKE_IN = 100_000
"""Marks that one claimer takes in: mostly all. So many of as many people take about a second, of one a third of that, and
others who would claim wait meanwhile; in smaller pieces a learner with a backlog would be settled once for each."""
SEVERAL = 0
"""In place of a learner's id: the row's `marks` names some."""
FOR_EVER = 2**63 - 1
"""Later than any claim ends."""
MOST_SEQS = 8000
"""Of a learner of whom more is new than these characters can name, all evidence is read."""


def mark_unsettled(db: Connection, learner_ids: Iterable[int], now: datetime) -> None:
    """Note that the ledgers of these learners no longer follow from their statements. In the writer's transaction.

    It only adds rows, and locks none: no writer waits for another, nor for anybody who settles.
    """
    _mark(db, dict.fromkeys(sorted(set(learner_ids))), now)


def mark_newer(db: Connection, seqs: Mapping[int, Iterable[int]], now: datetime) -> None:
    """The same for learners of whom nothing has changed but that statements of these numbers were stored.

    However many they are, it is one row: a row for each took a seventh of all that storing costs PostgreSQL.
    """
    new: dict[int, str | None] = {learner: ",".join(map(str, seqs[learner])) for learner in seqs}
    if len(new) > 1:
        _mark(db, {SEVERAL: None}, now, "{" + ",".join([f'"{learner}":"{one}"' for learner, one in new.items()]) + "}")
    else:
        _mark(db, new, now)


def _mark(db: Connection, seqs: dict[int, str | None], now: datetime, marks: str | None = None) -> None:
    if not seqs:
        return
    if db.dialect.name == "postgresql":
        return postgresql.mark_unsettled(db, seqs, now, marks)
    rows = [{"learner_id": id, "since": now, "seqs": new, "marks": marks} for id, new in seqs.items()]
    db.execute(insert(touched_learner), rows)


class Claim(NamedTuple):
    """A learner whose evidence changed, for whoever has it. `version` is that of the evidence; `nameless`: no name is known."""

    learner_id: int
    version: int
    nameless: bool


def claim_unsettled(
    db: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    take_over: bool = False,
    only: int | None = None,
) -> list[Claim]:
    """Take up to `limit` learners, those who wait longest, for `lease`; by id. `only`: this learner, if free and waiting.

    Compare-and-swap: of several claimers each learner goes to one. A claim that is not finished in time is free again.
    With `take_over` claims of others fall at once: should one of them be alive after all, it cannot finish any more.

    The marks that are taken in here are gone with this transaction, and so are to be seen in snapshots of later ones all
    statements that they were made for. Marks that are committed after it stay, whatever number they have. Where they are few, it has
    ended on return, which saves a wait.
    """
    given = {"late": FOR_EVER if take_over else to_us(now), "until": to_us(now + lease), "limit": limit}
    claim = (_CLAIM, given) if only is None else (_CLAIM_ONE, given | {"learner": only})
    if db.dialect.name == "postgresql":
        few, take_in = postgresql.begin_to_take_in(db), (postgresql.take_in(TAKE_IN, MOST_SEQS), {})
        if few:
            _, claimed, _ = rows_of_all(db, take_in, claim, COMMIT)
            return sorted(map(Claim._make, claimed))
        messages.send(db, take_in[0])
    else:
        _take_in_touched(db)
    return sorted(map(Claim._make, rows(db, claim[0], **claim[1])))


# On PostgreSQL whose ledger is just being posted is passed over: neither waits for the other.
_CLAIM = """
    WITH free AS MATERIALIZED (
        SELECT learner_id FROM unsettled WHERE (claimed_until IS NULL OR claimed_until < :late)
        ORDER BY since LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE unsettled SET claimed_until = :until FROM free WHERE unsettled.learner_id = free.learner_id
    RETURNING unsettled.learner_id, version,
        (SELECT name IS NULL AND erased_at IS NULL FROM learner WHERE learner.id = unsettled.learner_id)
"""
_CLAIM_ONE = _CLAIM.replace("ORDER BY", "AND learner_id = :learner ORDER BY")


def _take_in_touched(db: Connection) -> None:
    # SQLite has one writer at a time: up to the last number that is there, nothing can come any more.
    t = touched_learner.c
    so_far = func.sum(_marks_in_row).over(order_by=t.id)
    first = select(t.id, (so_far - _marks_in_row).label("before")).subquery()
    last = db.scalar(select(func.max(first.c.id)).where(first.c.before < TAKE_IN))
    if last is None:
        return
    each = _touched(db, t.id <= last)
    whole = (func.count() == func.count(each.c.seqs)) & (func.sum(func.length(each.c.seqs)) < MOST_SEQS)
    seqs = case((whole, func.group_concat(each.c.seqs)))
    # Without a condition SQLite would take ON CONFLICT for one of the join.
    taken = (
        select(each.c.learner_id, literal(1), func.min(each.c.since), seqs).where(true()).group_by(each.c.learner_id)
    )
    query = sqlite.insert(unsettled).from_select(["learner_id", "version", "since", "seqs"], taken)
    both = unsettled.c.seqs + "," + query.excluded.seqs
    changed = {"version": unsettled.c.version + 1, "seqs": case((func.length(both) < MOST_SEQS, both))}
    db.execute(query.on_conflict_do_update(index_elements=["learner_id"], set_=changed))
    db.execute(delete(touched_learner).where(t.id <= last))


_marks_in_row = 1 + func.coalesce(func.length(touched_learner.c.marks), 0) / 12
"""About as many: of each a learner's number, and one or two of statements."""


def _touched(db: Connection, which: ColumnElement[bool]) -> Subquery:
    """(learner_id, since, seqs) of each mark in these rows."""
    t = touched_learner.c
    if db.dialect.name == "postgresql":
        named = func.json_each_text(cast(t.marks, JSON)).table_valued("key", "value", name="named")
    else:
        named = func.json_each(t.marks).table_valued("key", "value", name="named")
    several = select(cast(named.c.key, Integer), t.since, named.c.value).select_from(
        touched_learner.join(named, true())
    )
    alone = select(t.learner_id, t.since, t.seqs).where(t.learner_id != SEVERAL, which)
    return alone.union_all(several.where(t.learner_id == SEVERAL, which)).subquery("touched")


class News(NamedTuple):
    """Of a learner who is remembered, and of whom nothing has changed but that statements of these numbers were stored: by which
    policy the others were judged, and whose rules judge now (store.policies.programmes_of)."""

    policy: str
    seqs: list[int]
    programme: Programme | None


def news_of(db: Connection, learner_ids: Iterable[int]) -> dict[int, News]:
    """Those of these learners of whom that is all."""
    learners = sorted(learner_ids)
    news, entered = rows_of_all(
        db, (_NEWS, {"learners": learners, "engine": ENGINE}), (ENTERED, {"learners": learners})
    )
    programmes = entered_last(entered)
    return {
        learner: News(policy, sorted(set(map(int, seqs.split(",")))), programmes.get(learner))
        for learner, policy, seqs in news
    }


_NEWS = """
    SELECT u.learner_id, r.policy, u.seqs FROM unsettled u JOIN remembered r ON r.learner_id = u.learner_id
    WHERE u.learner_id = ANY(:learners) AND u.seqs IS NOT NULL AND r.engine = :engine
"""


def finish_claims(db: Connection, claims: Iterable[Claim], claimed_until: datetime) -> set[int]:
    """End claims: forget whoever has no newer evidence meanwhile. Who they are; of the others the
    claims were lost, or they were erased meanwhile and keep the ledger that the erasure left."""
    until = to_us(claimed_until)
    known = {claim.learner_id: claim.version for claim in claims}
    pairs = [learner_id << 32 | version for learner_id, version in known.items()]
    finish = _FINISH, {"until": until, "learners": list(known), "pairs": pairs}
    living, finished = rows_of_all(db, (LIVING, {"learners": list(known)}), finish)
    ended = {learner_id for (learner_id,) in finished}
    if lagging := known.keys() - ended:
        ended |= {learner_id for (learner_id,) in rows(db, _LAG, until=until, learners=list(lagging))}
    return ended & {learner_id for (learner_id,) in living}


_FINISH = """
    DELETE FROM unsettled WHERE claimed_until = :until AND learner_id = ANY(:learners)
    AND learner_id * 4294967296 + version = ANY(:pairs) RETURNING learner_id
"""
_LAG = """
    UPDATE unsettled SET claimed_until = NULL WHERE claimed_until = :until AND learner_id = ANY(:learners)
    RETURNING learner_id
"""


def release_claim(db: Connection, learner_ids: Iterable[int], claimed_until: datetime) -> None:
    """Give learners back that were claimed and not settled: they are free at once."""
    if ids := sorted(learner_ids):
        mine = one_of(db, unsettled.c.learner_id, ids) & (unsettled.c.claimed_until == claimed_until)
        db.execute(update(unsettled).where(mine).values(claimed_until=None))


def _waiting(db: Connection) -> tuple[FromClause, FromClause]:
    return _touched(db, true()), unsettled


def pending(db: Connection, since: datetime | None = None) -> int:
    """How many learners wait to be settled, claimed ones included; only those who wait since then or longer."""
    waiting = [select(t.c.learner_id).where(true() if since is None else t.c.since <= since) for t in _waiting(db)]
    return db.execute(select(func.count()).select_from(union(*waiting).subquery())).scalar_one()


def waiting_since(db: Connection, since: datetime) -> set[int]:
    """Learners who wait to be settled since then or longer, claimed ones included."""
    waiting = [select(t.c.learner_id).where(t.c.since <= since) for t in _waiting(db)]
    return set(db.scalars(union(*waiting)))


def anybody_waits(db: Connection) -> bool:
    """Whether `pending` is more than nobody, which costs less to find out."""
    return bool(rows(db, "SELECT 1 WHERE EXISTS (SELECT 1 FROM touched_learner) OR EXISTS (SELECT 1 FROM unsettled)"))


def unsettled_among(db: Connection, learner_ids: Iterable[int]) -> set[int]:
    """Those of the learners whose ledger may not follow from their statements at this moment.

    In one query, for it is in one transaction that a mark leaves one table for the other.
    """
    named = "json_each(marks::json)" if db.dialect.name == "postgresql" else "json_each(marks)"
    return {learner_id for (learner_id,) in rows(db, _AMONG.format(named=named), learners=sorted(learner_ids))}


_AMONG = """
    SELECT learner_id FROM unsettled WHERE learner_id = ANY(:learners)
    UNION SELECT learner_id FROM touched_learner WHERE learner_id = ANY(:learners) AND learner_id <> 0
    UNION SELECT CAST(named.key AS integer) FROM touched_learner, {named} AS named
    WHERE learner_id = 0 AND CAST(named.key AS integer) = ANY(:learners)
"""
