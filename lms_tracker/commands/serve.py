"""`lms-tracker serve`: HTTP worker processes under one supervisor, which also runs the worker that settles study time."""

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING, Any

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import mp
from granian.wsgi import Response as StartedAnswer
from granian.wsgi import ResponseIterWrap
from sqlalchemy import Engine

from lms_tracker.commands.sound_policies import require_sound_policies
from lms_tracker.later import LATER, AnsweredLater
from lms_tracker.settings import Settings, with_secret_key
from lms_tracker.store.db import open_db, reading
from lms_tracker.store.migrations import UnknownRevision, pending
from lms_tracker.turns import Arriving, Turns

if TYPE_CHECKING:  # it brings libraries that start threads, before the signals are taken
    from lms_tracker.actions.under_way import Board

log = logging.getLogger(__name__)

TURNS = 16
"""Requests that one process works on at a time. Who waits for a shared transaction has none (lms_tracker.later), nor who waits
for what is still being sent or taken."""
THREADS = 512
"""Of one process, made when needed: whoever sends or takes something slowly holds one."""
MOST_PROCESSES = 4
"""Unless told otherwise: each may hold ten connections, and PostgreSQL gives a hundred."""
GC_THRESHOLD = 100_000
"""A batch makes some 20,000 objects, nearly all gone at its end, and several are under way at once; by Python's own 700 each would be
looked through twenty times."""
STOP_TIMEOUT_S = 10
LINUX_PR_SET_PDEATHSIG = 1


class Server(Granian):
    """Where there are as many processes as processors, each has one of its own: its threads take turns in any case, and
    waking one on another processor costs a third of the time that a small request takes (docs/speed.md).

    Granian sets an event in its signal handler. A second signal at that moment would wait for the lock that its own
    thread holds, for ever: `kill -- -GROUP` of `make run` sends two, one of them by make.
    """

    board: "Board | None" = None
    """What the HTTP processes and the worker tell one another by; whoever loads the application is given it, and the process's place on it."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Stop, once."""
        if not self.interrupt_signal:
            super().signal_handler_interrupt(*args, **kwargs)

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Callable[[], Any]) -> Any:
        processors = _processors()
        if self.board is not None:
            callback_loader = partial(callback_loader, self.board, idx)
        if len(processors) == self.workers:
            callback_loader = partial(_load_on, processors[idx], callback_loader)
        return super()._spawn_worker(idx, target, callback_loader)


def _load_on(processor: int, load: Callable[[], Any]) -> Any:
    """In the child, before it has any thread but this one."""
    with suppress(OSError):  # a container may forbid it
        os.sched_setaffinity(0, {processor})
    return load()


def _processors() -> list[int]:
    """Those that this process may use; none where the system does not say which."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@click.command()
@click.pass_obj
def group(settings: Settings) -> None:
    """Serve the pages and the xAPI resources until SIGINT or SIGTERM.

    The address is LMS_TRACKER_HOST and LMS_TRACKER_PORT. The database must be migrated.
    """
    require_sound_policies()
    db = open_db(settings.database_url)
    try:
        _require_migrated(db)
        _require_free(settings.host, settings.port)
        _serve(with_secret_key(settings), db)
    finally:
        db.dispose()


def _serve(settings: Settings, db: Engine) -> None:
    # Forked children would inherit the locks of this process's threads in whatever state they are.
    multiprocessing.set_start_method("spawn", force=True)
    _take_terminal_signals()
    processes = settings.web_workers or _processes(db)
    server = Server(
        "lms_tracker.app:wsgi",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT_S,
        log_level=LogLevels.error,
    )
    server.board = RawArray(ctypes.c_int64, processes + 1)
    if settings.worker:
        from lms_tracker.actions.under_way import UnderWay
        from lms_tracker.jobs.worker import Worker

        worker = Worker(db, settings, UnderWay(server.board, processes))
        server.on_startup(worker.start)
        server.on_shutdown(worker.stop)
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    server.serve(target_loader=partial(load_application, settings, os.getpid()), wrap_loader=False)
    log.info("stopped")


def _processes(db: Engine) -> int:
    """One per processor: a process uses one at a time. SQLite has one writer at a time, and processes poll for it."""
    return min(len(_processors()) or os.cpu_count() or 1, MOST_PROCESSES) if db.dialect.name == "postgresql" else 1


def load_application(settings: Settings, supervisor: int, board: "Board", number: int) -> Callable[..., Any]:
    """The WSGI application of one HTTP worker process; Granian calls this in the child. `board` is theirs together."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if sys.platform == "linux":
        # Nobody would stop a child of a supervisor that was killed, and it would keep the port. Granian may miss a SIGTERM.
        ctypes.CDLL(None).prctl(LINUX_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            sys.exit(1)
    from lms_tracker.actions.under_way import UnderWay
    from lms_tracker.app import create_app

    app = create_app(settings)
    app.extensions["xapi"].under_way = UnderWay(board, number)
    mp._wsgi_call_wrap = _taking_answers_later
    gc.freeze()  # what was made so far stays for good: the collector need not walk through it again and again
    gc.set_threshold(GC_THRESHOLD)
    log.info("process %s answers requests", os.getpid())
    return app


def _taking_answers_later(application: Callable[..., Any], *_options: Any) -> Callable[[Any, dict[str, Any]], None]:
    """In place of Granian's call of an application (granian/wsgi.py), one that is told how to answer later.

    Granian's object for an answer may be used once, by any thread, and outlives the call (src/wsgi/io.rs); but nothing in
    WSGI leads to it. Without this, whoever waits for a transaction holds a thread. And Granian's copies this process's
    environment into that of each request, its secrets included.
    """
    turns = Turns(TURNS)
    always = {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "Granian",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }

    def call(answer: Any, environ: dict[str, Any]) -> None:
        started = StartedAnswer()
        environ |= always
        environ[LATER] = answer.response_bytes
        environ["wsgi.input"] = Arriving(environ["wsgi.input"], turns)
        turns.take()
        try:
            body = application(environ, started)
        except AnsweredLater:
            return
        finally:
            turns.give_back()
        if isinstance(body, list):
            answer.response_bytes(started.status, started.headers, b"".join(body))
        else:
            answer.response_iter(started.status, started.headers, ResponseIterWrap(body))

    return call


def _take_terminal_signals() -> None:
    """A terminal sends Ctrl-C to every process at once; only the supervisor may act on it, and stops its children.

    The signals are blocked here and, by inheritance, in the children; a thread waits for them.
    """
    resource_tracker.ensure_running()  # it would unblock SIGINT when started later
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
    awaited = {signal.SIGINT}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it
        awaited.add(signal.SIGHUP)

    def wait() -> None:
        signal.sigwait(awaited)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _announce(settings: Settings) -> None:
    """Say the address once somebody listens there."""
    address = (_reachable(settings.host), settings.port)
    while True:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return log.info("listening on %s:%s, open %s", settings.host, settings.port, settings.public_url)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _require_free(host: str, port: int) -> None:
    # Granian's own sockets share their port, so a second server would start and take half of the requests.
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as e:
        hint = "stop the program that uses it, or choose another with LMS_TRACKER_PORT (make run PORT=8001)"
        raise click.ClickException(f"cannot listen on {host}:{port}: {e.strerror}; {hint}") from e


def _require_migrated(db: Engine) -> None:
    try:
        with reading(db) as tx:
            missing = pending(tx)
    except UnknownRevision as e:
        raise click.ClickException(str(e)) from e
    if missing:
        names = ", ".join(step.revision for step in missing)
        raise click.ClickException(f"the database lacks migrations ({names}): run `lms-tracker db upgrade` first")
