"""Forwarding to a real second record store: in order, none lost, none twice in effect."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select, update

from lms_tracker.actions.forward import LEASE, forward
from lms_tracker.actions.targets import pause, resume
from lms_tracker.store.attachments import attachments
from lms_tracker.store.db import reading, writing
from lms_tracker.store.statements import delete_statements
from lms_tracker.store.tables import attachment, forward_target
from tests.actions.forwarding import Clock, drain, ids, row, turn
from tests.lrs.conftest import make_statement
from tests.stores import Failing, Other, add, keep


def test_everything_arrives_in_order_and_once(any_db: Engine, other: Other, clock: Clock) -> None:
    made = [make_statement(result={"response": f"第{n}题"}) for n in range(25)]
    keep(any_db, *made)
    target = add(any_db, other)
    drain(any_db, target, clock, batch=10)
    assert other.ids() == ids(made)
    assert (row(any_db, target).sent, row(any_db, target).sent_at) == (25, clock.at)
    assert not turn(any_db, target, clock), "nothing is left to do"
    keep(any_db, make_statement())
    drain(any_db, target, clock)
    assert len(other.ids()) == 26


def test_a_new_target_starts_from_now_or_from_the_beginning(any_db: Engine, other: Other, clock: Clock) -> None:
    before, after = make_statement(), make_statement()
    keep(any_db, before)
    target = add(any_db, other, from_beginning=False)
    keep(any_db, after)
    drain(any_db, target, clock)
    assert other.ids() == [after["id"]]


def test_a_crash_between_sending_and_noting_it_doubles_nothing(any_db: Engine, other: Other, clock: Clock) -> None:
    made = [make_statement() for _ in range(5)]
    keep(any_db, *made)
    target = add(any_db, other)
    drain(any_db, target, clock)
    with writing(any_db) as tx:  # as if the process had died before it wrote
        tx.execute(update(forward_target).values(position=0, claimed_until=clock.at + LEASE))
    assert not turn(any_db, target, clock), "another process has it, as far as anybody can tell"
    clock.at += LEASE + timedelta(seconds=1)
    drain(any_db, target, clock)
    assert other.ids() == ids(made)


def test_a_statement_that_takes_a_number_while_the_one_before_is_on_its_way_is_sent(
    db: Engine, failing: Failing, clock: Clock
) -> None:
    first, last, new = make_statement(), make_statement(), make_statement()
    keep(db, first)
    keep(db, last)
    target = add(db, failing)

    def erase(body: bytes) -> Any:
        with writing(db) as tx:
            delete_statements(tx, [2])
        keep(db, new)
        return failing.take(body)

    failing.plan = [erase]
    drain(db, target, clock)
    assert ids(failing.kept) == [first["id"], last["id"], new["id"]]


def test_a_paused_target_gets_nothing_until_it_is_resumed(db: Engine, failing: Failing, clock: Clock) -> None:
    keep(db, make_statement())
    target = add(db, failing)
    pause(db, target, clock.at)
    assert not turn(db, target, clock) and failing.requests == []
    resume(db, target, clock.at)
    drain(db, target, clock)
    assert len(failing.kept) == 1


def test_data_of_attachments_goes_along(any_db: Engine, other: Other, clock: Clock) -> None:
    data = b"\x00\xff signed by hand"
    sha2 = hashlib.sha256(data).hexdigest()
    described = {"usageType": "https://example.org/essay", "display": {"zh": "作文"}, "contentType": "image/png",
                 "length": len(data), "sha2": sha2}  # fmt: skip
    plain, with_data = make_statement(), make_statement(attachments=[described])
    keep(any_db, plain)
    keep(any_db, with_data, with_data={sha2: data}, version="1.0.3")
    keep(any_db, make_statement())
    target = add(any_db, other)
    drain(any_db, target, clock)
    assert len(other.ids()) == 3
    with reading(other.db) as tx:
        assert attachments(tx, [sha2]) == {sha2: data}
        assert tx.execute(select(attachment.c.sha2)).all() == [(sha2,)]


def test_a_secret_sealed_with_another_key_is_said_and_not_sent(db: Engine, failing: Failing, clock: Clock) -> None:
    keep(db, make_statement())
    target = add(db, failing)
    forward(db, target, secret_key="another" * 8, clock=clock, jitter=lambda: 0.0)
    assert row(db, target).error == "secret" and failing.requests == []


def test_no_secret_stands_in_the_database(db: Engine, failing: Failing) -> None:
    target = add(db, failing)
    assert b"geheim" not in row(db, target).secret_sealed
    assert "geheim" not in str(row(db, target)._asdict() | {"secret_sealed": ""})


def test_a_position_follows_when_the_last_statements_are_erased(any_db: Engine, failing: Failing, clock: Clock) -> None:
    first, last = make_statement(), make_statement(id=str(uuid4()))
    keep(any_db, first)
    keep(any_db, last)
    target = add(any_db, failing)
    drain(any_db, target, clock)
    with writing(any_db) as tx:
        assert delete_statements(tx, [2]) == 1
    new = make_statement()
    keep(any_db, new)
    drain(any_db, target, clock)
    assert ids(failing.kept) == [first["id"], last["id"], new["id"]]
