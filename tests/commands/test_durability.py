"""What the server acknowledged is there after it was killed in the middle of its work."""

import base64
import http.client
import json
import os
import signal
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from lms_tracker.actions.credentials import create_credential
from lms_tracker.store.db import open_db
from lms_tracker.store.tables import statement
from tests.commands.test_serve import Site
from tests.patience import PATIENCE_S, wait_until

SENDERS = 4
ENOUGH = 400


def test_every_statement_that_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.run("db", "upgrade").returncode == 0
    db = open_db(f"sqlite:///{tmp_path / 'lms_tracker.db'}")
    credential, secret = create_credential(db, "source", now=datetime.now(UTC))
    password = base64.b64encode(f"{credential.key}:{secret}".encode()).decode()
    acknowledged: list[str] = []
    with site.serving() as process:
        senders = [threading.Thread(target=_send, args=(site.port, password, acknowledged)) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        wait_until(lambda: len(acknowledged) >= ENOUGH)
        os.killpg(process.pid, signal.SIGKILL)
        for sender in senders:
            sender.join()
    with db.connect() as connection:
        kept = {str(id_) for id_ in connection.execute(select(statement.c.id)).scalars()}
    db.dispose()
    assert set(acknowledged) - kept == set()


def _send(port: int, password: str, acknowledged: list[str]) -> None:
    """Send statements one after the other until nobody answers."""
    headers = {
        "Authorization": f"Basic {password}",
        "Content-Type": "application/json",
        "X-Experience-API-Version": "1.0.3",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        while True:
            made = {
                "id": str(uuid.uuid4()),
                "actor": {"mbox": "mailto:learner@example.org"},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/initialized"},
                "object": {"id": "http://example.org/unit"},
            }
            connection.request("POST", "/xapi/statements", json.dumps(made), headers)
            answer = connection.getresponse()
            if answer.status == 200 and json.loads(answer.read()) == [made["id"]]:
                acknowledged.append(made["id"])
    except (OSError, http.client.HTTPException):
        connection.close()
