"""Forwarding against a real second record store, and against one that fails in every way."""

import hashlib
import json
import shutil
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions import deliver, remote
from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.forward import LEASE, forward
from lms_tracker.actions.targets import ask_again, pause, resume
from lms_tracker.core.xapi.scopes import USUAL
from lms_tracker.store import forwarding as store
from lms_tracker.store.attachments import attachments
from lms_tracker.store.db import open_db, reading, writing
from lms_tracker.store.statements import delete_statements
from lms_tracker.store.tables import attachment, forward_target, identity, organisation, statement
from tests.lrs.conftest import PLAYED, VIDEO, make_statement
from tests.stores import KEY, NOW, Failing, Other, add, answers, failing_store, keep, other_store
from tests.web import people

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


class Clock:
    def __init__(self) -> None:
        self.at = NOW + timedelta(seconds=1)

    def __call__(self) -> Any:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Other]:
    path = tmp_path / "other.db"
    shutil.copyfile(migrated_sqlite, path)
    db = open_db(f"sqlite:///{path}")
    with other_store(db, tmp_path) as found:
        yield found
    db.dispose()


@pytest.fixture
def failing() -> Iterator[Failing]:
    with failing_store() as found:
        yield found


def turn(db: Engine, target: int, clock: Clock, *, batch: int = 500) -> bool:
    return forward(db, target, secret_key=KEY, clock=clock, jitter=lambda: 0.0, batch=batch)


def drain(db: Engine, target: int, clock: Clock, *, batch: int = 500) -> None:
    while turn(db, target, clock, batch=batch):
        pass


def row(db: Engine, target: int) -> Any:
    with reading(db) as tx:
        return store.target(tx, target)


def ids(made: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in made]


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
    import threading

    monkeypatch.setattr(remote, "TIMEOUT_S", 0.2)
    over = threading.Event()
    keep(db, make_statement())
    target = add(db, failing)
    failing.plan = [lambda _: (over.wait(5), None)[1]]
    drain(db, target, clock)
    over.set()
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


def test_whoever_pauses_a_target_while_it_fails_is_heard(db: Engine, failing: Failing, clock: Clock) -> None:
    keep(db, make_statement())
    target = add(db, failing)
    failing.plan = [lambda body: (pause(db, target, clock.at), answers(500)(body))[1]]
    drain(db, target, clock)
    assert (row(db, target).error, row(db, target).paused_at) == ("failing", clock.at)


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


def test_statements_of_two_are_put_aside_where_the_target_is_spoken_to_in_one(
    any_db: Engine, other: Other, clock: Clock
) -> None:
    agents = [{"objectType": "contextAgent", "agent": {"mbox": "mailto:wang@example.org"}}]
    one, two = make_statement(), make_statement(context={"contextAgents": agents}, version="2.0.0")
    keep(any_db, one)
    keep(any_db, two, version="2.0.0")
    narrow = add(any_db, other)
    drain(any_db, narrow, clock)
    assert other.ids() == [one["id"]]
    with reading(any_db) as tx:
        assert [a.kind for a in store.aside(tx, narrow, 10, 0)] == ["version"]
    with writing(any_db) as tx:
        store.change_target(tx, narrow, version="2.0.0")
    ask_again(any_db, narrow, None, clock.at)
    drain(any_db, narrow, clock)
    assert other.ids() == [one["id"], two["id"]]


def test_a_filter_asks_for_verb_activity_source_and_category(any_db: Engine, other: Other, clock: Clock) -> None:
    category = "https://example.org/project"
    context = {"contextActivities": {"category": [{"id": category}]}}
    unit = {"id": "https://example.org/videos/2"}
    meant = make_statement(context=context, object=unit)
    others = [
        make_statement(context=context, object=unit, verb={"id": "https://example.org/verbs/other"}),
        make_statement(context=context, object={"id": "https://example.org/quizzes/2"}),
        make_statement(object=unit),
    ]
    moodle, _ = create_credential(any_db, "moodle", now=NOW)
    edx, _ = create_credential(any_db, "edx", now=NOW)
    keep(any_db, meant, *others, credential=moodle)
    keep(any_db, make_statement(context=context, object=unit), credential=edx)
    filter = {"verbs": [PLAYED], "activities": ["https://example.org/videos/*"], "sources": ["moodle"]}
    target = add(any_db, other, **filter, categories=[category])
    drain(any_db, target, clock)
    assert other.ids() == [meant["id"]]
    assert row(any_db, target).position == 5


