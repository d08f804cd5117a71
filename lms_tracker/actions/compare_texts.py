"""Comparing every work with all others of its programme, as it comes in. A signal for markers: no mark follows from it.

Any number of processes may do it at once. Each first stores the prints of what it has read, then compares them with all
that are stored: of two works read at the same moment by two processes, the later to store sees the other.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.read_text import text_of
from lms_tracker.core.assignments.rubric import rubric_text
from lms_tracker.core.originality.candidates import Corpus, added, candidates, corpus_of
from lms_tracker.core.originality.overlap import Overlap, overlap
from lms_tracker.core.originality.prints import VERSION, Print, print_bytes, print_of
from lms_tracker.core.originality.text import Codes, Shingled, hashes_of, shingled
from lms_tracker.store import originality as store
from lms_tracker.store.assignments import setting_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.submissions import file_of, files_of

log = logging.getLogger(__name__)

BATCH = 100
HOLD = timedelta(minutes=10)
MOST_PROGRAMMES = 6
"""Whose prints are kept in memory at once: 10,000 works take about 30 MB."""


class Comparer:
    """Reads and compares what waits. It keeps prints in memory, and takes from the database what it lacks of them."""

    def __init__(self, db: Engine) -> None:
        self._db = db
        self._prints: OrderedDict[int, list[Corpus]] = OrderedDict()
        self._given: dict[int, Codes] = {}

    def run(self, clock: Callable[[], datetime]) -> int:
        """Compare up to BATCH works that wait: how many there were."""
        with writing(self._db) as tx:
            works = store.claim_unread(tx, BATCH, clock(), HOLD)
        if not works:
            return 0
        with reading(self._db) as tx:
            self._given = {id: _given(tx, id) for id in {work.assignment_id for work in works}}
            read = [_read(tx, work) for work in works]
        texts = {
            work.id: shingled(text, self._given[work.assignment_id])
            for work, (text, _) in zip(works, read, strict=True)
        }
        prints = {id: made for id, one in texts.items() if (made := print_of(one)) is not None}
        rows = [_row(work, *one, prints.get(work.id), clock()) for work, one in zip(works, read, strict=True)]
        with writing(self._db) as tx:
            store.add_prints(tx, rows)
        matches = [
            match
            for programme_id in sorted({work.programme_id for work in works})
            for match in self._matches(
                programme_id, [w for w in works if w.programme_id == programme_id], prints, texts
            )
        ]
        with writing(self._db) as tx:
            store.add_matches(tx, [match | {"found_at": clock()} for match in matches])
            store.done_reading(tx, texts)
        return len(works)

    def _matches(
        self, programme_id: int, works: Sequence[Row[Any]], prints: dict[int, Print], texts: dict[int, Shingled]
    ) -> list[dict[str, int]]:
        mine = {work.id: prints[work.id] for work in works if work.id in prints}
        with reading(self._db) as tx:
            pairs = candidates(corpus_of(list(mine), list(mine.values())), self._corpus(tx, programme_id))
            author = store.authors_of(tx, {id for pair in pairs for id in pair})
            pairs = {tuple(sorted(pair)) for pair in pairs if author.get(pair[0]) != author.get(pair[1])}  # type: ignore[misc]
            others = store.texts_of(tx, {id for pair in pairs for id in pair} - set(texts))
            known = texts | {
                id: shingled(row.text, self._given_of(tx, row.assignment_id)) for id, row in others.items()
            }
        found = []
        for one, other in sorted(pairs):
            if one in known and other in known:
                both = overlap(known[one], known[other])
                if both.worth_a_look:
                    found.append(_match(one, other, both))
        return found

    def _corpus(self, tx: Connection, programme_id: int) -> list[Corpus]:
        """All prints of a programme, in parts."""
        parts = self._prints.pop(programme_id, [])
        ids = np.concatenate([part.ids for part in parts] or [np.empty(0, np.int64)])
        highest = int(ids.max(initial=0))
        if store.print_sum(tx, programme_id, VERSION, highest) == (len(ids), int(ids.sum())):
            lacking = store.print_ids(tx, programme_id, VERSION, highest)
        else:  # another process stored one late, or somebody's work was erased
            parts, lacking = [], store.print_ids(tx, programme_id, VERSION)
        new = store.prints_of(tx, lacking)
        if new:
            made = [Print(np.frombuffer(row.marks, "<u4"), np.frombuffer(row.signature, "<u4")) for row in new]
            parts = added(parts, corpus_of([row.submission_id for row in new], made))
        self._prints[programme_id] = parts
        while len(self._prints) > MOST_PROGRAMMES:
            self._prints.popitem(last=False)
        return parts

    def _given_of(self, tx: Connection, assignment_id: int) -> Codes:
        if assignment_id not in self._given:
            self._given[assignment_id] = _given(tx, assignment_id)
        return self._given[assignment_id]


def compared(tx: Connection, one_id: int, other_id: int) -> tuple[Row[Any], Row[Any], Overlap] | None:
    """Two works with what they have in common, in passages of their texts; None where one of them was not read."""
    rows = store.texts_of(tx, [one_id, other_id])
    if len(rows) < 2:
        return None
    one, other = (shingled(rows[id].text, _given(tx, rows[id].assignment_id)) for id in (one_id, other_id))
    return rows[one_id], rows[other_id], overlap(one, other)


def _given(tx: Connection, assignment_id: int) -> Codes:
    """What everybody was given for an assignment: nobody copied it."""
    setting = setting_of(tx, assignment_id)
    if setting is None:
        return hashes_of()
    return _given_by(setting.terms.title, setting.terms.instructions, rubric_text(setting.terms.rubric))


@lru_cache(64)
def _given_by(*texts: str) -> Codes:
    return hashes_of(*texts)


def _read(tx: Connection, work: Row[Any]) -> tuple[str, list[str]]:
    """All text of a work, and the names of files that have none to be read."""
    parts, unread = [work.text] if work.text else [], []
    for file in files_of(tx, [work.id])[work.id]:
        row = file_of(tx, work.id, file.id)
        text = None if row is None else text_of(row.kind, bytes(row.content))
        if text is None:
            unread.append(file.name)
        else:
            parts.append(text)
    return "\n\n".join(parts), unread


def _row(work: Row[Any], text: str, unread: list[str], made: Print | None, now: datetime) -> dict[str, Any]:
    marks, signature = (None, None) if made is None else print_bytes(made)
    return {
        "submission_id": work.id, "programme_id": work.programme_id, "version": VERSION, "text": text,
        "unread": msgspec.json.encode(unread).decode(), "marks": marks, "signature": signature, "made_at": now,
    }  # fmt: skip


def _match(one: int, other: int, both: Overlap) -> dict[str, int]:
    shares = round(both.one_share * 1000), round(both.other_share * 1000)
    return {"one_id": one, "other_id": other, "same": both.same, "one_permille": shares[0], "other_permille": shares[1]}
