"""Telling people what of study time waits for them, or was decided: a note once it is due, a mail to who left an address.

A note is of a role, and made once. Mail is for whoever holds the role now: who takes it up, or leaves an address, while
something waits is told of how it stands by then, not of all that was due before.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from lms_tracker.actions.mail import enqueue_mail
from lms_tracker.core.mail import TEXTS
from lms_tracker.store import reviews as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.mail import accounts_to_tell, open_among, told_any

_OF = {"hold_id": "review", "appeal_id": "appeal"}


class Due(NamedTuple):
    """A hold or an appeal that waits. `of`: hold_id | appeal_id."""

    of: str
    id: int
    kinds: Sequence[tuple[str, str]]
    """(kind, role) of all that is due by now, in the order of time."""
    learner_id: int
    programme_id: int
    cohort_id: int | None
    last_day: date

    @property
    def about(self) -> str:
        """By which the outbox knows it. What was sent is known by it: never changed."""
        return f"{self.of} {self.id}"


class _Mail(NamedTuple):
    account_id: int
    kind: str
    about: str
    due: str


def tell_of_reviews(db: Engine, dues: Sequence[Due], now: datetime) -> list[str]:
    """Note what is due and not noted yet, and mail whom it concerns, in one transaction; kinds of the notes."""
    with reading(db) as tx:
        noted = store.reminded(tx)
        mails = list(_mails(tx, dues, now))
    new = [(due, *one) for due in dues for one in due.kinds if not _is_noted(noted, due, *one)]
    if not (new or mails):
        return []
    with writing(db) as tx:
        done = [kind for due, kind, role in new if _note(tx, due, kind, role, now)]
        for mail in mails:
            enqueue_mail(tx, mail.account_id, mail.kind, {"due": mail.due}, now, about=mail.about)
    return done


def tell_learner(tx: Connection, learner_id: int, kind: str, about: str, values: dict[str, Any], now: datetime) -> None:
    """Mail a learner about a decision, in its transaction."""
    for account_id in open_among(tx, store.accounts_of(tx, learner_id)):
        enqueue_mail(tx, account_id, kind, values, now, about=about)


def _is_noted(noted: set[tuple[int | None, int | None, str, str]], due: Due, kind: str, role: str) -> bool:
    ids = (due.id, None) if due.of == "hold_id" else (None, due.id)
    return (*ids, kind, role) in noted


def _note(tx: Connection, due: Due, kind: str, role: str, now: datetime) -> bool:
    who = {"learner_id": due.learner_id, "programme_id": due.programme_id, "cohort_id": due.cohort_id}
    return store.remind(tx, {due.of: due.id}, kind, role, who, now)


def _mails(tx: Connection, dues: Sequence[Due], now: datetime) -> Iterator[_Mail]:
    """What nobody was told yet: of each role the latest that is due."""
    told, people = told_any(tx, TEXTS), _People(tx, now)
    for due in dues:
        for role, kind in {role: kind for kind, role in due.kinds}.items():
            named = kind if role == "learner" else "to_review" if kind == "held" else f"{_OF[due.of]}_{kind}"
            for account_id in sorted(people.of(role, due)):
                if (account_id, named, due.about) not in told:
                    told.add((account_id, named, due.about))
                    yield _Mail(account_id, named, due.about, f"{due.last_day}")


class _People:
    """Accounts with an address by role and place, asked for once each."""

    def __init__(self, tx: Connection, now: datetime) -> None:
        self._tx, self._now = tx, now
        self._own: dict[int, set[int]] = {}
        self._holders: dict[tuple[str, int, int | None], set[int]] = {}

    def of(self, role: str, due: Due) -> set[int]:
        """The learner's own, or who holds the role there: whoever the time belongs to decides nothing about it, and is
        told nothing as anybody else."""
        if due.learner_id not in self._own:
            self._own[due.learner_id] = store.accounts_of(self._tx, due.learner_id)
        own, key = self._own[due.learner_id], (role, due.programme_id, due.cohort_id)
        if role == "learner":
            return open_among(self._tx, own)
        if key not in self._holders:
            self._holders[key] = set(accounts_to_tell(self._tx, *key, self._now))
        return self._holders[key] - own
