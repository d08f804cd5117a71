"""A person with everything that one can have, to be erased; and what is left afterwards."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, insert, select

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.actions.documents import put_document
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.erasure import is_sealed
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.xapi.documents import AGENT_PROFILE, STATE, Document, Place, Precondition
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import erasure_by_id
from lms_tracker.store.statement_queries import Query, find_statements
from tests.core.study.tape import Tape, real, statement
from tests.programme import add_programme

NOW = datetime(2026, 4, 5, tzinfo=UTC)


MBOX = "mailto:p1@example.org"


LI, WANG = {"mbox": MBOX, "name": "李一凡"}, {"mbox": "mailto:p2@example.org", "name": "王二妮"}


VIDEO = {"id": "https://lms.example.edu/video/1"}


USED = {"usageType": "urn:work", "display": {"zh": "作业"}, "contentType": "text/plain"}


def said(actor: Any, target: Any = None, **more: Any) -> dict[str, Any]:
    verb = {"id": "https://w3id.org/xapi/adb/verbs/read"}
    return {"id": str(uuid4()), "actor": actor, "verb": verb, "object": target or VIDEO, **more}


def send(db: Engine, statements: list[dict[str, Any]], data: dict[str, bytes] | None = None, **more: Any) -> None:
    raws = [json.dumps(one, ensure_ascii=False).encode() for one in statements]
    ingest(db, raws, credential=None, evidence="declared", now=NOW, with_data=data, **more)


def attached(data: bytes) -> dict[str, Any]:
    return USED | {"length": len(data), "sha2": sha256(data).hexdigest()}


def study(actor: dict[str, Any], session: str) -> list[dict[str, Any]]:
    return [statement(real(event)) | {"actor": actor} for event in Tape(session).watch(600).events]


def fill(db: Engine) -> Engine:
    """Li (learner 1, about to be erased) and Wang (2) of one class, with all that can be held of either."""
    add_programme(db)
    with writing(db) as tx:
        for n, name in ((1, "李一凡"), (2, "王二妮")):
            row = {"login": f"p{n}", "name": name, "password_hash": "x", "session_token": "x", "learner_id": n}
            tx.execute(insert(t.account).values(row | {"id": n, "created_at": NOW}))
            tx.execute(insert(t.role).values(account_id=n, role="learner", programme_id=1))
            given = {"assignment_id": 1, "learner_id": n, "mark": Decimal(80 + n), "comment": f"{name}写得好"}
            tx.execute(insert(t.mark).values(given | {"marked_by": 1, "marked_at": NOW}))
            for kind, item in (("publication", f"{name}谈评课"), ("birth", f"{name}的生日")):
                level = "county" if kind == "publication" else None
                day = NOW.date()
                paper = Achieved(learner_id=n, kind=kind, item=item, level=level, happened_on=day, note=f"{name}的")
                post_achievement(tx, 1, paper, recorded_by=None, now=NOW)
    own, shared = b"own work of Li", b"a sheet that both used"
    data = {sha256(part).hexdigest(): part for part in (own, shared)}
    send(db, [said(LI, attachments=[attached(own), attached(shared)])], data)
    send(db, [said(WANG, attachments=[attached(shared)])], {sha256(shared).hexdigest(): shared})
    send(db, study(LI, "li") + study(WANG, "wang"), received=False)
    for place in (Place(STATE, VIDEO["id"], f"mbox:{MBOX}"), Place(AGENT_PROFILE, ifi=f"mbox:{MBOX}")):
        kept = Document("text/plain", b"bookmark of Li")
        put_document(db, place, "d", kept, guard=Precondition(none_match=("*",)), two=False, now=NOW)
    settle_all(db, lambda: NOW)
    return db


def erase(db: Engine, **more: Any) -> dict[str, Any]:
    number = erase_person(db, 1, ordered_by="admin", reason="asked to", now=NOW, **more)
    with reading(db) as tx:
        row = erasure_by_id(tx, number)
    assert row is not None and is_sealed(row.certificate)
    certificate: dict[str, Any] = json.loads(row.certificate)
    return certificate


def found(db: Engine, agent: str) -> list[dict[str, Any]]:
    with reading(db) as tx:
        rows, _ = find_statements(tx, Query(agent=agent, related_agents=True, limit=1000))
        return [json.loads(row.raw) for row in rows]


def everything(db: Engine) -> str:
    """All that a query can reach."""
    with reading(db) as tx:
        rows = [row for table in t.metadata.sorted_tables for row in tx.execute(select(table))]
    return "\n".join(str([bytes(v).decode("utf-8", "replace") if isinstance(v, bytes) else v for v in r]) for r in rows)
