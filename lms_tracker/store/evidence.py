"""The statements of learners as the engine reads them, and what it knows of activities."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.reading import Origin, StoredStatement, Told
from lms_tracker.core.study.sessions import CatalogueItem
from lms_tracker.store.beats import learners_with_beats
from lms_tracker.store.driver import rows, stream
from lms_tracker.store.owner import owner
from lms_tracker.store.packing import unpack_one, unpack_together
from lms_tracker.store.settling import unsettled_among
from lms_tracker.store.tables import EVIDENCE, statement

AT_ONCE = 250
"""Statements that are in memory as they were said. Of so many the JSON stays in a processor's second cache, with what is made
of it; of fewer, what is done once for all of them takes longer."""
MEDIA = frozenset({"video", "audio"})
"""Kinds of activities in the catalogue that are played."""


def statements_of(db: Connection, learner_ids: Iterable[int]) -> dict[int, int]:
    """How many statements each of these learners has who has any, voided ones included."""
    # One after the other: grouped, PostgreSQL starts other processes to count, which takes longer than counting.
    sql = """
        SELECT i.value, (SELECT count(*) FROM statement WHERE learner_id = i.value) FROM EACH(:learners) i
    """
    return {learner_id: count for learner_id, count in rows(db, sql, learners=sorted(learner_ids)) if count}


def told_together(db: Connection, learner_ids: Collection[int], as_of: datetime | None = None) -> Iterator[Told]:
    """The statements of these learners as `stored_statements` gives them, many side by side.

    Each Told is to be read before the next is asked for; and until the last, nothing else can be asked on this connection.
    """
    origins = _Origins(db)
    for piece in _packed(db, _SIDE_BY_SIDE, learner_ids, as_of):
        yield from _together(piece, origins)


def _together(rows: list[tuple[Any, ...]], origins: "_Origins") -> Iterator[Told]:
    learner_id, packed, at, stored, numbers, seq = zip(*rows, strict=True)
    statements = unpack_one(packed[0]) if len(rows) == 1 else unpack_together(packed)
    if statements is not None:
        yield Told(statements, learner_id, at, stored, [origins[number] for number in numbers], seq)
    else:
        yield from _together(rows[: len(rows) // 2], origins)
        yield from _together(rows[len(rows) // 2 :], origins)


class _Origins(dict[int, Origin]):
    """What the numbers of _SIDE_BY_SIDE mean; sources as they are now: for a snapshot, or while nobody stores anything."""

    def __init__(self, db: Connection) -> None:
        self.names = dict(rows(db, "SELECT id, name FROM credential"))

    def __missing__(self, number: int) -> Origin:
        origin = Origin(bool(number & 2), self.names.get(number >> 2, ""), bool(number & 1))
        return self.setdefault(number, origin)


def stored_statements(
    db: Connection,
    learner_ids: Collection[int],
    as_of: datetime | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> Iterator[StoredStatement]:
    """The statements of these learners, in any order, as known at `as_of` when given; or only those whose timestamps are
    `between` two instants, of which the second is too late.

    Voided statements are left out; for a past instant, those voided by then. Until the last is read, nothing else can be
    asked on this connection.
    """
    for piece in _packed(db, _STORED, learner_ids, as_of, between):
        yield from ((learner_id, unpack_one(raw), *known) for learner_id, raw, *known in piece)


def _packed(
    db: Connection,
    wanted: str,
    learner_ids: Collection[int],
    as_of: datetime | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> Iterator[list[tuple[Any, ...]]]:
    """What is `wanted`, in AT_ONCE rows."""
    which, given = "s.voided_by IS NULL", dict[str, Any]()
    if as_of is not None:
        which, given = _KNOWN_THEN, {"known": to_us(as_of)}
    if between is not None:
        which += " AND s.timestamp >= :since AND s.timestamp < :until"
        given |= {"since": to_us(between[0]), "until": to_us(between[1])}
    sql = f"{wanted} s.learner_id = ANY(:learners) AND {which}"
    return stream(db, sql, AT_ONCE, learners=sorted(learner_ids), proved=EVIDENCE.index("proved"), **given)


_STORED = """
    SELECT s.learner_id, s.raw, s.timestamp, s.stored, s.received, coalesce(c.name, ''), s.evidence = :proved, s.seq
    FROM statement s LEFT JOIN credential c ON c.id = s.credential_id WHERE
