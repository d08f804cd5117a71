"""A database from before 0009 loses what it kept of a source's secret, and nothing else that was refused."""

from urllib.parse import urlencode

import pytest
from alembic import command
from sqlalchemy import Engine, insert, select, text

from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import reading, writing
from lms_tracker.store.migrations import _config
from lms_tracker.store.tables import quarantine
from tests.store.test_migrations import blank
from tests.stores import NOW

__all__ = ["blank"]

SECRET = "Basic a2V5OnNlY3JldA=="
FORMS = [
    urlencode({"Authorization": SECRET, "content": "{}"}),
    urlencode({"content": "{}", "authorization": SECRET}),
    "\r\nX-Experience-API-Version=2.0.0&%41uthorization=" + SECRET,
]
OTHERS = [
    '{"object": {"id": "https://a.example/launch?x=1&Authorization=launch"}}',
    ' [{"actor": 1}]',
    "--b\r\nAuthorization=x",
    "{",
    "",
    urlencode({"content": '{"actor": 1}'}),
]


@pytest.fixture
def before(blank: Engine) -> Engine:
    with writing(blank) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0008")
        key = "INSERT INTO credential (id, name, key, secret_sha256, evidence, created_at, scopes)"
        tx.execute(text(f"{key} VALUES (1, 'moodle', 'k', 's', 'declared', 0, 'all')"))
        row = {"credential_id": 1, "size": 1, "content_type": "", "status": 400, "reason": "r", "times": 1}
        row |= {"first_at": NOW, "last_at": NOW, "state": "open"}
        for n, body in enumerate([*FORMS, *OTHERS, None]):
            raw = None if body is None else body.encode()
            tx.execute(insert(quarantine).values(row | {"digest": str(n), "raw": raw}))
    return blank


def test_forms_that_hold_a_secret_go_and_all_else_that_was_refused_stays(before: Engine) -> None:
    upgrade_database(before)
    with reading(before) as tx:
        left = [
            None if raw is None else bytes(raw).decode()
            for raw in tx.scalars(select(quarantine.c.raw).order_by(quarantine.c.id))
        ]
    assert left == [*OTHERS, None]
