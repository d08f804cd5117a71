"""The only ways in which stored statements change or go: erasure and retention."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from lms_tracker.core.instants import to_us
from lms_tracker.core.xapi.terms import AGENT, RELATED_AGENT, term
from lms_tracker.store import postgresql, postings
from lms_tracker.store.chunks import chunks
from lms_tracker.store.statements import delete_statements, forget_terms, terms_in
from lms_tracker.store.tables import statement


def keep_writers_out(db: Connection) -> None:
    """Nobody stores statements until this transaction ends; who is about to waits before looking anything up."""
    if db.dialect.name == "postgresql":
        postgresql.keep_writers_out(db)


def statements_naming(
    db: Connection, learner_ids: Collection[int], ifis: Collection[str]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, id, learner_id, raw) of whatever is by these learners or may name one of the identifiers, in order of seq.

    Names are looked up by short digests: somebody else's statement may be among them.
    """
    s = statement.c
    seqs = set(db.scalars(select(s.seq).where(s.learner_id.in_(list(learner_ids)))))
    seqs |= postings.all_having(db, [term(kind, ifi) for kind in (AGENT, RELATED_AGENT) for ifi in ifis])
    for chunk in chunks(seqs):
        query = select(s.seq, s.id, s.learner_id, s.raw).where(s.seq.in_(chunk))
        yield from db.execute(query.order_by(s.seq))


def statements_of_learners(db: Connection, learner_ids: Collection[int]) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, raw) of all statements by these learners, voided ones included, in order of seq; held open as a stream."""
    s = statement.c
    query = select(s.seq, s.raw).where(s.learner_id.in_(list(learner_ids))).order_by(s.seq)
    yield from db.execute(query.execution_options(yield_per=2000))


def statements_at(db: Connection, seqs: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """(seq, credential_id, raw) of a few statements."""
    s = statement.c
    return db.execute(select(s.seq, s.credential_id, s.raw).where(s.seq.in_(seqs))).all()


def last_seq(db: Connection) -> int:
    """The highest number there is; 0 for an empty record."""
    return db.scalar(select(func.max(statement.c.seq))) or 0


def replace_statements(db: Connection, new: Mapping[int, tuple[bytes, set[int]]]) -> None:
    """Other words and terms at the same place, by seq; ids, times, verbs, activities and whose they are stay."""
    s = statement.c
    for chunk in chunks(new):
        rows = db.execute(select(s.seq, s.stored).where(s.seq.in_(chunk)).order_by(s.seq)).all()
        forget_terms(db, chunk)
        change = update(statement).where(s.seq == bindparam("at")).values(raw=bindparam("words"))
        db.execute(change, [{"at": row.seq, "words": new[row.seq][0]} for row in rows])
        found_by = [((to_us(row.stored), row.seq), terms_in(*new[row.seq])) for row in rows]
        postings.add(db, postings.rows_of(found_by))


def raws_after(db: Connection, seq: int) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, raw) of all statements after that one, in order; held open as a stream."""
    query = select(statement.c.seq, statement.c.raw).where(statement.c.seq > seq).order_by(statement.c.seq)
    yield from db.execute(query.execution_options(yield_per=2000))


__all__ = [
    "delete_statements",
    "keep_writers_out",
    "last_seq",
    "raws_after",
    "replace_statements",
    "statements_at",
    "statements_naming",
    "statements_of_learners",
]
