"""Begin to watch: a grant for one person, activity, registration and device. One open stream a person, wherever it is.

Whoever begins elsewhere is told of the stream that is open, and may take over: then the other pauses. Who was asked by a
presence check and went away without an answer owes it: the new page begins with it (core.player.sitting).
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.ask_presence import as_page_gets_it, draws, issue, run_out
from lms_tracker.actions.blocked import refuse_blocked
from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.identities import SEEN
from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.player import checks
from lms_tracker.core.player.grant import Forged, Grant, Keys, proof, read, sign
from lms_tracker.core.player.live import SECOND, Asked, Live, Span, credited, join, note_missed
from lms_tracker.core.player.sitting import carry_on
from lms_tracker.core.player.statements import Said, last_word
from lms_tracker.core.xapi.actors import actor_of, identify
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.core.xapi.scopes import WRITE
from lms_tracker.core.xapi.vocabulary import VERB_INITIALIZED
from lms_tracker.store import player
from lms_tracker.store.checks import change_check
from lms_tracker.store.credentials import Credential
from lms_tracker.store.db import writing
from lms_tracker.store.evidence import catalogued
from lms_tracker.store.identity_history import hold_who_is_who, identities_of, learner_row
from lms_tracker.store.learners import add_identity, known_learners, learners_of
from lms_tracker.store.ledger import entries_of_activity
from lms_tracker.store.player import CLOSED, OPEN, SUPERSEDED, Stream
from lms_tracker.store.settling import unsettled_among

log = logging.getLogger(__name__)
_ATTEMPTS = 5
SILENT = timedelta(hours=2)
"""Longer than any policy lets a page keep what it could not send (core.player.policy: an hour)."""


class NotGranted(Exception):
    """Nobody may study so. `code`: scope | bounds | actor | erased | unknown."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class ActiveElsewhere(Exception):
    """The person has a stream that is open."""

    def __init__(self, activity: str, device: str, since: datetime) -> None:
        self.activity, self.device, self.since = activity, device, since
        super().__init__(activity)


class Asks(Struct, frozen=True):
    """Who asks for what: somebody logged in (`learner_id`), or a source for an `actor`."""

    activity: str
    device: str
    registration: str | None = None
    take_over: bool = False
    grant: str | None = None
    """The last one of the same page, over or not: the same session goes on."""
    learner_id: int | None = None
    account_id: int | None = None
    login: str | None = None
    credential: Credential | None = None
    actor: Mapping[str, Any] | None = None


class Opened(Struct, frozen=True):
    """What the page is told. Lengths in seconds."""

    grant: str
    session: str
    registration: str
    n: int
    proof: str
    every_s: tuple[float, float]
    offline_s: float
    rates: tuple[float, ...]
    length_s: float | None
    resume_s: float
    credited_s: float
    target_s: float | None
    segments: list[tuple[float, float]]
    check: dict[str, Any] | None = None


