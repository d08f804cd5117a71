"""The only ways in which stored statements change or go: erasure and retention."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update

from lms_tracker.core.xapi.terms import AGENT, RELATED_AGENT, term
from lms_tracker.store.chunks import chunks, rows_among
from lms_tracker.store.statements import NewStatement, add_statements
from lms_tracker.store.tables import related, statement

_FIELDS = [name for name in NewStatement.__struct_fields__ if name not in ("raw", "terms")]
WRITERS = 7601
"""The advisory lock that whoever stores statements holds together: see store.postgresql."""


def keep_writers_out(db: Connection) -> None:
    """Nobody stores statements until this transaction ends; who is about to waits before looking anything up."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS})


def statements_naming(
    db: Connection, learner_ids: Collection[int], ifis: Collection[str]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, id, learner_id, raw) of whatever is by these learners or may name one of the identifiers, in order of seq.

    Names are looked up by short digests: somebody else's statement may be among them.
    """
    s = statement.c
    seqs = set(db.scalars(select(s.seq).where(s.learner_id.in_(list(learner_ids)))))
    seqs.update(row.seq for row in rows_among(db, select(s.seq), s.ifi, ifis))
    terms = [term(kind, ifi) for kind in (AGENT, RELATED_AGENT) for ifi in ifis]
    seqs.update(row.seq for row in rows_among(db, select(related.c.seq), related.c.term, terms))
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


def delete_statements(db: Connection, seqs: Iterable[int]) -> int:
    """With what they are found by. How many there were."""
    gone = 0
    for chunk in chunks(seqs):
        db.execute(delete(related).where(related.c.seq.in_(chunk)))
        gone += db.execute(delete(statement).where(statement.c.seq.in_(chunk))).rowcount
    return gone


def replace_statements(db: Connection, new: Mapping[int, tuple[bytes, set[int]]]) -> None:
    """Other words and terms at the same place, by seq; ids, times and whose they are stay."""
    for chunk in chunks(new):
        rows = db.execute(select(statement).where(statement.c.seq.in_(chunk)).order_by(statement.c.seq)).all()
        kept = [{name: getattr(row, name) for name in _FIELDS} for row in rows]
        changed = [
            NewStatement(raw=new[row.seq][0], terms=new[row.seq][1], **fields)
            for row, fields in zip(rows, kept, strict=True)
        ]
        delete_statements(db, chunk)
        add_statements(db, changed, [row.seq for row in rows])
        for row in rows:
            if row.voided_by is not None:
                db.execute(update(statement).where(statement.c.seq == row.seq).values(voided_by=row.voided_by))


def raws_after(db: Connection, seq: int) -> Iterator[Row[*tuple[Any, ...]]]:
    """(seq, raw) of all statements after that one, in order; held open as a stream."""
    query = select(statement.c.seq, statement.c.raw).where(statement.c.seq > seq).order_by(statement.c.seq)
    yield from db.execute(query.execution_options(yield_per=2000))
