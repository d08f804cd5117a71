"""The Python client `tincan` against a real server process: what item 2 of the issue promises."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from tincan import (
    Activity,
    Agent,
    Context,
    RemoteLRS,
    StateDocument,
    Statement,
    StatementRef,
    Verb,
)

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.store.db import open_db
from tests import services
from tests.lrs.conftest import START
from tests.patience import ATTEMPT_S, PATIENCE_S, wait_until

LI, WANG = Agent(mbox="mailto:li@example.org"), Agent(mbox="mailto:wang@example.org", name="王")
PLAYED, PAUSED = (
    Verb(id="https://w3id.org/xapi/video/verbs/played"),
    Verb(id="https://w3id.org/xapi/video/verbs/paused"),
)
ONE, TWO = Activity(id="https://example.org/videos/1"), Activity(id="https://example.org/videos/2")

SERVE = """
import sys
from granian import Granian
from granian.constants import Interfaces
if __name__ == "__main__":
    Granian("lms_tracker.app:wsgi", port=int(sys.argv[1]), interface=Interfaces.WSGI, blocking_threads=4).serve()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Endpoint, key and secret of a server of its own."""
    folder = tmp_path_factory.mktemp("server")
    db = open_db(f"sqlite:///{folder / 'lms_tracker.db'}")
    upgrade_database(db)
    credential, secret = create_credential(db, "client", now=START)
    db.dispose()
    port = services.free_port()
    script = folder / "serve.py"
    script.write_text(SERVE)
    root = Path(__file__).resolve().parents[2]
    environ = os.environ | {"LMS_TRACKER_VAR_DIR": str(folder), "PYTHONPATH": str(root), "LMS_TRACKER_DATABASE_URL": ""}
    process = subprocess.Popen([sys.executable, str(script), str(port)], env=environ, cwd=folder)
    endpoint = f"http://127.0.0.1:{port}/xapi/"
    try:
        wait_until(lambda: _answers(process, endpoint + "about"))
        yield endpoint, credential.key, secret
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(process: "subprocess.Popen[bytes]", address: str) -> bool:
    assert process.poll() is None, "the server ended at once"
    try:
        urlopen(address, timeout=ATTEMPT_S).close()
    except OSError:
        return False
    return True


@pytest.fixture
def lrs(server: tuple[str, str, str]) -> RemoteLRS:
    endpoint, key, secret = server
    return RemoteLRS(endpoint=endpoint, version="1.0.3", username=key, password=secret)


def test_it_asks_what_the_server_is(lrs: RemoteLRS) -> None:
    answer = lrs.about()
    assert answer.success
    assert "1.0.3" in answer.content.version


def test_it_saves_a_statement_and_reads_it_back(lrs: RemoteLRS) -> None:
    saved = lrs.save_statement(Statement(actor=WANG, verb=PLAYED, object=ONE))
    assert saved.success
    back = lrs.retrieve_statement(saved.content.id)
    assert back.success
    assert back.content.actor.name == "王"
    assert back.content.stored is not None
    assert back.content.authority.account.name == "client"


def test_it_saves_a_statement_under_its_own_id_and_meets_conflicts(lrs: RemoteLRS) -> None:
    id = str(uuid4())
    assert lrs.save_statement(Statement(id=id, actor=LI, verb=PLAYED, object=ONE)).response.status == 204
    assert lrs.save_statement(Statement(id=id, actor=LI, verb=PLAYED, object=ONE)).success
    other = lrs.save_statement(Statement(id=id, actor=LI, verb=PLAYED, object=TWO))
    assert not other.success
    assert other.response.status == 409


def test_it_queries_a_batch_by_each_filter_and_follows_more(lrs: RemoteLRS) -> None:
    me, activity = Agent(mbox=f"mailto:{uuid4()}@example.org"), Activity(id=f"https://example.org/{uuid4()}")
    registration = str(uuid4())
    context = Context(registration=registration)
    batch = [Statement(actor=me, verb=PLAYED, object=activity, context=context) for _ in range(4)]
    batch.append(Statement(actor=me, verb=PAUSED, object=activity, context=context))
    saved = lrs.save_statements(batch)
    assert saved.success
    ids = [one.id for one in saved.content]

    for query in ({"agent": me}, {"activity": activity}, {"registration": registration}):
        answer = lrs.query_statements({**query, "limit": 2, "ascending": True})
        assert answer.success, answer.data
        found = [one.id for one in answer.content.statements]
        while answer.content.more:
            answer = lrs.more_statements(answer.content)
            assert answer.success, answer.data
            found += [one.id for one in answer.content.statements]
        assert found == ids

    paused = lrs.query_statements({"agent": me, "verb": PAUSED}).content.statements
    assert [one.id for one in paused] == ids[4:]
    stored = lrs.retrieve_statement(ids[0]).content.stored.isoformat()
    assert len(lrs.query_statements({"agent": me, "until": stored}).content.statements) == 5
    assert len(lrs.query_statements({"agent": me, "since": stored}).content.statements) == 0
    related = {"activity": activity, "related_activities": True, "related_agents": False, "format": "ids"}
    assert len(lrs.query_statements(related).content.statements) == 5


def test_it_voids_a_statement(lrs: RemoteLRS) -> None:
    saved = lrs.save_statement(Statement(actor=LI, verb=PLAYED, object=ONE)).content
    voided = Verb(id="http://adlnet.gov/expapi/verbs/voided")
    assert lrs.save_statement(Statement(actor=LI, verb=voided, object=StatementRef(id=saved.id))).success
    assert lrs.retrieve_statement(saved.id).response.status == 404
    assert lrs.retrieve_voided_statement(saved.id).content.id == saved.id


def test_a_wrong_secret_stores_nothing(server: tuple[str, str, str]) -> None:
    endpoint, key, _ = server
    answer = RemoteLRS(endpoint=endpoint, version="1.0.3", username=key, password="wrong").save_statement(
        Statement(actor=LI, verb=PLAYED, object=ONE)
    )
    assert not answer.success
    assert answer.response.status == 401


def test_it_keeps_a_state_and_takes_it_back(lrs: RemoteLRS) -> None:
    id = f"bookmark {uuid4()} 书签"
    state = StateDocument(id=id, activity=ONE, agent=LI, content=bytearray(b'{"at": 12}'))
    state.content_type = "application/json"
    assert lrs.save_state(state).success
    assert lrs.retrieve_state(ONE, LI, id).content.content == bytearray(b'{"at": 12}')
    assert id in lrs.retrieve_state_ids(ONE, LI).content
    state.content = bytearray(b'{"at": 13}')
    assert lrs.save_state(state).success
    assert lrs.retrieve_state(ONE, LI, id).content.content == bytearray(b'{"at": 13}')
    assert lrs.delete_state(state).success
    assert lrs.retrieve_state(ONE, LI, id).response.status == 404
    assert lrs.clear_state(ONE, LI).success


def test_it_changes_profiles_that_are_there(lrs: RemoteLRS, server: tuple[str, str, str]) -> None:
    endpoint, key, secret = server
    id = str(uuid4())
    headers = {
        "Authorization": "Basic " + b64encode(f"{key}:{secret}".encode()).decode(),
        "X-Experience-API-Version": "1.0.3",
        "If-None-Match": "*",  # needed for a new one; this client cannot say it
    }
    for path, of in (("activities", {"activityId": ONE.id}), ("agents", {"agent": LI.to_json()})):
        address = f"{endpoint}{path}/profile?{urlencode(of | {'profileId': id})}"
        urlopen(Request(address, b"first", headers, method="PUT"), timeout=PATIENCE_S).close()
    of_activity = lrs.retrieve_activity_profile(ONE, id).content
    of_agent = lrs.retrieve_agent_profile(LI, id).content
    assert of_activity.content == of_agent.content == bytearray(b"first")
    of_activity.content = of_agent.content = bytearray(b"second")
    assert lrs.save_agent_profile(of_agent).response.status == 409
    of_activity.etag = of_agent.etag = f'"{sha1(b"first").hexdigest()}"'  # this client looks for it in vain
    assert lrs.save_activity_profile(of_activity).success
    assert lrs.save_agent_profile(of_agent).success
    assert lrs.retrieve_activity_profile(ONE, id).content.content == bytearray(b"second")
    assert id in lrs.retrieve_activity_profile_ids(ONE).content
    assert id in lrs.retrieve_agent_profile_ids(LI).content
    assert lrs.delete_agent_profile(lrs.retrieve_agent_profile(LI, id).content).success
    assert lrs.retrieve_agent_profile(LI, id).response.status == 404
