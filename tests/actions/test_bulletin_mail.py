"""That a bulletin was issued is mailed to those who may read it: one mail a person and bulletin, whatever happens."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.issue_bulletin import issue_bulletin, issue_due_bulletins
from lms_tracker.core.mail import Server
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.actions.mailbox import Box, box, deliver
from tests.programme import add_term

__all__ = ["box"]  # a fixture

NOW = datetime(2026, 3, 16, 4, tzinfo=UTC)
ELSEWHERE = 9
"""An organisation with nobody of the programme under it."""


@pytest.fixture
def told(any_db: Engine) -> Engine:
    """People with addresses in every role, within and elsewhere."""
    add_term(any_db)
    people = {
        "head": {"role": "head_teacher", "cohort_id": 1},
        "liaison": {"role": "liaison", "programme_id": 1},
        "bureau": {"role": "bureau", "organisation_id": 1},
        "expert": {"role": "expert", "programme_id": 1},
        "monitor": {"role": "monitor", "cohort_id": 1},
        "elsewhere": {"role": "bureau", "organisation_id": ELSEWHERE},
        "former": {"role": "staff", "programme_id": 1, "ended_at": NOW - timedelta(days=1)},
        "closed": {"role": "staff", "programme_id": 1},
        "silent": {"role": "staff", "programme_id": 1},
    }
    with writing(any_db) as tx:
        tx.execute(insert(t.organisation).values(id=ELSEWHERE, name="外市教育局", kind="bureau"))
        for n, (login, role) in enumerate(people.items(), 20):
            account = {
                "id": n,
                "login": login,
                "name": login,
                "password_hash": "",
                "session_token": "",
                "created_at": NOW,
            }
            address = None if login == "silent" else f"{login}@example.org"
            tx.execute(insert(t.account).values(account | {"mail": address}))
            tx.execute(insert(t.role).values(account_id=n, **role))
        tx.execute(insert(t.role).values(account_id=20, role="staff", programme_id=1))  # the head teacher is staff, too
        tx.execute(update(t.account).where(t.account.c.login == "closed").values(disabled_at=NOW))
    return any_db


def test_those_who_may_read_it_get_one_mail_each(told: Engine, box: tuple[Box, Server]) -> None:
    mailbox, server = box
    for _ in range(2):
        issue_bulletin(told, 1, "2026-03-H1", now=NOW)
        deliver(told, server, NOW)
    assert sorted(message["To"] for message in mailbox.mails) == [
        "bureau@example.org",
        "head@example.org",
        "liaison@example.org",
    ]
    message = mailbox.mails[0]
    assert "2026 年 3 月上半月" in message["Subject"] and "first half of March 2026" in message["Subject"]
    text = message.get_content()
    assert "https://study.example.edu/bulletins/1\n" in text and "李一凡" not in text


def test_a_bulletin_that_supersedes_another_is_told_of_again_and_the_due_one_by_itself(
    told: Engine, box: tuple[Box, Server]
) -> None:
    mailbox, server = box
    issue_due_bulletins(told, NOW)
    issue_due_bulletins(told, NOW + timedelta(minutes=15))
    deliver(told, server, NOW)
    first = len(mailbox.mails)
    with reading(told) as tx:
        issued = len(list(tx.execute(select(t.bulletin))))
    assert issued and first == 3 * issued
    again = issue_bulletin(told, 1, "2026-03-H1", as_of=NOW + timedelta(hours=1), now=NOW + timedelta(hours=1))
    deliver(told, server, NOW + timedelta(hours=1))
    assert again.new and len(mailbox.mails) == first + 3


def test_two_processes_that_issue_at_once_tell_nobody_twice(told: Engine, box: tuple[Box, Server]) -> None:
    start, ids = Barrier(2), list[int]()

    def issue() -> None:
        start.wait()
        ids.append(issue_bulletin(told, 1, "2026-03-H1", as_of=NOW, now=NOW).id)

    threads = [Thread(target=issue) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver(told, box[1], NOW)
    assert len(set(ids)) == 1 and len(box[0].mails) == 3


def test_nothing_is_told_of_a_bulletin_that_is_refused(told: Engine) -> None:
    with pytest.raises(ValueError, match="has not ended"):
        issue_bulletin(told, 1, "2026-03-H2", now=NOW)
    with reading(told) as tx:
        assert list(tx.execute(select(t.mail))) == [] and date(2026, 3, 16) <= NOW.date()
