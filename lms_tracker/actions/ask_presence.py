"""Presence checks of a stream: issue one when it is due, see whether the one that is open has run out, and say what became
of it, of every session for which it asked (core.player.sitting).

In the transaction of whoever moves the stream. The right answer stays in the database.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.programme_policy import policy_of_learner
from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.player import checks
from lms_tracker.core.player.checks import CONFIRM, DRAWS, QUESTION, Check, Part, Words
from lms_tracker.core.player.live import Asked, Live, note_answer, note_missed, note_wrong
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.sitting import note_elsewhere, standing
from lms_tracker.core.player.statements import Said
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.store import checks as store
from lms_tracker.store import player as streams
from lms_tracker.store.db import writing

Draws = Callable[[int], list[float]]
"""So many numbers of 0 to 1 that nobody can foretell."""
AT_ONCE = 500


class Bank(msgspec.Struct, frozen=True):
    """A question of the bank, as it stands in `question.asked`."""

    text: Words
    right: Words
    wrong: tuple[Words, ...]


class Shown(msgspec.Struct):
    """A check as it stands in `player_check.asked`."""

    parts: tuple[Part, ...] = ()


_bank = msgspec.json.Decoder(Bank).decode
_shown = msgspec.json.Decoder(Shown).decode
_one = msgspec.json.Decoder(Part).decode


def draws(count: int) -> list[float]:
    """Of the computer's own dice."""
    dice = secrets.SystemRandom()
    return [dice.random() for _ in range(count)]


def ask(
    tx: Connection, session_id: int, activity: str, live: Live, player: PlayerPolicy, study: StudyPolicy, now: int
) -> None:
    """Issue a check where one is due."""
    if checks.is_due(live, study):
        issue(tx, session_id, activity, live, player, now)


def issue(tx: Connection, session_id: int, activity: str, live: Live, player: PlayerPolicy, now: int) -> None:
    """Issue a check now."""
    question_id, check = _draw(tx, activity, live, player)
    id = secrets.token_hex(16)
    live.asked = Asked(id, check.kind, now)
    store.add_check(
        tx,
        {
            "id": id,
            "session_id": session_id,
            "kind": check.kind,
            "question_id": question_id,
            "asked": msgspec.json.encode(Shown(check.parts)).decode(),
            "right": check.right,
            "issued_at": from_us(now),
        },
    )


def _draw(tx: Connection, activity: str, live: Live, player: PlayerPolicy) -> tuple[int | None, Check]:
    kinds = player.check_kinds
    if QUESTION in kinds and live.media and live.position >= 0:
        at = live.position // 1000
        found = store.questions_about(tx, activity, at - round(player.question_window_s * 1000), at)
        if found:
            row = found[int(draws(1)[0] * len(found))]
            bank = _bank(row.asked)
            return row.id, checks.mixed(bank.text, bank.right, bank.wrong, draws(1 + len(bank.wrong) + DRAWS))
    if CONFIRM in kinds and checks.may_confirm(live):
        return None, checks.confirm(draws(1))
    return None, checks.choice(draws(DRAWS))


def reach(asked: Asked, now: int) -> None:
    """The page has it: it was rendered, or a request came that carries what came along with it."""
    asked.reached_at = asked.reached_at or now


def run_out(
    tx: Connection, session_id: int, activity: str, live: Live, player: PlayerPolicy, now: int
) -> Iterator[tuple[int, Said]]:
    """What is to be said of a check that has just run out, if it has."""
    asked = live.asked
    if asked is None or asked.missed or not checks.has_run_out(asked, player, now):
        return
    store.change_check(tx, asked.id, state="missed")
    yield from say_missed(tx, session_id, activity, live, checks.deadline(asked, player) or now)


