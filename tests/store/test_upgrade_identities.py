"""A database from before 0004 keeps its people and keys, and learns what follows from them."""

from hashlib import sha1

import pytest
from alembic import command
from sqlalchemy import Engine, select, text

from lms_tracker.actions.identity_rules import apply_rules, find_same
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.credentials import credential_named, credential_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.migrations import _config
from lms_tracker.store.tables import identity
from tests.actions.test_join_learners import NOW
from tests.store.test_migrations import blank

__all__ = ["blank"]

LI, WANG = "mbox:mailto:li@example.org", "mbox:mailto:wang@example.org"


def _digest(ifi: str) -> str:
    return "sha1:" + sha1(ifi.removeprefix("mbox:").encode()).hexdigest()


@pytest.fixture
def before(blank: Engine) -> Engine:
    """Learner 1 by mail and account, 2 by mail, 3 by the SHA-1 of 2's mail; one credential."""
    with writing(blank) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0003")
        for id in (1, 2, 3):
            tx.execute(text(f"INSERT INTO learner (id, actor, created_at) VALUES ({id}, '{{}}', 0)"))
        for ifi, who in ((LI, 1), ("account:https://a.example li", 1), (WANG, 2), (_digest(WANG), 3)):
            tx.execute(text("INSERT INTO identity (ifi, learner_id) VALUES (:ifi, :who)"), {"ifi": ifi, "who": who})
        key = "INSERT INTO credential (id, name, key, secret_sha256, evidence, created_at)"
        tx.execute(text(f"{key} VALUES (1, 'moodle', 'k', 's', 'declared', 0)"))
    return blank


def test_keys_that_are_there_may_go_on_doing_everything(before: Engine) -> None:
    upgrade_database(before)
    with reading(before) as tx:
        row = credential_named(tx, "moodle")
        assert row is not None
    found = credential_of(row)
    assert (found.scopes, bool(found.bounds), found.expires_at) == ({"all"}, False, None)


def test_mail_addresses_get_their_sha1_and_nobody_is_joined_unasked(before: Engine) -> None:
    upgrade_database(before)
    with reading(before) as tx:
        rows = {row.ifi: (row.learner_id, row.how) for row in tx.execute(select(identity))}
    assert rows == {
        LI: (1, "seen"),
        _digest(LI): (1, "implied"),
        "account:https://a.example li": (1, "seen"),
        WANG: (2, "seen"),
        _digest(WANG): (3, "seen"),
    }
    assert [(same.learner_id, same.into) for same in find_same(before)] == [(3, 2)]
    assert len(apply_rules(before, made_by=None, now=NOW).joined) == 1
    assert find_same(before) == []
