"""What was decided about a person's study time, and the person's appeals: to be counted, taken along, and forgotten."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, select

from lms_tracker.store.decisions import decode_signals
from lms_tracker.store.tables import appeal, appeal_file, appeal_statement, decision, reminder, unposted_decision


def count_reviews(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """How many decisions and appeals there are."""
    return {
        what: db.scalar(select(func.count()).select_from(table).where(table.c.learner_id.in_(ids))) or 0
        for what, table in (("decisions", decision), ("appeals", appeal))
    }


def forget_reviews(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """Deletes them with words, files, statements and reminders: the ledger stands as it is. How many there were."""
    counts = count_reviews(db, ids)
    theirs = select(appeal.c.id).where(appeal.c.learner_id.in_(ids))
    decided = select(decision.c.id).where(decision.c.learner_id.in_(ids))
    db.execute(delete(reminder).where(reminder.c.learner_id.in_(ids)))
    db.execute(delete(reminder).where(reminder.c.hold_id.in_(decided) | reminder.c.appeal_id.in_(theirs)))
    for table in (appeal_file, appeal_statement):
        db.execute(delete(table).where(table.c.appeal_id.in_(theirs)))
    db.execute(delete(appeal).where(appeal.c.learner_id.in_(ids)))
    db.execute(delete(unposted_decision).where(unposted_decision.c.decision_id.in_(decided)))
    db.execute(delete(decision).where(decision.c.learner_id.in_(ids)))
    return counts


def decisions_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What was decided, with signals and words; not by whom: that is the other person's."""
    d = decision.c
    columns = (
        d.activity,
        d.session,
        d.registration,
        d.start_us,
        d.end_us,
        d.kind,
        d.reason,
        d.words,
        d.model,
        d.decided_at,
    )
    query = select(d.id, *columns, d.signals, d.replaces).where(d.learner_id.in_(ids)).order_by(d.id)
    return [row._asdict() | {"signals": decode_signals(row.signals)} for row in db.execute(query)]


def appeals_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """The person's appeals with what was said on them, the outcome, and the names of the files."""
    a, s, f = appeal.c, appeal_statement.c, appeal_file.c
    columns = (
        a.id,
        a.activity,
        a.session,
        a.date,
        a.about,
        a.amount_us,
        a.words,
        a.filed_at,
        a.outcome,
        a.outcome_words,
    )
    found = []
    for row in db.execute(select(*columns, a.decided_at).where(a.learner_id.in_(ids)).order_by(a.id)):
        said = db.execute(select(s.role, s.words, s.made_at).where(s.appeal_id == row.id).order_by(s.id))
        files = db.execute(select(f.id, f.name).where(f.appeal_id == row.id).order_by(f.id))
        names = [f"appeals/{row.id}-{file.id}-{file.name}" for file in files]
        found.append(row._asdict() | {"statements": [one._asdict() for one in said], "files": names})
    return found


def file_content(db: Connection, name: str) -> bytes:
    """Of a file by its name in `appeals_to_take_along`."""
    number = int(name.split("-")[1])
    return bytes(db.scalar(select(appeal_file.c.content).where(appeal_file.c.id == number)) or b"")