def say_missed(tx: Connection, session_id: int, activity: str, live: Live, at: int) -> Iterator[tuple[int, Said]]:
    """The check that is open was missed: said of its session and of the earlier ones for which it asked, so that what was in
    doubt counts in none of them."""
    asked = live.asked
    assert asked is not None
    asked.missed = True
    note_missed(live)
    said = Said(
        "missed", at, check=asked.id, kind=asked.kind, text=said_of(tx, asked.id), took_us=max(at - asked.issued_at, 0)
    )
    yield session_id, said
    for id, theirs in _earlier(tx, activity, live, note_missed):
        yield id, msgspec.structs.replace(said, at=theirs.at + 1)
    if live.wrong:
        wrong = msgspec.structs.replace(said, what="answered", success=False)
        for id, _ in _earlier(tx, activity, live, note_wrong):
            yield id, wrong


def say_answered(tx: Connection, activity: str, live: Live, said: Said, *, late: bool) -> Iterator[tuple[int, Said]]:
    """The check of a stream was answered: said of the earlier sessions for which it asked, where it had been missed: whoever
    is right vouches for inputs there, whoever is wrong for none."""
    if late and said.success:
        for id, _ in _earlier(tx, activity, live, lambda theirs: note_answer(theirs, theirs.at)):
            yield id, said
    elif late:
        for id, _ in _earlier(tx, activity, live, note_wrong):
            yield id, said
    if said.success:
        live.earlier = []


def _earlier(tx: Connection, activity: str, live: Live, change: Callable[[Live], None]) -> Iterable[tuple[int, Live]]:
    """Change where the earlier sessions of a stream stand, and what its page was told of them."""
    if not live.earlier:
        return
    rows = streams.sessions_by_id(tx, live.earlier)
    for id, stream in sorted(streams.lock_streams(tx, live.earlier).items()):
        before = standing(stream.live)
        change(stream.live)
        if rows[id].activity == activity:
            note_elsewhere(live, before, stream.live)
        streams.save_live(tx, id, stream.live)
        yield id, stream.live


def end_unanswered(db: Engine, now: datetime) -> int:
    """Checks that nobody has answered, of streams that are over, run out as others do. How many; may run at any time."""
    missed = 0
    with writing(db) as tx:
        for row in store.open_checks_of_closed(tx, now - timedelta(seconds=1), AT_ONCE):
            stream = streams.lock_streams(tx, [row.session_id])[row.session_id]
            live = stream.live
            if live.asked is None or live.asked.id != row.id or live.asked.missed:
                store.change_check(tx, row.id, state="dropped")  # another page has taken it over
                continue
            policy = policy_of_learner(tx, stream.learner_id, now).player
            reach(live.asked, stream.last_at)
            said = list(run_out(tx, row.session_id, row.activity, live, policy, to_us(now)))
            streams.add_events(tx, said)
            streams.save_live(tx, row.session_id, live)
            missed += bool(said)
    return missed


def said_of(tx: Connection, id: str) -> Words | None:
    """What a check asked, in the first place."""
    row = store.check_row(tx, id)
    return None if row is None else parts_of(row.asked)[0].text


def parts_of(asked: str) -> tuple[Part, ...]:
    """What a check asks, as it is kept; of older ones, which had a single part."""
    return _shown(asked).parts or (_one(asked),)


def as_page_gets_it(tx: Connection, live: Live, player: PlayerPolicy, now: int) -> dict[str, Any] | None:
    """The check that is open or missed for the page: what is asked, and how long it waits."""
    asked = live.asked
    row = None if asked is None else store.check_row(tx, asked.id)
    if asked is None or row is None:
        return None
    parts = [
        {"text": part.text, "pick": part.pick, "options": [] if row.kind == CONFIRM else part.options}
        for part in parts_of(row.asked)
    ]
    return {
        "id": asked.id,
        "kind": row.kind,
        "parts": parts,
        "expires_s": round(checks.left(asked, player, now), 1),
        "missed": asked.missed,
        "owed": asked.owed,
        "wait_s": round(max(0, live.tries_from - now) / 1e6, 1),
    }
