"""Forwarding to a record store that refuses, fails in every way, or cannot be had."""

import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine

from lms_tracker.actions import deliver, remote
from lms_tracker.actions import forward as action
from lms_tracker.actions.targets import ask_again, give_up, pause, resume
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading
from tests.actions.forwarding import Clock, drain, ids, row
from tests.lrs.conftest import VIDEO, make_statement
from tests.patience import HELD_S
from tests.stores import NOW, Failing, Other, add, answers, failing_store, keep


def test_a_statement_that_is_refused_is_put_aside_with_its_reason_and_the_rest_goes_on(
    any_db: Engine, other: Other, clock: Clock
) -> None:
    made = [make_statement() for _ in range(20)]
    keep(any_db, *made)
    target = add(any_db, other)
    taken = make_statement(id=made[5]["id"], verb={"id": VIDEO})
    keep(other.db, taken)
    drain(any_db, target, clock)
    assert sorted(other.ids()) == sorted(ids(made))
    with reading(any_db) as tx:
        (aside,) = store.aside(tx, target, 10, 0)
    assert (str(aside.statement_id), aside.kind) == (made[5]["id"], "conflict")
    assert aside.reason.startswith("409 another statement with the id")
    assert row(any_db, target).sent == 19


def test_what_was_put_aside_is_sent_once_more_when_asked(any_db: Engine, failing: Failing, clock: Clock) -> None:
    made = [make_statement() for _ in range(2)]
    keep(any_db, *made)
    target = add(any_db, failing)
    failing.plan = [answers(400), answers(400, '{"error": "verb unknown here"}')]
    drain(any_db, target, clock)
    with reading(any_db) as tx:
        (aside,) = store.aside(tx, target, 10, 0)
        assert (aside.kind, aside.reason) == ("refused", "400 verb unknown here")
        assert store.troubled(tx) == 1
    assert ask_again(any_db, target, aside.seq, clock.at) == 1
    drain(any_db, target, clock)
    assert sorted(ids(failing.kept)) == sorted(ids(made))
    with reading(any_db) as tx:
        assert store.aside(tx, target, 10, 0) == [] and store.troubled(tx) == 0


def test_a_target_that_answers_409_to_what_it_has_counts_as_sent(
    any_db: Engine, failing: Failing, clock: Clock
) -> None:
    made = make_statement()
    keep(any_db, made)
    target = add(any_db, failing)
    theirs = made | {"stored": "2026-03-02T00:00:00Z", "timestamp": "2026-03-01T08:00:00Z"}
    failing.plan = [answers(409), answers(200, json.dumps(theirs))]
    drain(any_db, target, clock)
    assert (row(any_db, target).sent, row(any_db, target).aside) == (1, 0)


@pytest.mark.parametrize("theirs", ["<html>", "[]", "{}", '{"actor": 1}', "null"])
def test_a_target_that_answers_409_and_shows_no_statement_has_another(
    db: Engine, failing: Failing, clock: Clock, theirs: str
) -> None:
    keep(db, make_statement())
    target = add(db, failing)
    failing.plan = [answers(409), answers(200, theirs)]
    drain(db, target, clock)
    with reading(db) as tx:
        assert [a.kind for a in store.aside(tx, target, 10, 0)] == ["conflict"]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (answers(500, "out of memory"), "failing"),
        (answers(503, "", Retry_After="120"), "busy"),
        (answers(401), "credentials"),
        (answers(403), "credentials"),
        (answers(404), "address"),
        (answers(302, "", Location="http://169.254.169.254/"), "answer"),
        (answers(200, "<html>Log in</html>"), "answer"),
        (lambda _: None, "cut"),
    ],
)
def test_a_target_in_trouble_is_left_alone_for_a_while_and_nothing_is_lost(
    db: Engine, failing: Failing, clock: Clock, step: Any, kind: str
) -> None:
    made = [make_statement() for _ in range(3)]
    keep(db, *made)
    target = add(db, failing)
    failing.plan = [step]
    drain(db, target, clock)
    now = row(db, target)
    assert (now.error, now.attempts, now.sent, now.aside) == (kind, 1, 0, 0)
    assert now.next_try_at == clock.at + timedelta(seconds=120 if kind == "busy" else 2)
    assert len(failing.requests) == 1
    clock.at = now.next_try_at
    drain(db, target, clock)
    assert ids(failing.kept) == ids(made)
    assert row(db, target).error is None and row(db, target).attempts == 0


def test_what_was_received_before_the_connection_broke_is_not_stored_twice(
    db: Engine, failing: Failing, clock: Clock
) -> None:
    made = [make_statement() for _ in range(3)]
    keep(db, *made)
    target = add(db, failing)
    failing.plan = [lambda body: (failing.take(body), None)[1]]
    drain(db, target, clock)
    assert row(db, target).error == "cut"
    clock.at += timedelta(seconds=2)
    drain(db, target, clock)
    assert ids(failing.kept) == ids(made)


def test_silence_is_a_time_out(db: Engine, failing: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.2)
    over = threading.Event()
    keep(db, make_statement())
    target = add(db, failing)
    failing.plan = [lambda _: (over.wait(HELD_S), None)[1]]
    drain(db, target, clock)
    over.set()
    assert row(db, target).error == "timeout"


