"""Mail against a real server that takes, refuses and goes away: each reminder once, whatever happens in between."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.mail import LEASE, enqueue_mail, set_address
from lms_tracker.core.mail import PATIENCE, Server
from lms_tracker.store import mail as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import person_of
from lms_tracker.store.person_data import profile_of
from tests import services
from tests.actions.mailbox import Box, box, deliver
from tests.actions.test_review import NOW, Case
from tests.web.people import add

HOUR = timedelta(hours=1)


__all__ = ["box"]  # a fixture


def send(db: Engine, server: Server, at: Any = NOW) -> int:
    """All that is due at an instant."""
    return deliver(db, server, at)


def an_account(db: Engine, login: str = "li", address: str | None = "li@example.org", **more: Any) -> int:
    with writing(db) as tx:
        people = {"password_hash": "", "session_token": "", "created_at": NOW}
        return add(tx, t.account, login=login, name=login, mail=address, **people, **more)


def tell(db: Engine, account_id: int, kind: str = "held", at: Any = NOW, **values: Any) -> bool:
    with writing(db) as tx:
        return enqueue_mail(tx, account_id, kind, {"due": "2026-03-27"} | values, at)


def test_a_mail_says_in_two_languages_that_something_waits_and_comes_once(
    any_db: Engine, box: tuple[Box, Server]
) -> None:
    mailbox, server = box
    li = an_account(any_db)
    assert tell(any_db, li)
    assert not tell(any_db, li), "the same again is not sent again"
    assert send(any_db, server) == 1 and send(any_db, server) == 0
    (message,) = mailbox.mails
    assert message["To"] == "li@example.org" and message["From"] == "study@example.edu"
    assert message["Subject"] == "您有学习时间等待复核 | Some of your study time waits for review"
    assert "2026-03-27" in message.get_content()
    assert "https://study.example.edu/study" in message.get_content()
    assert message["Auto-Submitted"] == "auto-generated" and message["Message-ID"].endswith("@example.edu>")


def test_who_left_no_address_or_is_closed_gets_nothing(any_db: Engine, box: tuple[Box, Server]) -> None:
    silent = an_account(any_db, "silent", None)
    closed = an_account(any_db, "closed", "closed@example.org", disabled_at=NOW)
    assert not tell(any_db, silent) and not tell(any_db, closed)
    li = an_account(any_db)
    tell(any_db, li)
    assert set_address(any_db, li, " ") is None
    assert send(any_db, box[1]) == 0
    with pytest.raises(ValueError, match="no e-mail address"):
        set_address(any_db, li, "li@example")
    with pytest.raises(KeyError):
        tell(any_db, li, "gossip")
    with pytest.raises(KeyError):
        tell(any_db, li, "bulletin_issued", period="2026-03-H1")


def test_a_server_that_is_away_or_refuses_is_tried_again_later_and_not_for_ever(
    any_db: Engine, box: tuple[Box, Server]
) -> None:
    mailbox, server = box
    li, wang = an_account(any_db), an_account(any_db, "wang", "wang@example.org")
    tell(any_db, li)
    assert send(any_db, Server("127.0.0.1", services.free_port())) == 1  # nobody listens there
    assert send(any_db, server) == 0, "not at once"
    mailbox.answer = "451 try again later"
    assert send(any_db, server, NOW + HOUR) == 1 and mailbox.mails == []
    mailbox.answer, mailbox.refused = "250 OK", {"wang@example.org"}
    tell(any_db, wang, at=NOW + HOUR)
    assert send(any_db, server, NOW + 2 * HOUR) == 2, "one that is refused keeps no other back"
    assert [message["To"] for message in mailbox.mails] == ["li@example.org"]
    at = NOW + 2 * HOUR
    while at < NOW + 2 * PATIENCE:
        send(any_db, server, at := at + HOUR)
    with reading(any_db) as tx:
        rows = {row.account_id: row for row in tx.execute(select(t.mail))}
    assert rows[li].sent_at == NOW + 2 * HOUR and rows[li].attempts == 2
    assert rows[wang].sent_at is None and rows[wang].due_at is None, "given up"
    assert "550" in rows[wang].trouble and "@" not in rows[wang].trouble
    assert send(any_db, server, NOW + timedelta(days=120)) == 0
    with reading(any_db) as tx:
        assert list(tx.execute(select(t.mail))) == [], "nothing is kept of what is long over"


def test_what_a_sender_that_died_had_claimed_is_sent_when_its_lease_is_over(
    any_db: Engine, box: tuple[Box, Server]
) -> None:
    tell(any_db, an_account(any_db))
    with writing(any_db) as tx:
        assert len(store.claim_mails(tx, NOW, LEASE, 5)) == 1
        assert store.claim_mails(tx, NOW, LEASE, 5) == [], "nobody else sends it meanwhile"
    assert send(any_db, box[1], NOW + LEASE / 2) == 0
    assert send(any_db, box[1], NOW + LEASE) == 1
    assert len(box[0].mails) == 1


def test_an_erasure_takes_address_and_mails_along_and_a_copy_holds_them(any_db: Engine) -> None:
    case = Case(any_db)
    set_address(any_db, case.ann, "ann@example.org")
    tell(any_db, case.ann)
    with reading(any_db) as tx:
        person = person_of(tx, case.learner)
        assert person is not None
        profile = profile_of(tx, person)
    assert profile["accounts"][0]["mail"] == "ann@example.org" and profile["mails"][0]["kind"] == "held"
    erase_person(any_db, case.learner, ordered_by="operator", reason="asked", now=NOW)
    with reading(any_db) as tx:
        assert list(tx.execute(select(t.mail))) == []
        assert "ann@example.org" not in [row.mail for row in tx.execute(select(t.account))]
