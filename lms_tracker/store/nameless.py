"""People of whom no name is known: what their newest statements call them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, update

from lms_tracker.core.xapi.actors import display_name
from lms_tracker.core.xapi.scopes import DEFINE, may
from lms_tracker.store.driver import rows
from lms_tracker.store.packing import unpack_one
from lms_tracker.store.tables import learner

NEWEST = 20
"""Statements of one person that are looked at: most sources say the name in each, or in none."""


class _WithActor(msgspec.Struct):
    actor: dict[str, Any]


_actor = msgspec.json.Decoder(_WithActor).decode


def names_brought(db: Connection, learner_ids: Iterable[int]) -> dict[int, str]:
    """Of those of these learners who wait to be settled and have no name: what the newest statement says that names them.

    A key without the scope `define` changes nothing that is known of anybody (Communication 4.2).
    """
    waiting = rows(db, _NAMELESS, learners=sorted(learner_ids))
    seqs = [seq for _, new in waiting if new is not None for seq in sorted(map(int, new.split(",")))[-NEWEST:]]
    anything = [learner_id for learner_id, new in waiting if new is None]
    if anything:
        seqs += [seq for (seq,) in rows(db, _LAST, learners=anything) if seq is not None]
    nameless = {learner_id for learner_id, _ in waiting}
    found = {}
    for learner_id, raw, scopes in rows(db, _SAID, seqs=[seq for seq in seqs if seq > 0]) if seqs else ():
        allowed = scopes is None or may(scopes.split(), DEFINE)  # None: the operator's
        if learner_id in nameless and allowed and (name := display_name(_actor(unpack_one(raw)).actor)):
            found[learner_id] = name
    return found


_NAMELESS = """
    SELECT l.id, u.seqs FROM learner l JOIN unsettled u ON u.learner_id = l.id
    WHERE l.id = ANY(:learners) AND l.name IS NULL AND l.erased_at IS NULL
"""
_LAST = "SELECT (SELECT max(s.seq) FROM statement s WHERE s.learner_id = i.value) FROM EACH(:learners) i"
_SAID = """
    SELECT s.learner_id, s.raw, c.scopes FROM statement s LEFT JOIN credential c ON c.id = s.credential_id
    WHERE s.seq = ANY(:seqs) AND s.voided_by IS NULL ORDER BY s.seq
"""


def name_the_nameless(db: Connection, names: Mapping[int, str]) -> None:
    """Whoever was given a name meanwhile, by hand or by a roster, keeps that one."""
    still = (learner.c.id == bindparam("of")) & learner.c.name.is_(None) & learner.c.erased_at.is_(None)
    db.execute(
        update(learner).where(still).values(name=bindparam("as")), [{"of": id, "as": names[id]} for id in sorted(names)]
    )