@pytest.mark.parametrize(
    "beginning", ["HTTP/1.1 200 OK\r\nX-Words: ", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_an_answer_that_drips_in_is_not_waited_for_to_its_end(
    db: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch, beginning: str
) -> None:
    """Each byte comes in time, and would for hours: nothing else went to that target, and nothing was said of it."""
    monkeypatch.setattr(remote, "MOST_S", 0.5)
    keep(db, make_statement())
    with socket.create_server(("127.0.0.1", 0)) as server:
        other = Failing()
        other.endpoint = f"http://127.0.0.1:{server.getsockname()[1]}/"
        target = add(db, other)

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(beginning.encode())
                for _ in range(60):
                    connection.sendall(b"x")
                    time.sleep(0.05)

        dripping = threading.Thread(target=drip)
        dripping.start()
        drain(db, target, clock)
        dripping.join(HELD_S)
    assert row(db, target).error == "timeout"


def test_nobody_at_the_address_is_said(db: Engine, clock: Clock) -> None:
    from tests.services import free_port

    gone = Failing()
    gone.endpoint = f"http://127.0.0.1:{free_port()}/"
    keep(db, make_statement())
    target = add(db, gone)
    for _ in range(3):
        drain(db, target, clock)
        clock.at = row(db, target).next_try_at
    assert (row(db, target).error, row(db, target).attempts) == ("unreachable", 3)


def test_a_statement_that_a_target_fails_at_time_and_again_blocks_nothing_for_ever(
    db: Engine, failing: Failing, clock: Clock
) -> None:
    made = [make_statement() for _ in range(4)]
    keep(db, *made)
    target = add(db, failing)

    def take(body: bytes) -> Any:
        return answers(500)(body) if made[1]["id"] in body.decode() else failing.take(body)

    failing.plan = [take] * 60
    for _ in range(30):
        drain(db, target, clock)
        clock.at = max(clock.at, row(db, target).next_try_at)
    assert ids(failing.kept) == [made[0]["id"], made[2]["id"], made[3]["id"]]
    with reading(db) as tx:
        assert [a.kind for a in store.aside(tx, target, 10, 0)] == ["failing"]


def test_what_has_attachments_goes_alone_also_when_it_is_sent_once_more(
    db: Engine, failing: Failing, clock: Clock
) -> None:
    described = {"usageType": "https://example.org/essay", "display": {"zh": "作文"}, "contentType": "image/png",
                 "length": 1, "sha2": "a" * 64, "fileUrl": "https://example.org/essay/1"}  # fmt: skip
    made = [make_statement(), *(make_statement(attachments=[described]) for _ in range(2)), make_statement()]
    keep(db, *made)
    target = add(db, failing)
    failing.plan = [answers(413)] * 4
    drain(db, target, clock)
    assert row(db, target).aside == 4
    assert ask_again(db, target, None, clock.at) == 4
    before = len(failing.requests)
    drain(db, target, clock)
    assert ids(failing.kept) == ids(made)
    assert len(failing.requests) - before == 4


def test_a_target_that_refuses_everything_is_paused_until_somebody_looks(
    db: Engine, failing: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "MOST_REFUSED", 5)
    keep(db, *[make_statement() for _ in range(20)])
    target = add(db, failing)
    failing.plan = [answers(400, "no such resource")] * 100
    drain(db, target, clock)
    now = row(db, target)
    assert (now.error, now.aside, now.sent) == ("refuses-all", 5, 0)
    assert now.paused_at == clock.at
    failing.plan = []
    resume(db, target, clock.at)
    ask_again(db, target, None, clock.at)
    drain(db, target, clock)
    assert len(failing.kept) == 20


def test_what_is_put_aside_has_a_bound_beyond_which_nothing_goes_until_somebody_has_looked(
    any_db: Engine, failing: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(action, "MOST_ASIDE", 4)
    made = [make_statement() for _ in range(12)]
    keep(any_db, *made)
    target = add(any_db, failing)
    failing.plan = [failing.take] + [answers(400, "no")] * 100
    drain(any_db, target, clock, batch=1)
    now = row(any_db, target)
    assert (now.sent, now.aside, now.error, now.paused_at) == (1, 4, "aside-full", clock.at)
    resume(any_db, target, clock.at)
    drain(any_db, target, clock, batch=1)
    assert (row(any_db, target).aside, row(any_db, target).paused_at) == (4, clock.at)
    failing.plan = []
    assert give_up(any_db, target) == 4
    resume(any_db, target, clock.at)
    drain(any_db, target, clock, batch=1)
    now = row(any_db, target)
    assert (now.sent, now.aside, now.given_up, now.error) == (8, 0, 4, None)
    assert ids(failing.kept) == ids([made[0], *made[5:]])


def test_whoever_pauses_a_target_while_it_fails_is_heard(db: Engine, failing: Failing, clock: Clock) -> None:
    keep(db, make_statement())
    target = add(db, failing)
    failing.plan = [lambda body: (pause(db, target, clock.at), answers(500)(body))[1]]
    drain(db, target, clock)
    assert (row(db, target).error, row(db, target).paused_at) == ("failing", clock.at)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(db: Engine, clock: Clock, tmp_path: Path) -> None:
    keep(db, make_statement())
    with failing_store(_unknown_certificate(tmp_path)) as there:
        target = add(db, there)
        drain(db, target, clock)
        assert there.requests == []
    assert row(db, target).error == "tls"


def _unknown_certificate(folder: Path) -> ssl.SSLContext:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=3650))
    pem = made.sign(key, SHA256()).public_bytes(Encoding.PEM)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
