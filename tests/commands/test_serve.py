"""The server as an operator meets it: started, stopped, refused. Real processes, on free ports."""

import base64
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from granian.constants import Interfaces
from sqlalchemy import Engine, text

from lms_tracker.commands.serve import TURNS, Server
from lms_tracker.core.instants import from_us
from lms_tracker.core.xapi.timestamps import format_timestamp
from tests.patience import ATTEMPT_S, PATIENCE_S, wait_until
from tests.services import free_port

COMMAND = [sys.executable, "-m", "lms_tracker.cli"]


class Site:
    """One installation: a folder of its data, a port, and the command that is run in it."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.folder = folder
        self.command = command
        self.environment = os.environ | {"LMS_TRACKER_VAR_DIR": str(folder), "LMS_TRACKER_PORT": str(self.port)}
        self.log = folder / "serve.log"

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator["subprocess.Popen[bytes]"]:
        """The server in a process group of its own, as a shell starts it; ready when this yields, gone afterwards."""
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [*self.command, "serve"],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda: self.get("/login") == 200)
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def get(self, path: str) -> int | None:
        """Status of a page; None when nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ATTEMPT_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A migrated installation."""
    made = Site(tmp_path)
    assert made.run("db", "upgrade").returncode == 0
    return made


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_terminate_stop_everything_cleanly(site: Site, by: signal.Signals) -> None:
    with site.serving() as process:
        os.killpg(process.pid, by) if by == signal.SIGINT else process.send_signal(by)
        assert process.wait(PATIENCE_S) == 0
    wait_until(lambda: _members(process.pid) == [])
    assert "Traceback" not in site.log.read_text() and "ERROR" not in site.log.read_text()


def test_who_waits_for_a_transaction_holds_no_thread(site: Site) -> None:
    """Three times as many wait as there are threads: a page is answered all the same, and they are when they can be."""
    headers, body = _key(site), json.dumps(_experienced(0))
    with site.serving(), closing(sqlite3.connect(site.folder / "lms_tracker.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else writes now
        waiting = [http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S) for _ in range(3 * TURNS)]
        for connection in waiting:
            connection.request("POST", "/xapi/statements", body, headers)
        assert [site.get("/login") for _ in range(5)] == [200] * 5
        other.execute("COMMIT")
        assert {connection.getresponse().status for connection in waiting} == {200}
        for connection in waiting:
            connection.close()
        assert other.execute("SELECT count(*) FROM statement").fetchone() == (3 * TURNS,)


@pytest.mark.parametrize("piecewise", [False, True], ids=["of a length", "in chunks"])
def test_who_sends_slowly_holds_up_nobody(site: Site, piecewise: bool) -> None:
    """Twenty times as many send as are worked on at a time, and none goes on: others are answered all the same, a page and
    whoever stores, and they are, too, when they have sent the rest."""
    headers, body = _key(site), json.dumps(_experienced(0)).encode()
    how = {"Transfer-Encoding": "chunked"} if piecewise else {"Content-Length": str(len(body))}
    rest = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if piecewise else body
    with site.serving():
        senders = [http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S) for _ in range(20 * TURNS)]
        for sender in senders:
            sender.putrequest("POST", "/xapi/statements")
            for name, value in (headers | how).items():
                sender.putheader(name, value)
            sender.endheaders()
            sender.send(rest[:1])
        assert [site.get("/login") for _ in range(5)] == [200] * 5
        assert _ask(site, "POST", "/xapi/statements", headers, body.decode())[0] == 200
        for sender in senders:
            sender.send(rest[1:])
        assert {sender.getresponse().status for sender in senders} == {200}
        for sender in senders:
            sender.close()


def test_no_process_says_that_all_is_there_while_another_is_storing(tmp_path: Path, pg: Engine) -> None:
    """Whoever asks for what was stored since the instant of the last answer would never get the rest."""
    site = Site(tmp_path)
    site.environment["LMS_TRACKER_WEB_WORKERS"] = "2"
    site.environment["LMS_TRACKER_DATABASE_URL"] = pg.url.render_as_string()
    headers = _key(site)
    looked: list[tuple[str, str]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():  # a connection each: now this process answers, now that
            status, told, body = _ask(site, "GET", "/xapi/statements?format=ids&limit=1", headers)
            assert status == 200
            newest = max((s["stored"] for s in body["statements"]), default="")
            looked.append((told["X-Experience-API-Consistent-Through"], newest))

    with site.serving():
        wait_until(lambda: site.log.read_text().count("answers requests") == 2)
        readers = [threading.Thread(target=look) for _ in range(2)]
        for reader in readers:
            reader.start()
        for _ in range(8):
            batch = json.dumps([_experienced(n) for n in range(1000)])
            assert _ask(site, "POST", "/xapi/statements", headers, batch)[0] == 200
        done.set()
        for reader in readers:
            reader.join(PATIENCE_S)
        with pg.connect() as db:
            stored = [format_timestamp(from_us(at)) for at in db.scalars(text("SELECT DISTINCT stored FROM statement"))]
    assert len(stored) == 8 and len(looked) > 8
    missed = [
        (through, newest) for through, newest in looked if max((s for s in stored if s < through), default="") > newest
    ]
    assert missed == []


def _key(site: Site) -> dict[str, str]:
    made = site.run("credential", "create", "lms").stdout
    key, secret = (re.search(rf"{name}: +(\S+)", made)[1] for name in ("key", "secret"))
    return {
        "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }


def _experienced(n: int) -> dict[str, object]:
    verb = {"id": "http://adlnet.gov/expapi/verbs/experienced"}
    return {"actor": {"mbox": f"mailto:p{n % 20}@example.org"}, "verb": verb, "object": {"id": f"urn:unit:{n % 20}"}}


def _ask(site: Site, method: str, path: str, headers: dict[str, str], body: str | None = None) -> tuple[int, Any, Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())


def test_a_header_comes_from_the_request_and_never_from_the_server_s_own_environment(site: Site) -> None:
    """CGI puts both into one table; so does Granian, were it let."""
    site.environment["HTTP_X_EXPERIENCE_API_VERSION"] = "1.0.1"
    with site.serving():
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=ATTEMPT_S)
        with closing(connection):
            connection.request("GET", "/xapi/about")
            assert connection.getresponse().headers["X-Experience-API-Version"] != "1.0.1"


@pytest.mark.parametrize("more", [0, 1])
def test_each_http_process_has_a_processor_of_its_own_where_there_are_as_many(site: Site, more: int) -> None:
    mine = os.sched_getaffinity(0)
    some = sorted(mine)[:2]
    site.environment["LMS_TRACKER_WEB_WORKERS"] = str(len(some) + more)
    wanted = [set(some)] * (len(some) + more) if more else [{one} for one in some]
    try:
        os.sched_setaffinity(0, some)  # the server begins with it
        with site.serving() as process:
            wait_until(lambda: _processors_of_children(process.pid) == wanted)
            assert os.sched_getaffinity(process.pid) == set(some), "it settles, wherever there is room"
    finally:
        os.sched_setaffinity(0, mine)


def test_a_signal_that_comes_while_another_is_handled_waits_for_nothing() -> None:
    server, handled = Server("lms_tracker.app:wsgi", interface=Interfaces.WSGI), []

    class Interrupted:
        def set(self) -> None:
            """In the middle of it, as it holds its lock, the next signal comes."""
            handled.append(1)
            if len(handled) < 3:
                server.signal_handler_interrupt()

    server.main_loop_interrupt = Interrupted()
    server.signal_handler_interrupt()
    assert server.interrupt_signal and len(handled) == 1


def test_http_processes_do_not_outlive_a_killed_supervisor(site: Site) -> None:
    with site.serving() as process:
        process.kill()
        process.wait()
        wait_until(lambda: _members(process.pid) == [])
    assert site.get("/login") is None


def test_a_port_in_use_is_said_before_anything_starts(site: Site) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        refused = site.run("serve")
    assert refused.returncode == 1
    assert str(site.port) in refused.stderr and "LMS_TRACKER_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_second_server_on_the_same_port_is_refused(site: Site) -> None:
    with site.serving():
        refused = site.run("serve")
    assert refused.returncode == 1 and "in use" in refused.stderr


def test_a_database_that_was_never_migrated_is_refused_with_the_remedy(tmp_path: Path) -> None:
    refused = Site(tmp_path).run("serve")
    assert refused.returncode == 1
    assert "lms-tracker db upgrade" in refused.stderr and "0001" in refused.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    refused = Site(tmp_path)
    refused.environment["LMS_TRACKER_VAR_DIR"] = str(in_the_way / "var")
    answer = refused.run("db", "upgrade")
    assert answer.returncode == 1 and str(in_the_way) in answer.stderr and "Traceback" not in answer.stderr


def test_a_database_of_another_kind_is_refused_by_the_name_of_the_setting(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.environment["LMS_TRACKER_DATABASE_URL"] = "mysql://somewhere/x"
    refused = site.run("db", "upgrade")
    assert refused.returncode == 1 and "LMS_TRACKER_DATABASE_URL" in refused.stderr


@pytest.mark.parametrize("port", ["99999", "0", "-1", "eighty"])
def test_a_port_that_is_none_is_refused_by_the_name_of_the_setting(tmp_path: Path, port: str) -> None:
    site = Site(tmp_path)
    site.environment["LMS_TRACKER_PORT"] = port
    refused = site.run("serve")
    assert refused.returncode == 1
    assert "LMS_TRACKER_PORT: must be" in refused.stderr and "Traceback" not in refused.stderr


def test_upgrading_says_what_it_did_and_then_that_there_was_nothing_to_do(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert "applied 0001" in site.run("db", "upgrade").stdout
    assert "up to date" in site.run("db", "upgrade").stdout
    assert "at revision" in site.run("db", "status").stdout


def _processors_of_children(supervisor: int) -> list[set[int]]:
    """Of each HTTP process."""
    found = []
    for pid in _members(supervisor):
        with suppress(OSError):  # it has gone
            if b"multiprocessing-fork" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(os.sched_getaffinity(pid))
    return sorted(found, key=sorted)


def _members(group: int) -> list[int]:
    """Processes of a session, zombies apart."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