def open_stream(db: Engine, keys: Keys, asks: Asks, now: datetime) -> Opened:
    """A grant, and all that a page needs to begin. Raises ActiveElsewhere, NotGranted, and Blocked for who was erased."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with writing(db) as tx:
                return _Opening(tx, keys, asks, now).open()
        except IntegrityError:  # somebody opened another at the same moment: look again
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError


class _Opening:
    def __init__(self, tx: Connection, keys: Keys, asks: Asks, now: datetime) -> None:
        self.tx, self.keys, self.asks, self.now = tx, keys, asks, now
        hold_who_is_who(tx)
        self.learner_id, self.ifi, self.actor = self._who()
        self.policy: Policy = policy_of_learner(tx, self.learner_id, now)

    def _who(self) -> tuple[int, str, dict[str, Any]]:
        asks = self.asks
        if asks.credential is not None:
            return self._of_source(asks.credential)
        row = learner_row(self.tx, asks.learner_id or 0)
        if row is None or row.erased_at is not None:
            raise NotGranted("unknown")
        actor = json.loads(row.actor)
        mine = {one.ifi for one in identities_of(self.tx, [row.id])}
        ifi = identify(actor)
        if ifi is not None and not mine and not known_learners(self.tx, [ifi]):
            add_identity(self.tx, row.id, ifi, SEEN, self.now)  # nothing was heard of this person before
        elif ifi is None or ifi not in mine:
            if not mine:
                raise NotGranted("unknown")
            ifi = min(mine)
            actor = actor_of(ifi)
        return row.id, ifi, actor

    def _of_source(self, credential: Credential) -> tuple[int, str, dict[str, Any]]:
        if not credential.may(WRITE):
            raise NotGranted("scope")
        actor = dict(self.asks.actor or {})
        try:  # as its statements will be checked: what could not be said of the actor then is refused now
            parse_statement({"actor": actor, "verb": {"id": VERB_INITIALIZED}, "object": {"id": self.asks.activity}})
            ifi = identify(actor)
        except StatementError:
            ifi = None
        if ifi is None:
            raise NotGranted("actor")
        bounds = credential.bounds
        if bounds.actor not in (None, ifi) or bounds.activity not in (None, self.asks.activity):
            raise NotGranted("bounds")
        refuse_blocked(self.tx, [ifi])
        return learners_of(self.tx, {ifi: actor}, self.now)[ifi], ifi, actor

    def open(self) -> Opened:
        standing = player.open_stream_of(self.tx, self.learner_id)
        if standing is not None:
            row = player.session_row(self.tx, standing.session_id)
            assert row is not None
            if self._goes_on(standing, row):
                return self._told(row, standing)
            lease = timedelta(seconds=self.policy.player.lease_s)
            active = from_us(standing.last_at) > self.now - lease
            if active and not self.asks.take_over:
                raise ActiveElsewhere(row.activity, row.device, row.opened_at)
            close(self.tx, standing, row.length_us, SUPERSEDED if active else CLOSED)
        return self._begin()

    def _goes_on(self, standing: Stream, row: Any) -> bool:
        """Whether the page that asks is the one whose stream is open."""
        if self.asks.grant is None:
            return False
        try:
            before = read(self.keys, self.asks.grant)
        except Forged:
            return False
        mine = (row.activity, row.device) == (self.asks.activity, self.asks.device)
        same = self.asks.registration in (None, row.registration)
        return before.stream == standing.session_id and mine and same

    def _begin(self) -> Opened:
        item = catalogued(self.tx, [self.asks.activity]).get(self.asks.activity)
        length = -1 if item is None or item.length is None else item.length
        live, previous = self._live(media=item is None or item.media)
        values = {
            "uuid": uuid4(),
            "learner_id": self.learner_id,
            "ifi": self.ifi,
            "actor": json.dumps(self.actor, ensure_ascii=False),
            "activity": self.asks.activity,
            "registration": str(UUID(self.asks.registration)) if self.asks.registration else str(uuid4()),
            "device": self.asks.device,
            "account_id": self.asks.account_id,
            "login": self.asks.login,
            "credential_id": None if self.asks.credential is None else self.asks.credential.id,
            "media": live.media,
            "length_us": length,
            "opened_at": self.now,
        }
        id = player.add_session(self.tx, values, live)
        stream = Stream(id, self.learner_id, 0, to_us(self.now), OPEN, live)
        at = to_us(self.now)
        events = [(id, Said("initialized", at))]
        if previous is not None and previous.asked is not None:
            events += self._owe(id, live, previous.asked, at)
        player.add_events(self.tx, events)
        row = player.session_row(self.tx, id)
        log.info("session %d of learner %d opened", id, self.learner_id)
        return self._told(row, stream)

    def _owe(self, id: int, live: Live, before: Asked, at: int) -> list[tuple[int, Said]]:
        """Somebody went away from a check: asked first of all. What is said of it, if it was missed, or is by now."""
        policy = self.policy.player
        issue(self.tx, id, self.asks.activity, live, policy, at)
        asked = live.asked
        assert asked is not None
        asked.owed, asked.missed, asked.wrong = True, before.missed, before.wrong
        asked.reached_at = at if before.missed else before.reached_at or at
        if before.missed:
            note_missed(live)
            said = [(id, Said("missed", at + 1, check=asked.id, kind=asked.kind))]
        else:
            change_check(self.tx, before.id, state="dropped")  # this one stands for it, and its time goes on
            said = list(run_out(self.tx, id, self.asks.activity, live, policy, at))
        player.save_live(self.tx, id, live)
        return said

    def _live(self, *, media: bool) -> tuple[Live, Live | None]:
        """Where a new stream begins, and where the learner's last one stands."""
        at = to_us(self.now)
        live = Live(opened_at=at, at=at, media=media, sign_at=at, due=checks.wait(self.policy.player, draws(1)[0]))
        live.before, live.raw_before, live.held_before, live.seen = self._counted()
        previous = player.latest_of(self.tx, self.learner_id)
        if previous is None:
            return live, None
        row, stream = previous
        carry_on(live, stream.live, row.id, at)
        return live, stream.live

    def _counted(self) -> tuple[int, int, int, list[Span]]:
        """Credited, raw and held of the activity by now, and the content that is credited."""
        entries = entries_of_activity(self.tx, self.learner_id, self.asks.activity)
        spans = [i.media for entry in entries for i in entry.intervals if i.media and i.verdict == "credited"]
        amounts = [sum(getattr(entry, name) for entry in entries) for name in ("credited_us", "raw_us", "held_us")]
        seen = join(spans)
        last = player.latest_of(self.tx, self.learner_id, self.asks.activity)
        if last is not None and unsettled_among(self.tx, [self.learner_id]):  # the ledger lags by a moment
            live = last[1].live
            pieces = [(p.low, p.high) for p in (*live.maybe, *live.doubt) if p.low >= 0]
            if credited(live) > amounts[0]:
                return credited(live), live.raw_before + live.raw, amounts[2], join([*live.seen, *pieces])
        return amounts[0], amounts[1], amounts[2], seen

    def _told(self, row: Any, stream: Stream) -> Opened:
        policy, live = self.policy.player, stream.live
        grant = Grant(stream.session_id, to_us(self.now) + round(policy.grant_s * SECOND))
        length = None if row.length_us < 0 else row.length_us / SECOND
        last = player.latest_of(self.tx, self.learner_id, self.asks.activity, before=stream.session_id)
        resume = live.position if live.position >= 0 else -1 if last is None else last[1].live.position
        if last is not None and last[1].live.completed and live.position < 0:
            resume = 0
        return Opened(
            grant=sign(self.keys, grant),
            session=str(row.uuid),
            registration=row.registration,
            n=stream.n,
            proof=proof(self.keys, stream.session_id, stream.n + 1),
            every_s=(policy.beat_from_s, policy.beat_to_s),
            offline_s=policy.offline_s,
            rates=policy.rates,
            length_s=length,
            resume_s=max(resume, 0) / SECOND,
            credited_s=round(credited(live) / SECOND, 1),
            target_s=length,
            segments=[(low / SECOND, high / SECOND) for low, high in live.seen],
            check=as_page_gets_it(self.tx, live, policy, to_us(self.now)),
        )


def close(tx: Connection, stream: Stream, length_us: int, state: str) -> None:
    """End a stream that nobody ended: its session was terminated when it was last heard of."""
    player.set_state(tx, [stream.session_id], state)
    player.add_events(tx, [(stream.session_id, last_word(stream.live, stream.last_at, length_us))])


def close_silent(db: Engine, now: datetime) -> int:
    """End streams that have been silent for so long that nothing they keep could count any more. How many."""
    with writing(db) as tx:
        silent = player.silent_since(tx, now - SILENT)
        rows = player.sessions_by_id(tx, [stream.session_id for stream in silent])
        for stream in silent:
            close(tx, stream, rows[stream.session_id].length_us, CLOSED)
    return len(silent)
