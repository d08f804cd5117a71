"""Somebody answers a presence check, or its page says that it is on the screen. The server judges, by its own clock."""

import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.actions.ask_presence import as_page_gets_it, issue, reach, run_out, said_of
from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.actions.take_beats import Refused
from lms_tracker.core.instants import to_us
from lms_tracker.core.player import refusals
from lms_tracker.core.player.checks import Words, wait
from lms_tracker.core.player.grant import Grant
from lms_tracker.core.player.live import note_answer, note_missed
from lms_tracker.core.player.statements import Said
from lms_tracker.store import checks as store
from lms_tracker.store import player
from lms_tracker.store.db import writing
from lms_tracker.store.player import OPEN

TRIES = 2
"""Answers in time; whoever is wrong so often has missed it."""


class UnknownCheck(LookupError):
    """No check of this stream, or one that is over."""


class Judged(Struct, frozen=True):
    """What became of it: answered | again | missed; `check`: what is asked instead, if anything."""

    right: bool
    state: str
    message: Words
    check: dict[str, Any] | None = None


MESSAGES = {
    "answered": Words("已确认，继续计时。", "Thank you; your time goes on counting."),
    "back": Words("欢迎回来，从现在起继续计时。", "Welcome back; your time counts again from now on."),
    "again": Words("答得不对，请再试一次。", "That is not it; please try once more."),
    "missed": Words(
        "没有及时答对，这段时间不计入；答对后继续计时。",
        "Not answered rightly in time: this stretch does not count. Answer rightly to go on.",
    ),
}


def show_check(db: Engine, grant: Grant, id: str, now: datetime) -> None:
    """The page has rendered the check. Raises UnknownCheck, Refused."""
    with writing(db) as tx:
        stream = _stream(tx, grant, now)
        if stream.live.asked is None or stream.live.asked.id != id:
            raise UnknownCheck(id)
        reach(stream.live.asked, to_us(now))
        row = store.check_row(tx, id)
        if row is not None and row.shown_at is None:
            store.change_check(tx, id, shown_at=now)
        player.save_live(tx, stream.session_id, stream.live)


def answer_check(db: Engine, grant: Grant, id: str, given: str, now: datetime) -> Judged:
    """Judge an answer. A late one is missed; it resumes all the same. Raises UnknownCheck, Refused."""
    with writing(db) as tx:
        stream = _stream(tx, grant, now)
        live, at, row = stream.live, to_us(now), store.check_row(tx, id)
        asked = live.asked
        if row is None or row.session_id != stream.session_id:
            raise UnknownCheck(id)
        if asked is None or asked.id != id:
            if row.state == "answered" and row.given == given:  # the answer to the answer was lost
                return Judged(True, "answered", MESSAGES["answered"])
            raise UnknownCheck(id)
        policy = policy_of_learner(tx, stream.learner_id, now).player
        reach(asked, at)
        events = list(run_out(tx, stream.session_id, live, policy, at))
        right = secrets.compare_digest(given.encode(), row.right.encode())
        late, took = asked.missed, at - asked.issued_at
        said = Said("answered", at, check=id, kind=row.kind, text=said_of(tx, id), success=right, took_us=took)
        events.append((stream.session_id, said))
        again = None
        if right:
            live.wrong = 0
            live.asked, live.due = None, wait(policy, secrets.SystemRandom().random())
            note_answer(live, at)
            store.change_check(tx, id, state="answered", answered_at=now, given=given)
            state = "answered"
        else:
            live.wrong += 1
            tried = asked.wrong + 1
            store.change_check(tx, id, state="wrong", answered_at=now, given=given)
            if late or tried >= TRIES:
                state = "missed"
                if not late:
                    note_missed(live)
                    events.append(
                        (
                            stream.session_id,
                            Said("missed", at + 1, check=id, kind=row.kind, text=said.text, took_us=took),
                        )
                    )
            else:
                state = "again"
            row_of = player.session_row(tx, stream.session_id)
            assert row_of is not None
            issue(tx, stream.session_id, row_of.activity, live, policy, at, _draws)
            assert live.asked is not None
            live.asked.wrong, live.asked.missed = tried, state == "missed"
            live.asked.reached_at = at
            again = as_page_gets_it(tx, live.asked.id, policy)
        player.save_live(tx, stream.session_id, live)
        player.add_events(tx, events)
    return Judged(right, state, MESSAGES["back" if right and late else state], again)


def _stream(tx: Connection, grant: Grant, now: datetime) -> player.Stream:
    if grant.until < to_us(now):
        raise Refused(refusals.EXPIRED)
    stream = player.lock_streams(tx, [grant.stream]).get(grant.stream)
    if stream is None or stream.state != OPEN:
        raise Refused(refusals.EXPIRED)
    return stream


def _draws(count: int) -> list[float]:
    dice = secrets.SystemRandom()
    return [dice.random() for _ in range(count)]
