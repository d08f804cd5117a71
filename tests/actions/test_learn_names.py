"""Who was met without a name gets the one that later statements bring; a name that is there stays."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.core.identities import HAND
from lms_tracker.core.xapi.scopes import DEFINE, WRITE
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import reading, writing
from lms_tracker.store.learners import add_identity
from lms_tracker.store.nameless import NEWEST
from lms_tracker.store.people import name_learner
from lms_tracker.store.tables import identity, learner

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LI, WANG = "mailto:li@example.edu", "mailto:wang@example.edu"


def send(db: Engine, *names: str | None, mbox: str = LI, credential: Credential | None = None) -> None:
    """One statement for each, in one batch."""
    said: list[bytes | dict[str, Any]] = [
        {
            "actor": {"mbox": mbox} | ({} if name is None else {"name": name}),
            "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
            "object": {"id": "https://example.edu/1"},
        }
        for name in names
    ]
    ingest(db, said, credential=credential, evidence="declared", now=NOW)
    settle_all(db, lambda: NOW)


def learner_of(db: Engine, mbox: str = LI) -> int:
    with reading(db) as tx:
        return tx.scalars(select(identity.c.learner_id).where(identity.c.ifi == f"mbox:{mbox}")).one()


def name_of(db: Engine, mbox: str = LI) -> str | None:
    with reading(db) as tx:
        return tx.scalars(select(learner.c.name).where(learner.c.id == learner_of(db, mbox))).one()


def test_a_later_statement_names_who_was_met_without_a_name(any_db: Engine) -> None:
    send(any_db, None)
    send(any_db, None, mbox=WANG)
    assert name_of(any_db) is None
    send(any_db, "李明")
    assert (name_of(any_db), name_of(any_db, WANG)) == ("李明", None)
    send(any_db, " ", mbox=WANG)
    assert name_of(any_db, WANG) is None


def test_one_of_many_in_a_batch_is_enough_and_of_several_names_the_latest_counts(any_db: Engine) -> None:
    send(any_db, None, "李", "李明", None)
    assert name_of(any_db) == "李明"


def test_more_at_once_than_is_kept_count_of_names_somebody_too(any_db: Engine) -> None:
    send(any_db, *[None] * 8000, "李明")
    assert name_of(any_db) == "李明"


def test_what_is_older_than_the_newest_few_is_not_searched(any_db: Engine) -> None:
    send(any_db, None)
    send(any_db, "李明", *[None] * NEWEST)
    assert name_of(any_db) is None


@pytest.mark.parametrize("given", ["李老师", ""])
def test_a_name_that_is_there_stays(any_db: Engine, given: str) -> None:
    send(any_db, None)
    with writing(any_db) as tx:
        name_learner(tx, learner_of(any_db), given)
    send(any_db, "李明")
    assert name_of(any_db) == given


def test_the_first_name_that_was_said_stays(any_db: Engine) -> None:
    send(any_db, "李明")
    send(any_db, "somebody")
    assert name_of(any_db) == "李明"


@pytest.mark.parametrize(("scopes", "name"), [([WRITE], None), ([WRITE, DEFINE], "李明")])
def test_a_key_without_define_names_nobody(any_db: Engine, scopes: list[str], name: str | None) -> None:
    credential, _ = create_credential(any_db, "moodle", now=NOW, scopes=scopes)
    send(any_db, None)
    send(any_db, "李明", credential=credential)
    assert name_of(any_db) == name


def test_who_is_split_off_is_called_as_their_own_statements_say(any_db: Engine) -> None:
    send(any_db, "李明")
    one = "account:https://example.edu li"
    with writing(any_db) as tx:
        add_identity(tx, learner_of(any_db), one, HAND, NOW)
    said = {"account": {"homePage": "https://example.edu", "name": "li"}, "name": "李小明"}
    ingest(
        any_db,
        [{"actor": said, "verb": {"id": "https://example.edu/v"}, "object": {"id": "https://example.edu/1"}}],
        credential=None,
        evidence="declared",
        now=NOW,
    )
    done = split_learner(any_db, learner_of(any_db), [one], reason="another", made_by=None, now=NOW)
    settle_all(any_db, lambda: NOW)
    with reading(any_db) as tx:
        names = {row.id: row.name for row in tx.execute(select(learner.c.id, learner.c.name))}
    assert names == {learner_of(any_db): "李明", done.learner_id: "李小明"}


def test_nobody_gives_an_erased_person_a_name(any_db: Engine) -> None:
    send(any_db, None)
    id = learner_of(any_db)
    erase_person(any_db, id, reason="asked", ordered_by="operator", now=NOW)
    send(any_db, "李明")
    with reading(any_db) as tx:
        assert tx.scalars(select(learner.c.name).where(learner.c.id == id)).one() is None
    assert learner_of(any_db) != id
