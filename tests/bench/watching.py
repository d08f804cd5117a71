"""Simulated pages for measurements: sessions that are open, and what each sends next."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.open_stream import Asks, open_stream
from lms_tracker.core.player.grant import keys_of
from lms_tracker.store.credentials import Credential, credential_named, credential_of
from lms_tracker.store.db import reading

SECRET = "b" * 40
LENGTH_S = 2700


class Page:
    """One page: it builds each request from the answer to the last, as cheaply as can be."""

    __slots__ = ("_head", "began", "check", "credited", "grant", "media", "n", "proof")

    def __init__(self, grant: str, proof: str) -> None:
        self.proof, self.n, self.media = proof.encode(), 0, 0.0
        self.began = time.perf_counter()
        self.grant = b'{"g":"' + grant.encode() + b'"'
        self._head = self.grant + b',"n":'
        self.credited = 0.0
        self.check = b""

    def body(self) -> bytes:
        self.media = time.perf_counter() - self.began
        event = b"play" if self.n == 0 else b"beat"
        told = b'{"a":0,"e":"%b","m":%.3f,"r":1,"f":7,"i":[0,%d,0]}' % (event, self.media, self.n % 3)
        return b'%b%d,"p":"%b","b":[%b]}' % (self._head, self.n + 1, self.proof, told)

    def heard(self, answer: bytes) -> None:
        """Take the next proof out of an answer."""
        at = answer.index(b'"p":"') + 5
        self.proof = answer[at : answer.index(b'"', at)]
        self.n += 1

    def asked(self, answer: bytes) -> None:
        """Note the presence check in an answer."""
        at = answer.index(b'"check":{"id":"') + 15
        self.check = answer[at : answer.index(b'"', at)]


def open_pages(db: Engine, count: int) -> list[Page]:
    """So many learners who have just opened a video."""
    keys, now = keys_of(SECRET), datetime.now(UTC)
    source = _source(db, now)

    def open_one(_: int) -> Page:
        actor = {"account": {"homePage": "https://lms.example", "name": uuid.uuid4().hex}}
        asks = Asks("https://lms.example/units/1", "desk", credential=source, actor=actor)
        opened = open_stream(db, keys, asks, datetime.now(UTC))
        return Page(opened.grant, opened.proof)

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(open_one, range(count)))


def _source(db: Engine, now: datetime) -> Credential:
    with reading(db) as tx:
        row = credential_named(tx, "watching")
    return create_credential(db, "watching", now=now)[0] if row is None else credential_of(row)