"""
"""Rows of StoredStatement, but for the statements, which are packed."""
_SIDE_BY_SIDE = """
    SELECT s.learner_id, s.raw, s.timestamp, s.stored, 4 * CAST(coalesce(s.credential_id, 0) AS bigint)
        + CASE WHEN s.received THEN 2 ELSE 0 END + CASE WHEN s.evidence = :proved THEN 1 ELSE 0 END, s.seq
    FROM statement s WHERE
"""
"""The same for many, with one number for what most of them have in common: to join the source's name to each row took a
tenth of all that PostgreSQL does to settle them."""
_KNOWN_THEN = """
    s.stored <= :known AND NOT EXISTS (SELECT 1 FROM statement v WHERE v.id = s.voided_by AND v.stored <= :known)
"""


def statements_at(db: Connection, learner_id: int, seqs: Iterable[int]) -> Iterator[StoredStatement]:
    """Those statements of these numbers that are the learner's, and are not voided."""
    for row in rows(db, _AT, seqs=sorted(seqs), proved=EVIDENCE.index("proved")):
        if row[0] == learner_id:  # asked of the database, this could lead it to read all of the learner's
            yield row[0], unpack_one(row[1]), *row[2:]  # type: ignore[misc]


_AT = f"{_STORED} s.seq = ANY(:seqs) AND s.voided_by IS NULL"


def changed_since(db: Connection, learner_ids: Iterable[int], as_of: datetime) -> set[int]:
    """Those of the learners whose ledger in force is not that of `as_of`: newer statements, decisions or policies, or not
    settled yet."""
    learners = sorted(learner_ids)
    changed = rows(db, _CHANGED, learners=learners, since=to_us(as_of))
    return {learner_id for (learner_id,) in changed} | unsettled_among(db, learners)


# A decision stays with whom it was made for.
_CHANGED = f"""
    SELECT learner_id FROM statement WHERE learner_id = ANY(:learners) AND stored > :since
    UNION SELECT s.learner_id FROM player_session s JOIN player_stream t ON t.session_id = s.id
    WHERE s.learner_id = ANY(:learners) AND t.n > 0 AND t.last_at > :since
    UNION SELECT e.learner_id FROM enrolment e JOIN programme_policy p ON p.programme_id = e.programme_id
    WHERE e.learner_id = ANY(:learners) AND p.adopted_at > :since AND p.from_on IS NOT NULL
    UNION SELECT {owner} FROM decision JOIN learner ON learner.id = decision.learner_id
    WHERE {owner} = ANY(:learners) AND decision.decided_at > :since
"""


def catalogued(db: Connection, iris: Iterable[str]) -> dict[str, CatalogueItem]:
    """Those of these activities that the catalogue knows."""
    return catalogue_of(rows(db, CATALOGUED, iris=sorted(iris)))


def catalogue_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, CatalogueItem]:
    """What the rows of CATALOGUED say."""
    return {iri: CatalogueItem(kind in MEDIA, length_us) for iri, kind, length_us in rows}


CATALOGUED = "SELECT iri, kind, length_us FROM activity WHERE iri = ANY(:iris::text[])"


def learners_with_statements(db: Connection, since: datetime | None = None) -> list[int]:
    """Every learner who has statements or beats, or has some of a timestamp since an instant."""
    query = select(statement.c.learner_id).where(statement.c.learner_id.is_not(None)).distinct()
    if since is not None:
        query = query.where(statement.c.timestamp >= since)
    return sorted({*db.scalars(query), *learners_with_beats(db, since)})