def void(id: str) -> dict[str, Any]:
    return make_statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": id})


def voided_there(other: Other) -> set[str]:
    with reading(other.db) as tx:
        found = tx.scalars(select(statement.c.id).where(statement.c.voided_by.is_not(None)))
        return {str(id) for id in found}


def test_a_voiding_statement_goes_where_the_voided_one_goes(any_db: Engine, other: Other, clock: Clock) -> None:
    meant, elsewhere = make_statement(), make_statement(verb={"id": "https://example.org/verbs/other"})
    keep(any_db, meant, elsewhere)
    keep(any_db, void(meant["id"]))
    keep(any_db, void(elsewhere["id"]))
    late = make_statement()
    keep(any_db, void(late["id"]))  # before what it voids: on its own it does not pass the filter
    keep(any_db, late)
    target = add(any_db, other, verbs=[PLAYED])
    drain(any_db, target, clock)
    assert other.ids()[0] == meant["id"] and len(other.ids()) == 4
    assert voided_there(other) == {meant["id"], late["id"]}


@pytest.mark.parametrize("batch", [500, 1])
def test_a_voiding_statement_without_effect_here_goes_nowhere(
    any_db: Engine, other: Other, clock: Clock, batch: int
) -> None:
    mine, theirs, gone = make_statement(), make_statement(), make_statement()
    moodle, _ = create_credential(any_db, "moodle", scopes=USUAL, now=NOW)
    edx, _ = create_credential(any_db, "edx", scopes=USUAL, now=NOW)
    early = void(theirs["id"])
    keep(any_db, early, credential=edx)  # before what it names, which turns out to be another source's
    keep(any_db, mine, theirs, credential=moodle)
    voiding = void(mine["id"])
    keep(any_db, voiding, credential=moodle)
    for none in (void(mine["id"]), void(voiding["id"]), void(gone["id"])):
        keep(any_db, none, credential=moodle)
    target = add(any_db, other)
    keep(other.db, gone)  # it has what was never here
    drain(any_db, target, clock, batch=batch)
    assert other.ids() == ids([gone, mine, theirs, voiding])
    assert voided_there(other) == {mine["id"]}
    assert (row(any_db, target).sent, row(any_db, target).aside) == (3, 0)


def test_what_was_voided_before_it_came_goes_first(any_db: Engine, failing: Failing, clock: Clock) -> None:
    late, between = make_statement(), make_statement()
    voiding = void(late["id"])
    keep(any_db, voiding)
    keep(any_db, between)
    target = add(any_db, failing)
    drain(any_db, target, clock)
    assert ids(failing.kept) == [between["id"]]
    keep(any_db, late)
    drain(any_db, target, clock)
    assert ids(failing.kept) == ids([between, late, voiding])


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


def test_a_filter_asks_for_learners_of_a_programme_and_of_an_organisation_with_all_below_it(
    any_db: Engine, other: Other, clock: Clock
) -> None:
    world = people.build(any_db)
    with writing(any_db) as tx:
        for login in ("p1.li", "p1.wang", "p2.li"):
            ifi = f"mbox:mailto:{login}@example.org"
            tx.execute(insert(identity).values(ifi=ifi, learner_id=world.learner[login]))
    li, wang, elsewhere, stranger = (
        make_statement(actor={"mbox": f"mailto:{login}@example.org"})
        for login in ("p1.li", "p1.wang", "p2.li", "nobody")
    )
    keep(any_db, li, wang, elsewhere, stranger)
    programme = add(any_db, other, programmes=["p1"])
    drain(any_db, programme, clock)
    assert other.ids() == [li["id"], wang["id"]]
    with writing(any_db) as tx:
        found = {row.name: row.id for row in tx.execute(select(organisation.c.name, organisation.c.id))}
        school = found["李明所在学校（p1.li）"]
        tx.execute(update(organisation).where(organisation.c.id == school).values(parent_id=found["西山区教育局"]))
        store.change_target(tx, programme, filter='{"organisations": ["西山区教育局"]}', position=0)
    drain(any_db, programme, clock)
    assert other.ids() == [li["id"], wang["id"], elsewhere["id"]], (
        "whose programme is run for it, and whose school is below"
    )
    assert row(any_db, programme).sent == 4
