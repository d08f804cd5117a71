"""Folding posting lists changes no answer: not before, not meanwhile, not afterwards, whatever else happens."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest
from alembic import command
from sqlalchemy import Connection, Engine, func, select, text

from lms_tracker.actions.fold_postings import NEW, fold_postings
from lms_tracker.actions.ingest import ingest
from lms_tracker.core.instants import to_us
from lms_tracker.core.xapi.terms import RELATED_AGENT, term
from lms_tracker.store import postings
from lms_tracker.store.db import asking, reading, writing
from lms_tracker.store.migrations import _config
from lms_tracker.store.posting_runs import FULL, rows_in
from lms_tracker.store.statement_edits import keep_writers_out, replace_statements
from lms_tracker.store.statement_queries import Query, find_statements
from lms_tracker.store.statements import delete_statements
from lms_tracker.store.tables import posting, posting_run, statement
from tests.patience import PATIENCE_S, wait_until
from tests.store.test_postings import ACTIVITIES, NOW, PEOPLE, REGISTRATIONS, VERBS, Kept, expected, make

LATER = NOW + timedelta(days=1)


def _fold(db: Engine, many: int | None = None, start: int = postings.FIRST_TERM) -> None:
    """All; or the next `many` rows."""
    if many is None:
        fold_postings(db, LATER)
        return
    with writing(db) as tx:
        assert postings.may_fold(tx)
        postings.fold(tx, to_us(LATER), start, many)


def _query(rng: random.Random) -> Query:
    wide = rng.random() < 0.5
    return Query(
        agent=rng.choice([None, None, *PEOPLE[:2]]),
        verb=rng.choice([None, *VERBS]),
        activity=rng.choice([None, *ACTIVITIES[:2]]),
        registration=rng.choice([None, None, REGISTRATIONS[0]]),
        related_agents=wide,
        related_activities=wide,
        since=rng.choice([None, NOW + timedelta(seconds=rng.randrange(600))]),
        until=rng.choice([None, NOW + timedelta(seconds=rng.randrange(600))]),
        ascending=rng.random() < 0.5,
        limit=rng.choice([3, 20, 1000]),
    )


class Record:
    """A record that things happen to, and what should be in it."""

    def __init__(self, db: Engine, rng: random.Random) -> None:
        self.db, self.rng, self.made = db, rng, 0
        self.kept: list[Kept] = []

    def store(self, size: int, *, plain: bool = False) -> None:
        """A batch, of which each statement may have an instant of its own, between those that are there. `plain`: none
        refers to others."""
        made = [make(self.rng, self.made + n) for n in range(size)]
        there = {one["id"] for one in made} | {one["id"] for _, _, one in self.kept}
        for one in made:
            if one["object"].get("objectType") == "StatementRef" and (plain or one["object"]["id"] not in there):
                one |= {"object": {"id": ACTIVITIES[0]}, "verb": {"id": VERBS[0]}}
        self.made += size
        at = NOW + timedelta(seconds=self.rng.randrange(600))
        own = self.rng.random() < 0.5
        times = [at + timedelta(microseconds=self.rng.randrange(9_000_000)) if own else at for _ in made]
        with reading(self.db) as tx:
            last = tx.scalar(select(func.max(statement.c.seq))) or 0
        ingest(self.db, made, credential=None, evidence="declared", now=at, stored=times)
        with reading(self.db) as tx:
            query = select(statement.c.id, statement.c.stored, statement.c.seq).where(statement.c.seq > last)
            rows = {str(row.id): row for row in tx.execute(query)}
        self.kept += [(rows[one["id"]].stored, rows[one["id"]].seq, one) for one in made]

    def delete(self) -> None:
        """Some that no other refers to."""
        named = {one["object"]["id"] for _, _, one in self.kept if one["object"].get("objectType") == "StatementRef"}
        able = [seq for _, seq, one in self.kept if one["id"] not in named and one["verb"]["id"] in VERBS]
        gone = set(self.rng.sample(able, min(len(able), self.rng.choice([1, 5, 60]))))
        with writing(self.db) as tx:
            keep_writers_out(tx)
            assert delete_statements(tx, gone) == len(gone)
        self.kept = [one for one in self.kept if one[1] not in gone]

    def fold(self) -> None:
        """A few rows of any term."""
        _fold(self.db, self.rng.choice([1, 7, 100]), self.rng.randrange(-(2**63), 2**63))

    def ask(self) -> None:
        """Page by page, while rows are folded and more comes in."""
        query, found = _query(self.rng), list[int]()
        wanted = expected(query, self.kept)
        while True:
            with asking(self.db) as tx:
                page, query.after = find_statements(tx, query)
            found += [one.seq for one in page]
            if query.after is None:
                break
            self.fold()
            if self.rng.random() < 0.1:
                self.store(3, plain=True)
        assert found == wanted, query


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_a_record_its_answers_are_those_of_a_look_at_every_statement(
    any_db: Engine, seed: int
) -> None:
    rng = random.Random(seed)
    record = Record(any_db, rng)
    record.store(40)
    happens = [record.ask] * 4 + [record.fold] * 3 + [record.delete]
    happens += [lambda: record.store(1), lambda: record.store(1), lambda: record.store(150)]
    for _ in range(60):
        rng.choice(happens)()
    _require_order(any_db)
    _fold(any_db)
    for _ in range(20):
        record.ask()
    with reading(any_db) as tx:
        assert _members(tx) == {seq for _, seq, _ in record.kept}


def _members(tx: Connection) -> set[int]:
    """Numbers of all statements that something is found by."""
    rows = [row for run in _runs(tx) for row in rows_in((run[1], run[2], run[3]))]
    rows += [(to_us(row.stored), row.seq, row.members) for row in tx.execute(select(posting))]
    return {number for _, first, distances in rows for number in postings.members(first, distances)}


def _runs(tx: Connection) -> list[tuple[int, int, int, bytes]]:
    query = select(posting_run).order_by(posting_run.c.term, posting_run.c.stored)
    return [(row.term, to_us(row.stored), row.seq, row.members) for row in tx.execute(query)]


def _require_order(db: Engine) -> None:
    """Of each term no run begins before another ends."""
    with reading(db) as tx:
        runs = _runs(tx)
    for (of, *one), (next_of, begin, *_) in pairwise(runs):
        assert of != next_of or rows_in((one[0], one[1], one[2]))[-1][0] < begin


def test_a_record_is_folded_once_and_nothing_that_is_new(any_db: Engine) -> None:
    record = Record(any_db, random.Random(1))
    for size in (1, 1, 30, 1, 200):
        record.store(size)
    newest = max(at for at, _, _ in record.kept)
    with reading(any_db) as tx:
        count = tx.scalar(select(func.count()).select_from(posting).where(posting.c.stored < newest))
    assert fold_postings(any_db, newest + NEW) == count
    assert fold_postings(any_db, newest + NEW) == 0
    with reading(any_db) as tx:
        assert set(tx.scalars(select(posting.c.stored))) == {newest}
        assert len(_runs(tx)) < count / 4


def test_what_joins_a_list_later_moves_no_full_run(any_db: Engine) -> None:
    def store(start: int, count: int) -> list[tuple[int, int, int, bytes]]:
        with writing(any_db) as tx:
            postings.add(tx, [(5, 1000 * n, n, b"") for n in range(start, start + count)])
        _fold(any_db)
        with reading(any_db) as tx:
            return _runs(tx)

    one = store(1, FULL + 10)
    two = store(1000, 10)
    assert [len(rows_in((at, seq, packed))) for _, at, seq, packed in two] == [FULL, 20]
    assert one[0] == two[0]
    three = store(FULL + 100, 5)
    assert [len(rows_in((at, seq, packed))) for _, at, seq, packed in three] == [FULL, 25]
    four = store(2000, FULL)
    assert [len(rows_in((at, seq, packed))) for _, at, seq, packed in four] == [FULL, FULL, 25]


def test_other_words_at_the_same_place_are_found_by_what_they_say_now(any_db: Engine) -> None:
    record = Record(any_db, random.Random(2))
    record.store(300)
    _fold(any_db)
    before, after = term(RELATED_AGENT, PEOPLE[0]), term(RELATED_AGENT, "mbox:mailto:erased@example.org")
    with reading(any_db) as tx:
        named = postings.all_having(tx, [before])
        rows = tx.execute(select(statement.c.seq, statement.c.raw).where(statement.c.seq.in_(named)))
        raws = {row.seq: row.raw for row in rows}
    with writing(any_db) as tx:
        keep_writers_out(tx)
        replace_statements(tx, {seq: (raw, {after}) for seq, raw in raws.items()})
        assert not postings.all_having(tx, [before])
    for _ in range(2):
        with reading(any_db) as tx:
            assert postings.all_having(tx, [after]) == named != set()
            entries = [(to_us(at), seq) for at, seq, _ in record.kept]
            assert postings.having(tx, [after], entries) == named
        _fold(any_db)
        _require_order(any_db)


def test_an_instant_of_many_rows_stays_whole(any_db: Engine) -> None:
    with writing(any_db) as tx:
        postings.add(tx, [(5, 1000, 300 * n, b"\x01") for n in range(1, 3 * FULL)])
        postings.add(tx, [(5, at, 7 + at, b"") for at in (1, 2, 999, 1001, 3000)])
    for start in range(0, 4 * FULL, 50):
        with reading(any_db) as tx:
            for ascending in (True, False):
                walked = list(postings.walk(tx, 5, 1, 2999, ascending=ascending))
                assert [at for at, _ in walked] == [2, 999, 1000, 1001][:: 1 if ascending else -1]
                assert sum(len(seqs) for _, seqs in walked) == 3 + 2 * (3 * FULL - 1), start
        _fold(any_db, 50)


def test_whoever_removes_and_whoever_folds_wait_for_one_another(pg: Engine) -> None:
    record = Record(pg, random.Random(3))
    record.store(50)
    with writing(pg) as folding:
        assert postings.may_fold(folding)
        assert postings.fold(folding, to_us(LATER), postings.FIRST_TERM, 10)[0] == 10
        assert fold_postings(pg, LATER) == 0
        record.store(1)  # nobody who stores waits
        removing = threading.Thread(target=record.delete)
        removing.start()
        wait_until(lambda: _is_waiting(pg))
    removing.join(PATIENCE_S)
    with reading(pg) as tx:
        assert _members(tx) == {seq for _, seq, _ in record.kept}
    with writing(pg) as tx:
        postings.hold_still(tx)
        assert fold_postings(pg, LATER) == 0
    assert fold_postings(pg, LATER) > 0


def _is_waiting(db: Engine) -> bool:
    with reading(db) as tx:
        return bool(tx.scalar(text("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")))


def test_while_everybody_stores_folds_removes_and_reads_nothing_is_missed_or_told_twice(any_db: Engine) -> None:
    """Readers walk a list that grows at its end, is folded at its begin and loses some, page by page, by single questions."""
    stop = threading.Event()
    faults: list[str] = []
    stored: list[int] = []
    gone: set[int] = set()

    def one(n: int) -> dict[str, Any]:
        verb = {"id": VERBS[n % 2]}
        return {
            "id": str(UUID(int=n + 1)),
            "actor": {"mbox": PEOPLE[n % 4][5:]},
            "verb": verb,
            "object": {"id": ACTIVITIES[n % 4]},
        }

    def store() -> None:
        for n in range(400):
            ingest(any_db, [one(n)], credential=None, evidence="declared", now=NOW + timedelta(seconds=n))
            stored.append(n)

    def fold() -> None:
        while not stop.is_set():
            fold_postings(any_db, NOW + timedelta(seconds=len(stored)), most_s=0.1)
            time.sleep(0.01)

    def remove() -> None:
        while not stop.is_set():
            if len(stored) > 20:
                leaving = random.choice(stored[:-10])
                if leaving % 3 == 0 and leaving not in gone:
                    gone.add(leaving)
                    with writing(any_db) as tx:
                        keep_writers_out(tx)
                        seqs = set(tx.scalars(select(statement.c.seq).where(statement.c.id == UUID(int=leaving + 1))))
                        assert delete_statements(tx, seqs) == 1
            time.sleep(0.02)

    def read(ascending: bool) -> None:
        while not stop.is_set():
            must = {n for n in stored[:] if n % 2 == 0 and n % 3}  # were there, and are never removed
            query, told = Query(verb=VERBS[0], limit=7, ascending=ascending), list[int]()
            while True:
                with asking(any_db) as tx:
                    page, query.after = find_statements(tx, query)
                told += [int(UUID(msgspec.json.decode(raw)["id"])) - 1 for raw in page.raws]
                if query.after is None:
                    break
            if len(set(told)) != len(told) or told != sorted(told, reverse=not ascending):
                faults.append(f"twice or out of order: {told}")
            if not must <= set(told):
                faults.append(f"missed: {sorted(must - set(told))}")

    works = (fold, fold, remove, partial(read, True), partial(read, False))
    with ThreadPoolExecutor(len(works)) as threads:
        begun = [threads.submit(work) for work in works]
        try:
            store()
        finally:
            stop.set()
        for one_of_them in begun:
            one_of_them.result()
    assert faults == []
    _fold(any_db)
    _require_order(any_db)
    with reading(any_db) as tx:
        assert len(_members(tx)) == tx.scalar(select(func.count()).select_from(statement)) == 400 - len(gone)


def test_whoever_goes_back_a_release_finds_every_row_as_it_came(any_db: Engine) -> None:
    record = Record(any_db, random.Random(4))
    for size in (100, 1, 1, 1):
        record.store(size)
    by_key = select(posting).order_by(posting.c.term, posting.c.stored, posting.c.seq)
    with reading(any_db) as tx:
        before = tx.execute(by_key).all()
    _fold(any_db)
    with writing(any_db) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.downgrade(config, "0031")
    with reading(any_db) as tx:
        assert tx.execute(by_key).all() == before
