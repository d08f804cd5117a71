"""Retention: old evidence goes, and no ledger changes by that, whatever happens afterwards."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.retain import Outcome, apply_retention, preview_retention, set_retention
from lms_tracker.actions.review_hold import review_holds
from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.core.instants import EPOCH
from lms_tracker.core.study.decisions import windows_of
from lms_tracker.core.study.events import Event
from lms_tracker.store import tables as t
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import sums
from lms_tracker.store.ledger import entries_in_force
from tests.actions.test_hold_study import MODEL, WHY
from tests.core.study.tape import BASE, Tape, real, statement, us
from tests.web.people import add

YEAR_LATER = datetime(2027, 4, 1, tzinfo=UTC)
"""Tapes are of March 2, 2026."""


@pytest.fixture
def source(any_db: Engine) -> Credential:
    credential, _ = create_credential(any_db, "city-lms", now=EPOCH)
    return credential


def send(db: Engine, source: Credential | None, events: list[Event], learner: str = "ann") -> None:
    events = [real(event) for event in events]
    said = [json.dumps(statement(event, learner)).encode() for event in events]
    at = [EPOCH + timedelta(microseconds=event.stored) for event in events]
    ingest(db, said, credential=source, evidence="declared", now=YEAR_LATER, stored=at)
    settle_all(db, lambda: YEAR_LATER)


def retain(db: Engine, days: int = 365) -> Outcome:
    set_retention(db, "city-lms", days)
    return apply_retention(db, YEAR_LATER)


def entries(db: Engine) -> list[Any]:
    with reading(db) as tx:
        return list(entries_in_force(tx, range(1, 5)))


def stored(db: Engine) -> int:
    with reading(db) as tx:
        return tx.scalar(select(func.count()).select_from(t.statement)) or 0


def a_year(who: str = "") -> list[Event]:
    """Two old sessions that overlap, and one of a year later that repeats some of their content."""
    second = Tape(f"b{who}", start=300, activity="https://lms.example.edu/video/2").watch(600)
    third = Tape(f"c{who}", start=380 * 86400).watch(900, position=300)
    return Tape(f"a{who}").watch(600).events + second.events + third.events


def test_old_evidence_goes_and_a_recompute_keeps_every_entry(any_db: Engine, source: Credential) -> None:
    send(any_db, source, a_year())
    before, all_of_it = entries(any_db), stored(any_db)
    outcome = retain(any_db)
    assert (outcome.differing, outcome.learners) == (0, 1)
    assert stored(any_db) == all_of_it - outcome.statements < all_of_it
    request_recompute(any_db, [1], YEAR_LATER)
    settle_all(any_db, lambda: YEAR_LATER, "recompute")
    assert entries(any_db) == before
    assert retain(any_db) == Outcome(), "a second run finds nothing"


def test_content_credited_before_is_not_credited_again_by_evidence_that_comes_later(
    any_db: Engine, source: Credential
) -> None:
    send(any_db, source, Tape("a").watch(600).events)
    retain(any_db)
    assert stored(any_db) == 0
    send(any_db, source, Tape("z", start=390 * 86400).watch(600).events)
    later = [entry for entry in entries(any_db) if entry.session == "z"]
    assert [(entry.credited_us, entry.discounted) for entry in later] == [(0, {"repeat": us(600)})]


def test_the_same_statements_sent_again_change_nothing(any_db: Engine, source: Credential) -> None:
    events = Tape("a").watch(600).events
    send(any_db, source, events)
    before = entries(any_db)
    retain(any_db)
    send(any_db, source, events)
    assert entries(any_db) == before


def test_a_session_goes_as_a_whole_or_not_at_all(any_db: Engine, source: Credential) -> None:
    tape = Tape("a").watch(600)
    tape.play(390 * 86400, 600).pause(390 * 86400 + 60, 660)
    send(any_db, source, tape.events)
    assert retain(any_db).statements == 0
    (preview,) = preview_retention(any_db, YEAR_LATER)
    assert (preview.old, preview.goes, preview.kept) == (len(tape.events) - 2, 0, len(tape.events) - 2)


def test_evidence_of_a_running_programme_stays_until_it_ends(any_db: Engine, source: Credential) -> None:
    send(any_db, source, a_year())
    with writing(any_db) as tx:
        days = {"starts_on": date(2026, 3, 1), "ends_on": YEAR_LATER.date()}
        tx.execute(insert(t.programme).values(id=1, slug="p", name="p", policy="default", **days))
        tx.execute(insert(t.cohort).values(id=1, programme_id=1, name="c"))
        row = {"programme_id": 1, "cohort_id": 1, "learner_id": 1, "enrolled_on": date(2026, 3, 1)}
        tx.execute(insert(t.enrolment).values(row))
    assert retain(any_db).statements == 0
    with writing(any_db) as tx:
        tx.execute(update(t.programme).values(ends_on=YEAR_LATER.date() - timedelta(days=1)))
    (preview,) = preview_retention(any_db, YEAR_LATER)
    assert retain(any_db).statements == preview.goes > 0


def test_evidence_stays_while_somebody_has_yet_to_decide_about_it(any_db: Engine, source: Credential) -> None:
    send(any_db, source, a_year())
    (held, *_) = windows_of(entries(any_db))
    (number,) = hold(any_db, 1, [held], WHY, MODEL, YEAR_LATER)
    settle_all(any_db, lambda: YEAR_LATER)
    assert retain(any_db).statements == 0 and preview_retention(any_db, YEAR_LATER)[0].goes == 0
    with writing(any_db) as tx:
        people = {"password_hash": "", "session_token": "", "created_at": EPOCH}
        head = add(tx, t.account, login="head", name="head", **people)
    review_holds(any_db, 1, [number], release=True, words="看过", by=head, now=YEAR_LATER)
    settle_all(any_db, lambda: YEAR_LATER)
    assert retain(any_db).statements > 0


def test_other_sources_and_what_the_operator_imported_stay(any_db: Engine, source: Credential) -> None:
    other, _ = create_credential(any_db, "other-lms", now=EPOCH)
    send(any_db, other, Tape("a").watch(600).events, "ann")
    send(any_db, None, Tape("b").watch(600).events, "bob")
    before = stored(any_db)
    assert retain(any_db).statements == 0 and stored(any_db) == before


def test_attachments_go_with_the_last_statement_that_speaks_of_them(any_db: Engine, source: Credential) -> None:
    at = EPOCH + timedelta(microseconds=BASE)
    for data, who in ((b"only then", [source]), (b"then and now", [source, None])):
        for credential in who:
            about = {"usageType": "urn:u", "display": {}, "contentType": "text/plain"}
            about |= {"length": len(data), "sha2": sha256(data).hexdigest()}
            group = {"objectType": "Group", "member": [{"mbox": "mailto:ann@example.org"}]}
            said = {"actor": group, "verb": {"id": "urn:v"}, "object": {"id": "urn:o"}, "attachments": [about]}
            with_data = {about["sha2"]: data}
            ingest(
                any_db, [said], credential=credential, evidence="declared", now=at, with_data=with_data
            )  # fmt: skip
    outcome = retain(any_db)
    assert (outcome.statements, outcome.attachments) == (2, 1)
    with reading(any_db) as tx:
        assert [bytes(data) for data in tx.scalars(select(t.attachment.c.data))] == [b"then and now"]


def test_the_totals_of_many_learners_are_the_same_to_the_microsecond(any_db: Engine, source: Credential) -> None:
    for n in range(4):
        send(any_db, source, a_year(str(n))[n * 7 :], f"learner-{n}")
    ids = range(1, 5)
    with reading(any_db) as tx:
        before = sums(tx, ids)
    retain(any_db, 200)
    request_recompute(any_db, list(ids), YEAR_LATER)
    settle_all(any_db, lambda: YEAR_LATER)
    with reading(any_db) as tx:
        assert sums(tx, ids) == before


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_days_that_make_no_sense_are_refused(any_db: Engine, source: Credential, days: int) -> None:
    with pytest.raises(ValueError, match="days to keep"):
        set_retention(any_db, "city-lms", days)
    assert not set_retention(any_db, "nobody", 30)
