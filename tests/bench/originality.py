"""`originality.*`: works of 3,000 Chinese characters, read and compared as the worker does, on PostgreSQL.

Every hundredth has a passage of 300 characters from another one: both must be found, or there is no figure.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from lms_tracker.actions.compare_texts import Comparer
from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store import tables as t
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.originality import count_unread
from tests import services
from tests.bench.figures import Figure, median, seconds
from tests.core.originality.writer import prose

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MANY, LENGTH, NEW, PASSAGE = 10_000, 3_000, 20, 300


def measure() -> Iterator[Figure]:
    """All at once from nothing, then one after the other; of those the slowest is reported."""
    rng = random.Random("originality")
    with services.postgresql() as server:
        db = open_db(server.render_as_string(hide_password=False))
        upgrade_database(db)
        assignment = _assignment(db)
        texts: list[str] = []
        for n in range(MANY + NEW):
            text = prose(rng, LENGTH)
            if n % 100 == 99:
                text = text[:1000] + texts[n - 50][1500 : 1500 + PASSAGE] + text[1000 + PASSAGE :]
            texts.append(text)
        _hand_in(db, assignment, texts[:MANY], 0)
        comparer = Comparer(db)
        took = seconds(lambda: _compare(comparer))
        each = []
        for n, text in enumerate(texts[MANY:], MANY):
            _hand_in(db, assignment, [text], n)
            each.append(seconds(lambda: _compare(comparer)))
        found = _found(db)
        db.dispose()
    detail = f"{MANY} texts of {LENGTH} characters; {found} pairs found, {MANY // 100} planted"
    if found < MANY // 100:
        raise RuntimeError(detail)
    yield Figure("originality.10000_s", took, "s", "lower", detail, 120)
    one = f"one more after {MANY}, the slowest of {NEW}; median {median(each) * 1000:.0f} ms"
    yield Figure("originality.one_ms", max(each) * 1000, "ms", "lower", one, 100)


def _compare(comparer: Comparer) -> None:
    while comparer.run(lambda: NOW):
        pass


def _assignment(db: Engine) -> int:
    programme = create_programme(db, "bench", "bench", "p1-principals", NOW.date(), NOW.date(), "bureau", now=NOW)
    with writing(db) as tx:
        row = {"programme_id": programme, "component": "assignments", "title": "one"}
        return int(tx.execute(insert(t.assignment).values(row).returning(t.assignment.c.id)).scalar_one())


def _hand_in(db: Engine, assignment: int, texts: list[str], first: int) -> None:
    """Of a learner each."""
    ids = range(first + 1, first + len(texts) + 1)
    with writing(db) as tx:
        tx.execute(insert(t.learner), [{"id": id, "actor": "{}", "created_at": NOW} for id in ids])
        row = {"assignment_id": assignment, "version": 1, "receipt": "", "handed_in_at": NOW}
        works = [{"id": id, "learner_id": id, "text": text, **row} for id, text in zip(ids, texts, strict=True)]
        tx.execute(insert(t.submission), works)
        tx.execute(insert(t.unread_text), [{"submission_id": id, "since": NOW} for id in ids])


def _found(db: Engine) -> int:
    with reading(db) as tx:
        assert count_unread(tx) == 0
        return len(tx.execute(select(t.text_match.c.one_id)).all())
