"""`grade.*`: P1 of many learners from ledgers and marks, on PostgreSQL; and one of them with the explanation."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from random import Random

from sqlalchemy import Connection, Engine, text

from lms_tracker.actions.grade import grade_share
from lms_tracker.actions.grade_explained import grade_explained
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db, writing
from tests import services
from tests.bench.figures import Figure, median, seconds

FEW, MANY, CORES = 10_000, 100_000, 2
ENTRIES, WORKS, ASKED = 40, 7, 1_000
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def measure() -> Iterator[Figure]:
    """Two programmes with the same rules: a few thousand learners, and as many as the goal names."""
    with services.postgresql() as server:
        url = server.render_as_string(hide_password=False)
        db = open_db(url)
        upgrade_database(db)
        for programme, learners in ((1, FEW), (2, MANY)):
            with writing(db) as tx:
                _fill(tx, programme, learners)
        with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("spawn")) as pool:
            _grade_all(pool, url, 1)  # processes are started, the disk's pages known
            few = median(seconds(lambda: _grade_all(pool, url, 1)) for _ in range(3))
            many = seconds(lambda: _grade_all(pool, url, 2))
        each = sorted(_explained(db))
        db.dispose()
    detail = f"{MANY} learners, {ENTRIES} ledger entries and {WORKS} marks each, {CORES} processes: {many:.1f} s"
    yield Figure("grade.learners_per_s", MANY / many, "learners/s", "higher", detail, 1_700)
    linear = f"seconds a learner at {MANY} / at {FEW} ({few:.1f} s)"
    yield Figure("grade.linearity", many / MANY / (few / FEW), "ratio", "lower", linear, 1.1)
    told = f"{ASKED} learners of {MANY} one by one; median {median(each) * 1000:.1f} ms"
    yield Figure("grade.explain_p99_ms", each[int(len(each) * 0.99)] * 1000, "ms", "lower", told, 30)


def _grade_all(pool: ProcessPoolExecutor, url: str, programme: int) -> None:
    done = list(pool.map(_grade, [url] * CORES, [programme] * CORES, range(CORES)))
    assert sum(done) == (FEW if programme == 1 else MANY)


def _grade(url: str, programme: int, which: int) -> int:
    """How many of the share have a grade above 0."""
    db = open_db(url)
    graded = sum(1 for _, grade in grade_share(db, programme, NOW, (which, CORES)) if grade.final > 0)
    db.dispose()
    return graded


def _explained(db: Engine) -> Iterator[float]:
    random = Random(1)
    for learner in random.sample(range(FEW + 1, FEW + MANY + 1), ASKED):
        yield seconds(lambda learner=learner: grade_explained(db, 2, learner, NOW))  # type: ignore[misc]


def _fill(tx: Connection, programme: int, learners: int) -> None:
    """Classes of 40; each learner has ENTRIES lessons of 45 minutes and a mark for each piece of work."""
    first = 0 if programme == 1 else FEW
    given = {"p": programme, "n": learners, "first": first, "entries": ENTRIES, "works": WORKS}
    for sql in _SQL:
        tx.execute(text(sql), {key: value for key, value in given.items() if f":{key}" in sql})


_SQL = (
    """INSERT INTO programme (id, slug, name, policy, starts_on, ends_on)
       VALUES (:p, 'p' || :p, 'P' || :p, 'p1-principals', '2026-01-01', '2026-12-31')""",
    """INSERT INTO cohort (id, programme_id, name)
       SELECT :first + i, :p, i || '班' FROM generate_series(1, :n / 40) i""",
    """INSERT INTO learner (id, name, actor, created_at)
       SELECT :first + i, '学员' || i, '{}', 0 FROM generate_series(1, :n) i""",
    """INSERT INTO enrolment (programme_id, cohort_id, learner_id, enrolled_on)
       SELECT :p, :first + 1 + (i - 1) / 40, :first + i, '2026-01-01' FROM generate_series(1, :n) i""",
    """INSERT INTO course (id, programme_id, title, kind, position)
       SELECT :p * 100 + i, :p, '课程' || i, CASE WHEN i <= 8 THEN 'required' ELSE 'elective' END, i
       FROM generate_series(1, 10) i""",
    """INSERT INTO activity (iri, course_id, title, kind, position)
       SELECT 'https://lms.example.edu/p' || :p || '/unit/' || i, :p * 100 + 1 + (i - 1) / 4, '单元' || i, 'video', i
       FROM generate_series(1, 40) i""",
    """INSERT INTO assignment (id, programme_id, component, title)
       SELECT :p * 100 + i, :p, CASE WHEN i < :works THEN 'assignments' ELSE 'research' END, '作业' || i
       FROM generate_series(1, :works) i""",
    """INSERT INTO ledger (learner_id, activity, session, registration, date, raw_us, credited_us, held_us, discounted,
                           intervals, evidence, policy, engine, posted_at)
       SELECT :first + i, 'https://lms.example.edu/p' || :p || '/unit/' || e, 's' || e, '', DATE '2026-01-05' + e * 7,
              2700000000, 2700000000 - (i * e) % 900 * 1000000, 0, '{}', '[]', 'declared', 'p1-principals@1', '1', 0
       FROM generate_series(1, :n) i, generate_series(1, :entries) e""",
    """INSERT INTO mark (assignment_id, learner_id, mark, marked_at)
       SELECT :p * 100 + w, :first + i, (50 + (i * w) % 50)::text, 1767600000000000
       FROM generate_series(1, :n) i, generate_series(1, :works) w""",
)
