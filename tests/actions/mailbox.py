"""A real SMTP server with one mailbox, sending to it, and workers that do so at the same moment."""

import email
import email.policy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from threading import Barrier
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from lms_tracker.actions.mail import send_mails
from lms_tracker.core.mail import Server
from tests import services


class Box:
    """A server's mailbox; `answer` is what it says to each message."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.refused: set[str] = set()
        self.tried: list[str] = []
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refused:
            return f"550 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.tried += envelope.rcpt_tos
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
        return self.answer


@pytest.fixture
def box() -> Iterator[tuple[Box, Server]]:
    box, port = Box(), services.free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, Server("127.0.0.1", port)
    controller.stop()


def deliver(db: Engine, server: Server, at: datetime) -> int:
    """All that is due at an instant."""
    how = {"sender": "study@example.edu", "public_url": "https://study.example.edu"}
    return send_mails(db, server, clock=lambda: at, jitter=lambda: 1.0, **how)


def run_at_once(jobs: Sequence[Callable[[], object]], *, times: int) -> None:
    """Each so often in a thread of its own, all of which begin at the same moment. Raises what a job raises."""
    start = Barrier(len(jobs))

    def work(job: Callable[[], object]) -> None:
        start.wait(30)
        for _ in range(times):
            job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(work, job) for job in jobs]:
            done.result(60)
