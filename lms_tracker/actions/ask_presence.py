"""Presence checks of a stream: issue one when it is due, and see whether the one that is open has run out.

In the transaction of actions.take_beats. The right answer stays in the database.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection

from lms_tracker.core.instants import from_us
from lms_tracker.core.player import checks
from lms_tracker.core.player.checks import CHOICE, CONFIRM, DRAWS, QUESTION, Check, Words
from lms_tracker.core.player.live import Asked, Live, note_missed
from lms_tracker.core.player.policy import PlayerPolicy
from lms_tracker.core.player.statements import Said
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.store import checks as store

Draws = Callable[[int], list[float]]
"""So many numbers of 0 to 1 that nobody can foretell."""


class Bank(msgspec.Struct, frozen=True):
    """A question of the bank, as it stands in `question.asked`."""

    text: Words
    right: Words
    wrong: tuple[Words, ...]


_bank = msgspec.json.Decoder(Bank).decode


def ask(
    tx: Connection,
    session_id: int,
    activity: str,
    live: Live,
    player: PlayerPolicy,
    study: StudyPolicy,
    now: int,
    draws: Draws,
) -> None:
    """Issue a check where one is due."""
    if checks.is_due(live, study):
        issue(tx, session_id, activity, live, player, now, draws)


def issue(
    tx: Connection, session_id: int, activity: str, live: Live, player: PlayerPolicy, now: int, draws: Draws
) -> None:
    """Issue a check now."""
    question_id, check = _draw(tx, activity, live, player, draws)
    id = secrets.token_hex(16)
    live.asked = Asked(id, check.kind, now)
    shown = {"text": check.text, "options": check.options}
    store.add_check(
        tx,
        {
            "id": id,
            "session_id": session_id,
            "kind": check.kind,
            "question_id": question_id,
            "asked": msgspec.json.encode(shown).decode(),
            "right": check.right,
            "issued_at": from_us(now),
        },
    )


def _draw(tx: Connection, activity: str, live: Live, player: PlayerPolicy, draws: Draws) -> tuple[int | None, Check]:
    kinds = player.check_kinds
    if QUESTION in kinds and live.media and live.position >= 0:
        at = live.position // 1000
        found = store.questions_about(tx, activity, at - round(player.question_window_s * 1000), at)
        if found:
            row = found[int(draws(1)[0] * len(found))]
            bank = _bank(row.asked)
            return row.id, checks.mixed(bank.text, bank.right, bank.wrong, draws(1 + len(bank.wrong)))
    simple = [kind for kind in kinds if kind != QUESTION] or [CHOICE]
    kind = simple[int(draws(1)[0] * len(simple))]
    return None, checks.confirm(draws(1)) if kind == CONFIRM else checks.choice(draws(DRAWS))


def reach(asked: Asked, now: int) -> None:
    """The page has it: it was rendered, or a request came that carries what came along with it."""
    asked.reached_at = asked.reached_at or now


def run_out(tx: Connection, session_id: int, live: Live, player: PlayerPolicy, now: int) -> Iterator[tuple[int, Said]]:
    """What is to be said of a check that has just run out, if it has."""
    asked = live.asked
    if asked is None or asked.missed or not checks.has_run_out(asked, player, now):
        return
    at = checks.deadline(asked, player) or now
    asked.missed = True
    note_missed(live)
    store.change_check(tx, asked.id, state="missed")
    text = said_of(tx, asked.id)
    yield session_id, Said("missed", at, check=asked.id, kind=asked.kind, text=text, took_us=at - asked.issued_at)


def said_of(tx: Connection, id: str) -> Words | None:
    """What a check asked."""
    row = store.check_row(tx, id)
    return None if row is None else msgspec.json.decode(row.asked, type=_Shown).text


class _Shown(msgspec.Struct):
    text: Words


def as_page_gets_it(tx: Connection, id: str, player: PlayerPolicy) -> dict[str, Any] | None:
    """A check for the page: id, kind, text, options, and how long it waits."""
    row = store.check_row(tx, id)
    if row is None:
        return None
    shown = msgspec.json.decode(row.asked)
    options = {"options": shown["options"]} if row.kind != CONFIRM else {}
    return {"id": id, "kind": row.kind, "text": shown["text"], **options, "expires_s": player.check_answer_s}
