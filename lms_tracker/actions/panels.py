"""Seating experts over a piece of research output, their levels, and the chair's word; what counts follows at once."""

from datetime import datetime

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.counted import keep_counted
from lms_tracker.actions.declare import standing
from lms_tracker.core.grading.kinds import LONGEST_ITEM, PLACES, Achieved
from lms_tracker.core.panel import LEVELS
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible
from lms_tracker.store import declarations
from lms_tracker.store import panels as store
from lms_tracker.store.db import writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.people import accounts_of_learner

MAX_WORDS = 2000


def seat_expert(db: Engine, declaration_id: int, account_id: int, *, third: bool, by: int, now: datetime) -> None:
    """Ask an expert of the programme to grade it. Raises NotAllowed: `not-confirmed`, `stranger` (no expert there), `own`,
    `seated`, `graded` (the panel has begun: only a third expert can come in), `no-third` (the panel does not disagree)."""
    try:
        with writing(db) as tx:
            hold_who_is_who(tx)
            row = _confirmed(tx, declaration_id)
            if account_id in accounts_of_learner(tx, row.owner):
                raise NotAllowed("own")
            if account_id not in {one.id for one in store.experts_of(tx, row.programme_id)}:
                raise NotAllowed("stranger")
            seats = store.seats_of(tx, declaration_id)
            if third and (
                store.ruling_on(tx, declaration_id).rule != "third-needed" or any(s.part == "third" for s in seats)
            ):
                raise NotAllowed("no-third")
            if not third and any(seat.level is not None for seat in seats):
                raise NotAllowed("graded")
            store.add_seat(tx, declaration_id, account_id, "third" if third else "expert", by, now)
    except IntegrityError as e:
        raise NotAllowed("seated") from e


def grade_output(db: Engine, declaration_id: int, level: str, *, words: str, by: int, now: datetime) -> None:
    """An expert's level, with a comment for the author. It may be changed until the panel has come to a level.

    Raises NotAllowed: `not-seated`, `own`, `level`, `words`, `settled`, `not-confirmed`.
    """
    words = legible(words)
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = _confirmed(tx, declaration_id)
        if by in accounts_of_learner(tx, row.owner):
            raise NotAllowed("own")
        seat = store.seat_of(tx, declaration_id, by)
        if seat is None:
            raise NotAllowed("not-seated")
        if level not in LEVELS:
            raise NotAllowed("level")
        if not 0 < len(words) <= MAX_WORDS:
            raise NotAllowed("words")
        if store.ruling_on(tx, declaration_id).level is not None:
            raise NotAllowed("settled")
        store.put_grade(tx, seat.id, level, words, now)
        count_output(tx, row, by, now)


def rule_output(db: Engine, declaration_id: int, level: str, *, words: str, by: int, now: datetime) -> None:
    """The chair's word, which stands above the panel's. Raises NotAllowed: `own`, `level`, `words`, `not-confirmed`,
    `not-seated` (no panel has graded anything yet)."""
    words = legible(words)
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = _confirmed(tx, declaration_id)
        if by in accounts_of_learner(tx, row.owner):
            raise NotAllowed("own")
        if level not in LEVELS:
            raise NotAllowed("level")
        if not 0 < len(words) <= MAX_WORDS:
            raise NotAllowed("words")
        if not any(seat.level is not None for seat in store.seats_of(tx, declaration_id)):
            raise NotAllowed("not-seated")
        store.put_ruling(tx, declaration_id, level, words, by, now)
        count_output(tx, row, by, now)


def count_output(tx: Connection, row: Row, by: int, now: datetime, *, confirmed: bool = True) -> None:
    """What a piece of output comes to: a paper that was published, and the level that experts gave it."""
    source, wanted = f"research:{row.id}", []
    if confirmed and row.happened_on is not None:
        said = declarations.facts(row)
        item = f"{row.title}（{row.id}）"[-LONGEST_ITEM:]
        common = {"learner_id": row.owner, "item": item, "happened_on": row.happened_on, "source": source}
        if said.get("form") == "paper" and said.get("level") in PLACES:
            wanted.append(Achieved(kind="publication", level=said["level"], **common))
        level = store.ruling_on(tx, row.id).level
        if level is not None:
            wanted.append(Achieved(kind="research", level=level, **common))
    keep_counted(tx, row.programme_id, source, wanted, reason="research output", by=by, now=now, only=row.owner)


def _confirmed(tx: Connection, declaration_id: int) -> Row:
    row = standing(tx, declaration_id)
    if row.kind != "research" or row.state != "confirmed":
        raise NotAllowed("not-confirmed")
    return row
