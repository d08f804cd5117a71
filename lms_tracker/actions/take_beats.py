"""Take what pages tell of their players: prove it, judge it, and have it durable before anybody is answered.

A request carries the proof that its predecessor was answered with. Its number decides what it is: the next one is taken;
the last one again is answered again, for its answer was lost; anything else is refused and counted. Requests that wait
at one moment share a transaction.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lms_tracker.actions.ask_presence import as_page_gets_it, ask, reach, run_out
from lms_tracker.actions.line import Line, Place, Steps, Waiting, waiting, write_together
from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.core.instants import to_us
from lms_tracker.core.player import refusals
from lms_tracker.core.player.grant import Grant, Keys, proof, was_issued_for
from lms_tracker.core.player.live import Live, advance, progress
from lms_tracker.core.player.pace import Pace, interval
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.statements import Said, sum_up
from lms_tracker.core.player.tape import (
    END,
    PAUSE,
    PLAY,
    PLAYING,
    RATE,
    SEEK,
    UNDER_CHECK,
    Beat,
    Told,
    delay_ms,
    pack,
    place,
)
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.store import messages, player
from lms_tracker.store.db import reading, writing
from lms_tracker.store.player import CLOSED, OPEN, NewBeats, Stream
from lms_tracker.store.settling import mark_newer

KNOWN_FOR_S = 600
"""How long a process goes by what it knows of a session's policy."""
MOST_KNOWN = 50_000
MOST_EVENTS = 20
"""State changes of one request that become statements: nobody makes more in half a minute."""
_WHAT = {PLAY: "played", PAUSE: "paused", SEEK: "seeked", RATE: "interacted", END: "terminated"}


