"""Decisions about study time: an append-only table. What a decision changed in the ledger, the ledger's reversals say."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, union_all

from lms_tracker.core.study.decisions import Decision, Kind, SessionKey, Signal, Window
from lms_tracker.store.chunks import chunks, one_of
from lms_tracker.store.settling import mark_unsettled
from lms_tracker.store.tables import decision, identity_event, learner, unposted_decision

LAPSED = "lapsed"
"""Reason of the one release that no person makes: nobody decided in time."""
_signals = msgspec.json.Decoder(list[Signal])


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A decision to be recorded. `decided_by` None is the machine: it may hold, and release what nobody decided."""

    kind: Kind
    window: Window
    reason: str
    decided_by: int | None
    decided_at: datetime
    words: str | None = None
    signals: Sequence[Signal] = ()
    model: str | None = None
    replaces: int | None = None


def record_decision(db: Connection, learner_id: int, made: Made) -> int:
    """Its id. The learner is settled anew, and the reversals say why.

    Raises IntegrityError when another decision has replaced the same one, ValueError when a machine oversteps.
    """
    if made.decided_by is None and made.kind != "hold" and (made.kind, made.reason) != ("release", LAPSED):
        raise ValueError(f"a machine may hold, never {made.kind}")
    window = msgspec.structs.asdict(made.window)
    values = {"learner_id": learner_id, **window, "kind": made.kind, "reason": made.reason, "words": made.words}
    values |= {"decided_by": made.decided_by, "decided_at": made.decided_at, "replaces": made.replaces}
    values |= {"model": made.model, "signals": encode_signals(made.signals) if made.signals else None}
    id = int(db.execute(insert(decision).values(values).returning(decision.c.id)).scalar_one())
    head = db.scalar(select(learner.c.joined_into).where(learner.c.id == learner_id)) or learner_id
    db.execute(insert(unposted_decision).values(learner_id=head, decision_id=id))
    mark_unsettled(db, [head], made.decided_at)
    return id


def encode_signals(signals: Sequence[Signal]) -> str:
    """As they are stored."""
    return msgspec.json.encode(list(signals)).decode()


def decode_signals(stored: str | None) -> list[Signal]:
    """The weightiest first."""
    return sorted(_signals.decode(stored), key=lambda one: -one.weight) if stored else []


def decisions_of(
    db: Connection, learner_ids: Iterable[int], as_of: datetime | None = None
) -> dict[int, list[Decision]]:
    """What stands for the sessions of those learners who have any decision, now or at an instant: holds, and whatever no
    later decision has replaced."""
    found = {}
    for learner_id, rows in _decided(db, learner_ids).items():
        rows = [row for row in rows if as_of is None or row.decided_at <= as_of]
        replaced = {row.replaces for row in rows if row.replaces is not None}
        found[learner_id] = [decision_of(row) for row in rows if row.kind == "hold" or row.id not in replaced]
    return found


def decision_rows(db: Connection, learner_id: int) -> list[Row[Any]]:
    """All that was ever decided for a learner, replaced ones included, the earliest first."""
    return _decided(db, [learner_id]).get(learner_id, [])


def _decided(db: Connection, learner_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """Decisions stay with the learner for whom they were made: a learner's are also those of learners joined into this
    one, and those of the learner that it was split from, for sessions that have a name of their own."""
    e, l, d = identity_event.c, learner.c, decision.c
    found: dict[int, dict[int, Row[Any]]] = defaultdict(dict)
    for chunk in chunks(learner_ids):
        own = select(decision, d.learner_id.label("head")).where(one_of(db, d.learner_id, chunk))
        joined = select(decision, l.joined_into.label("head")).join(learner, l.id == d.learner_id)
        split = select(decision, e.to_learner.label("head")).join(identity_event, e.from_learner == d.learner_id)
        split = split.where(e.kind == "split", one_of(db, e.to_learner, chunk), d.session != "")
        for row in db.execute(union_all(own, joined.where(one_of(db, l.joined_into, chunk)), split)):
            found[row.head][row.id] = row
    return {head: [rows[id] for id in sorted(rows)] for head, rows in found.items()}


def decision_of(row: Row[Any]) -> Decision:
    """The decision in a row."""
    window = Window(row.activity, row.session, row.registration, row.start_us, row.end_us)
    return Decision(row.kind, window, row.reason, row.id)


def unposted_decisions(db: Connection, learner_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """Decisions that a learner's ledger does not follow yet, the earliest first."""
    u = unposted_decision.c
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for chunk in chunks(learner_ids):
        waiting = select(u.learner_id.label("head"), decision).join(decision, u.decision_id == decision.c.id)
        for row in db.execute(waiting.where(one_of(db, u.learner_id, chunk)).order_by(decision.c.id)):
            found[row.head].append(row)
    return found


def have_posted_decisions(db: Connection, learner_id: int, ids: Iterable[int]) -> None:
    """The ledger follows these decisions now."""
    u = unposted_decision.c
    for chunk in chunks(ids):
        db.execute(delete(unposted_decision).where(u.learner_id == learner_id, u.decision_id.in_(chunk)))


def causes_of(rows: Iterable[Row[Any]]) -> dict[SessionKey, str]:
    """What the ledger says of entries of these sessions that are reversed."""
    causes: dict[SessionKey, list[str]] = {}
    for row in rows:
        causes.setdefault((row.activity, row.session, row.registration), []).append(cause_of(row))
    return {key: "; ".join(several) for key, several in causes.items()}


def cause_of(row: Row[Any]) -> str:
    """Why the decision in a row changed an entry: what, by whom, why. With a colon: an erasure takes out the words."""
    if row.kind == "hold":
        return f"hold {row.id}: {', '.join(signal.key for signal in decode_signals(row.signals)) or row.reason}"
    done = {"release": "released", "reject": "rejected", "grant": f"granted ({row.reason})"}[row.kind]
    if row.reason == LAPSED:
        return f"{done} by decision {row.id}: nobody decided in time"
    who = "somebody" if row.decided_by is None else f"account {row.decided_by}"  # erased meanwhile
    return f"{done} by {who}, decision {row.id}: {row.words or row.reason}"
