"""Somebody answers a presence check, or its page says that it is on the screen. The server judges, by its own clock."""

import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine

from lms_tracker.actions.ask_presence import as_page_gets_it, issue, reach, run_out, said_of, say_answered, say_missed
from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.actions.take_beats import Refused
from lms_tracker.core.instants import to_us
from lms_tracker.core.player import refusals
from lms_tracker.core.player.checks import CONFIRM, TRIES, Words, pause, wait
from lms_tracker.core.player.grant import Grant
from lms_tracker.core.player.live import Live, note_answer, note_wrong
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.statements import Said
from lms_tracker.store import checks as store
from lms_tracker.store import player
from lms_tracker.store.db import writing
from lms_tracker.store.player import OPEN


class UnknownCheck(LookupError):
    """No check of this stream, or one that is over."""


class Judged(Struct, frozen=True):
    """What became of it: answered | again | missed | wait (it came too soon after a wrong one, and is not judged);
    `check`: what is asked instead, if anything."""

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
    "wait": Words("请稍等几秒，看清题目再回答。", "Please wait for some seconds, and read the question."),
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
        activity = player.activity_of(tx, stream.session_id)
        reach(asked, at)
        events = list(run_out(tx, stream.session_id, activity, live, policy, at))
        if at < live.tries_from:
            state, right, late = "wait", False, asked.missed
        else:
            right, late = _is_right(given, row.right), asked.missed
            said = Said(
                "answered",
                at,
                check=id,
                kind=row.kind,
                text=said_of(tx, id),
                success=right,
                took_us=at - asked.issued_at,
            )
            events += [(stream.session_id, said), *say_answered(tx, activity, live, said, late=late)]
            store.change_check(tx, id, state="answered" if right else "wrong", answered_at=now, given=given)
            if right:
                state = _note_right(live, row.kind, at, policy)
            else:
                state = _note_wrong(tx, stream, activity, at, policy, events)
        again = None if right else as_page_gets_it(tx, live, policy, at)
        player.save_live(tx, stream.session_id, live)
        player.add_events(tx, events)
    return Judged(right, state, MESSAGES["back" if right and late else state], again)


def _is_right(given: str, right: str) -> bool:
    """Whether these are the right options, in whatever order."""
    return secrets.compare_digest("".join(sorted(given)).encode(), "".join(sorted(right)).encode())


def _note_right(live: Live, kind: str, at: int, policy: PlayerPolicy) -> str:
    live.asked, live.due = None, wait(policy, secrets.SystemRandom().random(), live.wrong)
    live.confirmed, live.tries_from = kind == CONFIRM, 0
    note_answer(live, at)
    return "answered"


def _note_wrong(
    tx: Connection, stream: player.Stream, activity: str, at: int, policy: PlayerPolicy, events: list[tuple[int, Said]]
) -> str:
    """Another question instead, while there are tries; else the check is missed, and the next answer has to wait."""
    live, asked = stream.live, stream.live.asked
    assert asked is not None
    note_wrong(live)
    live.tries_from = at + pause(live.wrong)
    tried = asked.wrong + 1
    if not asked.missed and tried >= TRIES:
        events += say_missed(tx, stream.session_id, activity, live, at + 1)
    missed, owed = asked.missed, asked.owed
    issue(tx, stream.session_id, activity, live, policy, at)
    assert live.asked is not None
    live.asked.wrong, live.asked.missed, live.asked.owed, live.asked.reached_at = tried, missed, owed, at
    return "missed" if missed else "again"


def _stream(tx: Connection, grant: Grant, now: datetime) -> player.Stream:
    if grant.until < to_us(now):
        raise Refused(refusals.EXPIRED)
    stream = player.lock_streams(tx, [grant.stream]).get(grant.stream)
    if stream is None or stream.state != OPEN:
        raise Refused(refusals.EXPIRED)
    return stream
