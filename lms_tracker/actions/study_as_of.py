"""Study ledgers as they were at any instant."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import Engine

from lms_tracker.actions.derive_ledgers import derive_ledgers
from lms_tracker.core.study.entries import Entry
from lms_tracker.store.db import reading
from lms_tracker.store.evidence import changed_since
from lms_tracker.store.ledger import entries_in_force


def study_as_of(db: Engine, learner_ids: Iterable[int], as_of: datetime) -> Iterator[tuple[int, list[Entry]]]:
    """(learner id, entries) of each learner: what the evidence stored by `as_of` supports under the policies adopted by then.

    Learners about whom nothing came or was decided since are read from the ledger; for the others the engine runs again
    over what was known then.
    """
    wanted = sorted(set(learner_ids))
    with reading(db) as tx:
        changed = changed_since(tx, wanted, as_of)
        posted = {
            learner: list(entries)
            for learner, entries in groupby(
                entries_in_force(tx, [learner for learner in wanted if learner not in changed]),
                key=lambda entry: entry.learner_id,
            )
        }
        posted |= derive_ledgers(tx, changed, as_of)
    for learner in wanted:
        yield learner, posted.get(learner, [])
