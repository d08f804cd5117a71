"""Keep what statements say about activities; what this process has kept already is not written again and again."""

import threading
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from lms_tracker.core.xapi.definitions import Said
from lms_tracker.store.definitions import add_definitions

_MOST = 100_000
_kept: WeakKeyDictionary[Engine, set[tuple[str, str]]] = WeakKeyDictionary()
_lock = threading.Lock()


def learn_activities(db: Engine, tx: Connection, said: Said, now: datetime) -> None:
    """In the transaction that stores the statements."""
    kept = _kept.get(db, set())
    add_definitions(tx, {key: raw for key, raw in said.items() if key not in kept}, now)


def have_learned(db: Engine, said: Said) -> None:
    """Once that transaction is committed."""
    with _lock:
        kept = _kept.setdefault(db, set())
        if len(kept) > _MOST:
            kept = _kept[db] = set()
        kept.update(said)
