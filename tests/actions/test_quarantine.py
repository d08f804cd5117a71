"""What was refused, mended and replayed: under its sender's authority, in time, once; and dismissed with a reason."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.credentials import create_credential, revoke_credential
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.quarantine import NotReplayed, body_of, dismiss, keep_refused, mend, replay, replay_all
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.instants import from_us
from lms_tracker.core.study.events import Event
from lms_tracker.core.xapi.multipart import join_multipart
from lms_tracker.core.xapi.scopes import STATE, WRITE
from lms_tracker.store import quarantine as store
from lms_tracker.store.attachments import attachments
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.tables import credential as credentials
from lms_tracker.store.tables import statement
from tests.core.study.tape import Tape, real, us
from tests.core.study.tape import statement as evidence
from tests.lrs.conftest import make_statement
from tests.stores import NOW

HOME = "https://lrs.example.org"
LATER = NOW + timedelta(days=3)


@pytest.fixture
def moodle(any_db: Engine) -> Credential:
    return create_credential(any_db, "moodle", now=NOW)[0]


def keep(db: Engine, source: Credential, body: Any, *, position: int | None = None, **more: Any) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"status": 400, "version": "1.0.3"} | more
    keep_refused(db, source, raw, "$.verb", "iri", "no IRI", NOW, position=position, **given)
    with reading(db) as tx:
        return max(row.id for row in store.find(tx)[0])


def again(db: Engine, id: int) -> int:
    return replay(db, id, home_page=HOME, by=None, now=LATER)


def row(db: Engine, id: int) -> Any:
    with reading(db) as tx:
        return store.one(tx, id)


def stored(db: Engine) -> list[Any]:
    with reading(db) as tx:
        return list(tx.execute(select(statement.c.id, statement.c.received, statement.c.stored).order_by("seq")))


def test_what_the_product_accepts_by_now_is_stored_as_if_it_had_come_in_time(
    any_db: Engine, moodle: Credential
) -> None:
    made = make_statement()
    id = keep(any_db, moodle, made)
    assert again(any_db, id) == 1
    (found,) = stored(any_db)
    assert (str(found.id), found.received, found.stored) == (made["id"], False, LATER)
    with reading(any_db) as tx:
        from lms_tracker.store.statements import statement_by_id

        raw = statement_by_id(tx, found.id, voided=False)
    assert raw is not None
    said = json.loads(raw.raw)
    assert said["authority"]["account"] == {"homePage": HOME, "name": "moodle"}
    assert said["timestamp"].startswith("2026-03-01T08:00:00"), "that of its arrival"
    closed = row(any_db, id)
    assert (closed.state, closed.stored, closed.closed_at) == ("replayed", 1, LATER)
    with pytest.raises(NotReplayed, match="already"):
        again(any_db, id)


def test_a_request_without_ids_is_stored_once_however_often_it_is_replayed(any_db: Engine, moodle: Credential) -> None:
    from sqlalchemy import update

    from lms_tracker.store.tables import quarantine

    id = keep(any_db, moodle, [make_statement(id=None), make_statement(id=None)])
    assert again(any_db, id) == 2
    with writing(any_db) as tx:  # as if the process had died before it was noted
        tx.execute(update(quarantine).values(state="open"))
    assert again(any_db, id) == 0
    assert len(stored(any_db)) == 2


def test_one_faulty_statement_of_a_batch_is_mended_and_what_came_is_kept(any_db: Engine, moodle: Credential) -> None:
    batch = [make_statement(), make_statement(verb={"id": "none"}), make_statement()]
    id = keep(any_db, moodle, batch, position=1)
    with pytest.raises(NotReplayed, match="IRI"):
        again(any_db, id)
    assert (row(any_db, id).state, row(any_db, id).path, stored(any_db)) == ("open", "$[1].verb.id", [])
    one, is_part = body_of(row(any_db, id))
    assert is_part and json.loads(one) == batch[1]
    mended = batch[1] | {"verb": {"id": "https://example.org/verbs/read"}}
    mend(any_db, id, json.dumps(mended).encode(), why="动词写错", by=None, now=LATER)
    assert again(any_db, id) == 3
    assert json.loads(row(any_db, id).raw) == batch
    assert [one["verb"]["id"] for one in json.loads(row(any_db, id).edited)][1] == "https://example.org/verbs/read"
    assert (row(any_db, id).note, row(any_db, id).edited_at) == ("动词写错", LATER)


def test_a_credential_that_gained_the_scope_may_have_its_statements_replayed(any_db: Engine) -> None:
    narrow, _ = create_credential(any_db, "narrow", scopes=[STATE], now=NOW)
    id = keep(any_db, narrow, make_statement(), status=403)
    with pytest.raises(NotReplayed, match=WRITE):
        again(any_db, id)
    with writing(any_db) as tx:
        tx.execute(credentials.update().where(credentials.c.id == narrow.id).values(scopes=f"{STATE} {WRITE}"))
    assert again(any_db, id) == 1


def test_nothing_is_stored_in_the_name_of_a_revoked_credential(any_db: Engine, moodle: Credential) -> None:
    id = keep(any_db, moodle, make_statement())
    revoke_credential(any_db, "moodle", now=NOW)
    with pytest.raises(NotReplayed, match="revoked"):
        again(any_db, id)
    assert row(any_db, id).state == "open" and stored(any_db) == []


def test_a_conflict_stays_one_until_it_is_mended(any_db: Engine, moodle: Credential) -> None:
    made = make_statement()
    ingest(any_db, [made], credential=moodle, evidence="declared", now=NOW)
    id = keep(any_db, moodle, made | {"verb": {"id": "https://example.org/verbs/other"}})
    with pytest.raises(NotReplayed, match="another statement"):
        again(any_db, id)
    assert row(any_db, id).rule == "conflict"


def test_all_of_a_source_that_broke_one_rule_are_replayed_at_once(any_db: Engine, moodle: Credential) -> None:
    for n in range(3):
        keep(any_db, moodle, make_statement() if n else b"{")
    with reading(any_db) as tx:
        ids = store.ids_of(tx, "moodle", "iri")
        assert [tuple(kind) for kind in store.kinds(tx)] == [("moodle", "iri", 3)]
    assert replay_all(any_db, ids, home_page=HOME, by=None, now=LATER) == (2, 1)


def test_data_of_attachments_is_replayed_with_its_statement(any_db: Engine, moodle: Credential) -> None:
    data = b"\x00essay"
    sha2 = hashlib.sha256(data).hexdigest()
    described = {"usageType": "https://example.org/essay", "display": {"zh": "作文"}, "contentType": "image/png",
                 "length": len(data), "sha2": sha2}  # fmt: skip
    made = make_statement(attachments=[described])
    for boundary in ("one", "two"):
        body = join_multipart(json.dumps(made).encode(), [(sha2, "image/png", data)], boundary)
        id = keep(any_db, moodle, body, content_type=f"multipart/mixed; boundary={boundary}")
    assert row(any_db, id).times == 2, "a client draws a new boundary each time"
    assert again(any_db, id) == 1
    with reading(any_db) as tx:
        assert attachments(tx, [sha2]) == {sha2: data}


def test_dismissing_needs_a_reason_and_ends_it(any_db: Engine, moodle: Credential) -> None:
    id = keep(any_db, moodle, b"{")
    with pytest.raises(NotReplayed, match="reason"):
        dismiss(any_db, id, why="  ", by=None, now=LATER)
    dismiss(any_db, id, why="测试数据", by=None, now=LATER)
    assert (row(any_db, id).state, row(any_db, id).note) == ("dismissed", "测试数据")
    with pytest.raises(NotReplayed):
        again(any_db, id)


def test_what_was_too_large_to_keep_says_so(any_db: Engine, moodle: Credential) -> None:
    keep_refused(any_db, moodle, None, None, None, "too large", NOW, status=413, size=10**8)
    with reading(any_db) as tx:
        ((found,), _) = store.find(tx)
    with pytest.raises(NotReplayed, match="too large"):
        again(any_db, found.id)


def test_ids_of_replayed_statements_never_change(any_db: Engine, moodle: Credential) -> None:
    body = (
        b'{"actor":{"mbox":"mailto:li@example.org"},"verb":{"id":"https://e.org/v"},"object":{"id":"https://e.org/o"}}'
    )
    assert again(any_db, keep(any_db, moodle, body)) == 1
    assert str(stored(any_db)[0].id) == "602f6d97-f7e2-54d8-a60d-82309f8b4e69"


def test_study_that_was_refused_and_replayed_days_later_counts_as_if_it_had_come_in_time(
    any_db: Engine, moodle: Credential
) -> None:
    events = [real(event) for event in Tape().watch(90).events]
    now = from_us(max(event.at for event in events)) + timedelta(days=3)
    batch = [evidence(event) for event in events]
    ingest(
        any_db,
        [evidence(event, "bob") for event in map(other_id, events)],
        credential=moodle,
        evidence="declared",
        now=now,
    )
    id = keep(any_db, moodle, batch)
    assert replay(any_db, id, home_page=HOME, by=None, now=now) == len(batch)
    settle_all(any_db, lambda: now)
    with reading(any_db) as tx:
        late, replayed = (next(entries_in_force(tx, [learner])) for learner in learners_with_statements(tx))
    assert (late.credited_us, late.discounted) == (0, {"clock": us(90)})
    assert (replayed.credited_us, replayed.discounted) == (us(90), {})


def other_id(event: Event) -> Event:
    return msgspec.structs.replace(event, id=str(uuid5(UUID(event.id), "bob")))