class Refused(Exception):
    """The request is not taken; `code` is a key of core.player.refusals.REFUSALS."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Request(Struct):
    """What a page tells, under a grant that was looked at."""

    grant: Grant
    n: int
    proof: str
    beats: list[Beat]
    now: datetime
    keys: Keys
    page_ms: float | None = None


class Taken(Struct):
    """Where the stream stands after it. `check`: what the page gets of the check that is open or missed."""

    session_id: int
    n: int
    proof: str
    live: Live
    state: str
    player: PlayerPolicy
    check: dict[str, Any] | None = None
    every_s: tuple[float, float] = (0.0, 0.0)


class Session(Struct, frozen=True):
    """What a process knows of a session that does not change, or rarely."""

    activity: str
    length: int
    study: StudyPolicy
    player: PlayerPolicy
    until: float


_lines: WeakKeyDictionary[Engine, Line] = WeakKeyDictionary()
_known: WeakKeyDictionary[Engine, dict[int, Session]] = WeakKeyDictionary()
_paces: WeakKeyDictionary[Engine, Pace] = WeakKeyDictionary()


def taking(db: Engine, request: Request) -> Steps[Taken]:
    """Where the stream stands, once that is durable. Raises Refused, and what the database raises."""
    if request.grant.until < to_us(request.now):
        raise Refused(refusals.EXPIRED)
    line = _lines.get(db) or _lines.setdefault(db, Line(_writer(db)))
    began = time.monotonic()
    taken: Taken = yield Place(line, request)
    pace, ended = _paces.setdefault(db, Pace()), time.monotonic()
    pace.note(ended - began, ended)
    taken.every_s = interval(taken.player, pace.takes)
    return taken


take_beats = waiting(taking)


def _writer(db: Engine) -> Callable[[list[Waiting]], None]:
    return partial(write_together, write=partial(_take_all, db), apart=_is_of_one, again=_is_cut_off)


def _is_of_one(e: Exception) -> bool:
    return not isinstance(e, OperationalError | PoolTimeout)


def _is_cut_off(e: Exception) -> bool:
    return isinstance(e, DBAPIError) and e.connection_invalidated


def _take_all(db: Engine, requests: list[Request]) -> list[Taken | Refused]:
    known = _learn(db, requests)
    with writing(db) as tx:
        return _take(tx, requests, known)


def _learn(db: Engine, requests: Sequence[Request]) -> dict[int, Session]:
    """The sessions of these requests, as far as there are any."""
    known, clock = _known.setdefault(db, {}), time.monotonic()
    missing = {
        one.grant.stream
        for one in requests
        if (session := known.get(one.grant.stream)) is None or session.until < clock
    }
    if missing:
        if len(known) > MOST_KNOWN:
            known.clear()
        with reading(db) as tx:
            for id, row in player.sessions_by_id(tx, missing).items():
                policy = policy_of_learner(tx, row.learner_id, requests[0].now)
                known[id] = Session(row.activity, row.length_us, policy.study, policy.player, clock + KNOWN_FOR_S)
    return known


def _take(tx: Connection, requests: Sequence[Request], known: dict[int, Session]) -> list[Taken | Refused]:
    batch = _Batch(tx, max(request.now for request in requests))
    streams = player.lock_streams(tx, {request.grant.stream for request in requests})
    outcomes = [batch.take(request, streams, known) for request in requests]
    batch.write(streams)
    return outcomes


class _Batch:
    """What one transaction is to write."""

    def __init__(self, tx: Connection, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.moved: set[int] = set()
        self.beats: list[NewBeats] = []
        self.events: list[tuple[int, Said]] = []
        self.refused: Counter[tuple[int, str]] = Counter()

    def take(self, request: Request, streams: dict[int, Stream], known: dict[int, Session]) -> Taken | Refused:
        stream, session = streams.get(request.grant.stream), known.get(request.grant.stream)
        if stream is None or session is None:  # erased since
            return Refused(refusals.EXPIRED)
        code = _fault(request, stream)
        if code is not None:
            self.refused[stream.session_id, code] += 1
            return Refused(code)
        if stream.state == OPEN and (request.n > stream.n or _is_last_word(request)):
            self._accept(request, stream, session)
        asked = stream.live.asked if stream.state == OPEN else None
        return Taken(
            stream.session_id,
            stream.n,
            proof(request.keys, stream.session_id, stream.n + 1),
            stream.live,
            stream.state,
            session.player,
            None if asked is None else as_page_gets_it(self.tx, stream.live, session.player, to_us(request.now)),
        )

    def _accept(self, request: Request, stream: Stream, session: Session) -> None:
        now, live = max(to_us(request.now), stream.last_at + 1), stream.live
        # Not since the last receipt: a request that was tried for minutes brings old beats, and the next one those after them.
        delay, live.quickest = delay_ms(request.page_ms, now, live.quickest)
        beats = request.beats if request.n > stream.n else _newer(request.beats, now - delay * 1000 - live.at)
        told, late = place(beats, live.at, now, session.player.offline_s, delay)
        if late:
            self.refused[stream.session_id, refusals.LATE] += late
        _note_check(told, live, now)
        before = live.at
        advance(live, told, now, session.study, session.length)
        if live.flags & PLAYING or live.at > before:
            live.due -= live.at - before if any(one.flags & PLAYING for one in told) else 0
        self.events += ((stream.session_id, said) for said in _events(told, live, session, now))
        if live.asked is not None:
            reach(live.asked, now)
            self.events += run_out(self.tx, stream.session_id, session.activity, live, session.player, now)
        if told and told[-1].kind == END:
            stream.state = CLOSED
        else:
            ask(self.tx, stream.session_id, session.activity, live, session.player, session.study, now)
        stream.n, stream.last_at = stream.n + 1, now
        self.moved.add(stream.session_id)
        self.beats.append(NewBeats(now, stream.session_id, stream.n, pack(told)))

    def write(self, streams: dict[int, Stream]) -> None:
        moved = [streams[id] for id in sorted(self.moved)]
        newer: dict[int, list[int]] = {}
        for one in moved:
            newer.setdefault(one.learner_id, []).append(-one.session_id)
        player.add_events(self.tx, self.events)
        player.count_refusals(self.tx, self.refused, self.now)
        with messages.together(self.tx):
            player.move_streams(self.tx, moved, self.beats)
            mark_newer(self.tx, newer, self.now)
            messages.commit(self.tx)


def _is_last_word(request: Request) -> bool:
    """A page that is closed cannot wait for the answer to what it has sent: it says that again, with what came since, and
    its end. If the former was taken, the rest still is: once, for then the stream is over."""
    return bool(request.beats) and request.beats[-1].e == "end"


def _newer(beats: Sequence[Beat], than_us: int) -> list[Beat]:
    """Those that are younger, and the last one."""
    return [beat for beat in beats if beat.a * 1000 < than_us or beat is beats[-1]]


def _fault(request: Request, stream: Stream) -> str | None:
    """Why a request is refused, or None: it is the next one, or the last one again."""
    if request.proof != proof(request.keys, stream.session_id, request.n):
        issued = was_issued_for(request.keys, request.proof)
        if issued is None:
            return refusals.FORGED
        if issued[0] != stream.session_id:
            return refusals.FOREIGN
        return refusals.REPLAYED if issued[1] <= stream.n else refusals.FORGED
    if request.n < stream.n:
        return refusals.REPLAYED
    return refusals.SKIPPED if request.n > stream.n + 1 else None


def _note_check(told: Sequence[Told], live: Live, now: int) -> None:
    """Inputs while a check is open or missed are no sign of presence."""
    if live.asked is not None:
        for one in told:
            if now - one.age_ms * 1000 > live.asked.issued_at:
                one.flags |= UNDER_CHECK


def _events(told: Sequence[Told], live: Live, session: Session, now: int) -> list[Said]:
    found = []
    for one in [one for one in told if one.kind in _WHAT][:MOST_EVENTS]:
        said = Said(
            _WHAT[one.kind],  # type: ignore[arg-type]
            now - one.age_ms * 1000,
            one.position_ms,
            one.before_ms,
            one.rate_pct,
            bool(one.flags & PLAYING) and one.kind != END,
        )
        if one.kind in (PAUSE, END):
            sum_up(said, live, session.length)
        found.append(said)
    if session.length > 0 and not live.completed:
        share = progress(live, session.length, live.seen)
        if share * 100 >= session.player.complete_pct:
            live.completed = True
            done = Said("completed", live.at, live.position // 1000, -1, live.rate_pct, bool(live.flags & PLAYING))
            sum_up(done, live, session.length)
            found.append(done)
    return found


def renewed(taken: Taken, grant: Grant, now: datetime) -> Grant | None:
    """A grant that holds longer, where a third of this one's time is gone."""
    whole, at = round(taken.player.grant_s * 1_000_000), to_us(now)
    return Grant(grant.stream, at + whole) if grant.until - at < whole * 2 // 3 else None
