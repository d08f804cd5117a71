"""Real servers for tests and benchmarks: each starts its own on a socket of its own and stops it at the end."""

import getpass
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy import URL

from tests.patience import PATIENCE_S, wait_until

PREFIX = "lms-test-"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3


def absent(what: str) -> NoReturn:
    """End the test because `what` is not installed: skipped, which tests/conftest.py turns into failed for `.ci/run`."""
    pytest.skip(f"{what} is not installed; `make test` installs it")


def find_program(name: str) -> str | None:
    """Path of a program, also where Debian keeps PostgreSQL's servers; None when there is none."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[4]))
    return str(versions[-1]) if versions else None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now, and no other worker of pytest-xdist is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port: int = s.getsockname()[1]
        if port // 2 % workers == worker:  # Linux prefers ports of one parity here
            return port


def in_memory() -> Path | None:
    """A folder for databases that need not outlive the tests; None where the machine has none with room."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return None
    has_room = shutil.disk_usage(MEMORY).free > ROOM_BYTES
    runs_programs = (
        not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    )  # containers often forbid it; a test installs the product
    return MEMORY if has_room and runs_programs else None


@contextmanager
def postgresql(*options: str, within: Path | None = None) -> Iterator[URL]:
    """A fresh PostgreSQL cluster on a Unix socket; yields the URL of its database `postgres`.

    `options` are settings, such as "fsync=off"; `within` a folder, that of temporary files by default.
    """
    initdb, server = find_program("initdb"), find_program("postgres")
    if initdb is None or server is None:
        absent("PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
    user = _server_user()
    shutil.chown(folder, user)
    data = folder / "data"
    try:
        subprocess.run(
            [initdb, "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **_as_user(user),
        )
        arguments = ["-D", str(data), "-k", str(folder), "-h", "", *(part for o in options for part in ("-c", o))]
        url = URL.create("postgresql+psycopg", username="test", database="postgres", query={"host": str(folder)})
        with _running([server, *arguments], url):
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: Sequence[str], url: URL) -> Iterator[None]:
    folder = Path(str(url.query["host"]))
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **_as_user(_server_user()))
    try:
        _wait_for(process, lambda: psycopg.connect(libpq(url)).close(), folder / "log")
        yield
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        process.wait(PATIENCE_S)


@contextmanager
def after_a_crash(url: URL) -> Iterator[None]:
    """The server of `postgresql` has lost what it had only in memory, and runs again until the end."""
    data = Path(str(url.query["host"])) / "data"
    running = data / "postmaster.pid"
    os.kill(int(running.read_text().split()[0]), signal.SIGQUIT)
    wait_until(lambda: not running.exists())
    with _running(shlex.split((data / "postmaster.opts").read_text()), url):
        yield


def execute(server: URL, sql: str) -> None:
    """Run one statement outside of a transaction, as CREATE DATABASE needs."""
    with psycopg.connect(libpq(server), autocommit=True) as connection:
        connection.execute(sql.encode())


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing on disk; yields its `unix://` address."""
    program = shutil.which("redis-server")
    if program is None:
        absent("Redis")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    address = folder / "redis.sock"
    arguments = ["--port", "0", "--unixsocket", str(address), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
    try:
        _wait_for(process, lambda: _connect_unix(address), folder / "log")
        yield f"unix://{address}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)


def chromium() -> str:
    """Path of a Chromium or Chrome for Playwright's `executable_path`; ends the test when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    absent("Chromium")


def node() -> str:
    """Path of Node.js; ends the test when there is none."""
    for name in ("node", "nodejs"):
        if found := shutil.which(name):
            return found
    absent("Node.js")


def node_modules(folder: Path) -> None:
    """End the test unless `folder`'s packages of the npm registry are installed."""
    if not (folder / "node_modules").is_dir():
        absent("what package-lock.json lists")


def _as_user(name: str) -> dict[str, Any]:
    """Arguments of subprocess that run a program as that user."""
    if name == getpass.getuser():
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def _server_user() -> str:
    """PostgreSQL refuses to run as root: then it runs as its own user, or as nobody."""
    if os.geteuid() != 0:
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def libpq(url: URL) -> str:
    """The address of a test database as psycopg wants it."""
    return f"host={url.query['host']} user={url.username} dbname={url.database}"


def _connect_unix(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))


def _wait_for(process: subprocess.Popen[bytes], connect: Callable[[], None], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return connect()
        except (OSError, psycopg.OperationalError):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.05)
