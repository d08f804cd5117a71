"""A morning of one principal in our own player, so that its pages have something to show: minutes that count, a check that
was answered, one that was missed, and requests that were refused.

As the page would do it, through the actions, on a clock of then. The principal does not touch anything, so checks come
within a quarter of an hour whatever is drawn.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from lms_tracker.actions.answer_check import answer_check, show_check
from lms_tracker.actions.open_stream import Asks, open_stream
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.take_beats import Refused, Request, take_beats
from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.core.player.grant import keys_of, read
from lms_tracker.core.player.tape import Beat
from lms_tracker.demo.courses import BASE
from lms_tracker.store.checks import check_row
from lms_tracker.store.db import reading
from lms_tracker.store.player import latest_of
from lms_tracker.store.tables import account

WATCHES = "p06"
UNIT = f"{BASE}/course-03/unit-1"
BEFORE = timedelta(hours=17, minutes=40)
"""Twenty past six of the day before."""
EVERY_S, WATCHED_S, AWAY_S = 30, 2100, 300


class _Page:
    def __init__(self, db: Engine, begins: datetime) -> None:
        learner_id, account_id = _principal(db)
        self.db, self.now, self.keys = db, begins, keys_of("demo")
        self.opened = open_stream(
            db, self.keys, Asks(UNIT, "demo", learner_id=learner_id, account_id=account_id), begins
        )
        self.grant, self.n, self.proof, self.media = read(self.keys, self.opened.grant), 0, self.opened.proof, 0.0
        self.check: dict[str, Any] | None = None

    def tell(self, event: Any = "beat", flags: int = 7) -> None:
        self.grant = type(self.grant)(self.grant.stream, self.grant.until + EVERY_S * 1_000_000)  # renewed in time
        beat = Beat(0.0, event, self.media, 1.0, flags)
        taken = take_beats(self.db, Request(self.grant, self.n + 1, self.proof, [beat], self.now, self.keys))
        self.n, self.proof, self.check = taken.n, taken.proof, taken.check

    def forge(self, n: int, proof: str) -> None:
        try:
            take_beats(self.db, Request(self.grant, n, proof, [Beat(0.0)], self.now, self.keys))
        except Refused:
            return
        raise AssertionError("this should have been refused")

    def pass_(self, seconds: float, *, plays: bool = True) -> None:
        self.now += timedelta(seconds=seconds)
        self.media += seconds if plays else 0.0

    def show(self) -> str:
        assert self.check is not None
        id = str(self.check["id"])
        show_check(self.db, self.grant, id, self.now)
        return id

    def answer(self, id: str) -> None:
        with reading(self.db) as tx:
            row = check_row(tx, id)
            assert row is not None
        assert answer_check(self.db, self.grant, id, row.right, self.now).right


def _principal(db: Engine) -> tuple[int, int]:
    with reading(db) as tx:
        row = tx.execute(select(account.c.learner_id, account.c.id).where(account.c.login == WATCHES)).one()
    return int(row.learner_id), int(row.id)


def watch_with_our_player(db: Engine, as_of: datetime, clock: Callable[[], datetime]) -> None:
    """Half an hour: the first check is answered, the second one missed, and answered five minutes later."""
    with reading(db) as tx:
        if latest_of(tx, _principal(db)[0]) is not None:
            return
    page = _Page(db, as_of - BEFORE)
    first = page.proof
    page.tell("play")
    asked = 0
    while page.media < WATCHED_S:
        page.pass_(EVERY_S)
        page.tell()
        if page.check is None:
            continue
        asked, id = asked + 1, page.show()
        page.pass_(9)
        if asked == 2:  # called away: the page pauses when the check has run out
            page.pass_(60)
            page.tell("pause", 6)
            page.pass_(AWAY_S, plays=False)
        page.answer(id)
        page.tell("play")
    page.forge(1, first)
    page.forge(page.n + 1, "x" * 32)
    page.tell("end", 6)
    while tell_sessions(db, page.now):
        pass
    settle_all(db, clock)
