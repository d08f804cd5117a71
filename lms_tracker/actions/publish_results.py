"""The public notice of frozen results: publishing, taking back, objecting, answering."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row

from lms_tracker.core.results.notices import MAX_WORDS, ResultsRefused, closing, state_of
from lms_tracker.core.sealed import opened
from lms_tracker.core.typed import legible
from lms_tracker.store import results as store
from lms_tracker.store.db import writing


def publish_results(db: Engine, result_id: int, *, days: int, contact: str, by: int | None, now: datetime) -> int:
    """Publish frozen results for so many whole days; the notice's id.

    Raises ResultsRefused: `days`, `contact`, `superseded`, `published` (there is a notice that was not withdrawn).
    """
    contact = legible(contact)
    if not contact or len(contact) > MAX_WORDS:
        raise ResultsRefused("contact")
    with writing(db) as tx:
        result = store.result_by_id(tx, result_id)
        if result is None or result.superseded_at is not None:
            raise ResultsRefused("superseded")
        before = store.notice_of(tx, result_id)
        if before is not None and before.withdrawn_at is None:
            raise ResultsRefused("published")
        closes_at = closing(now, days, ZoneInfo(opened(result.content)["timezone"]))
        return store.add_notice(
            tx, result_id=result_id, opens_at=now, closes_at=closes_at, contact=contact, published_by=by
        )


def withdraw_notice(db: Engine, notice_id: int, *, why: str, by: int | None, now: datetime) -> None:
    """Show it no longer; it stays on record. Raises ResultsRefused: `reason`, `not-open` (it was withdrawn before)."""
    why = _words(why, "reason")
    with writing(db) as tx:
        if not store.withdraw(tx, notice_id, by, why, now):
            raise ResultsRefused("not-open")


def file_objection(db: Engine, notice_id: int, *, words: str, about: int | None, account_id: int, now: datetime) -> int:
    """Object to a result (`about` a learner who is listed) or to the list as a whole; the objection's id.

    Raises ResultsRefused: `words`, `not-open`, `nobody` (that learner is not listed).
    """
    words = _words(words, "words")
    with writing(db) as tx:
        notice = store.notice_by_id(tx, notice_id)
        if notice is None or state_of(notice, now) != "open":
            raise ResultsRefused("not-open")
        if about is not None and about not in _listed(tx, notice):
            raise ResultsRefused("nobody")
        values = {"account_id": account_id, "about_learner_id": about, "words": words, "filed_at": now}
        return store.add_objection(tx, notice_id=notice_id, **values)


def answer_objection(
    db: Engine, notice_id: int, objection_id: int, *, upheld: bool, words: str, by: int, now: datetime
) -> None:
    """Answer it, once. Raises ResultsRefused: `words`, `own` (it is theirs, or about them), `answered`, `nothing`."""
    words = _words(words, "words")
    with writing(db) as tx:
        found = next((one for one in store.objections_of(tx, notice_id) if one.id == objection_id), None)
        if found is None:
            raise ResultsRefused("nothing")
        if by == found.account_id or store.is_of(tx, by, found.about_learner_id):
            raise ResultsRefused("own")
        if not store.answer(tx, objection_id, "upheld" if upheld else "rejected", words, by, now):
            raise ResultsRefused("answered")


def _listed(tx: Connection, notice: Row[Any]) -> set[int]:
    result = store.result_by_id(tx, notice.result_id)
    assert result is not None  # a notice is of results
    return {one["learner"] for one in opened(result.content)["people"]}


def _words(text: str, code: str) -> str:
    text = legible(text)
    if not text or len(text) > MAX_WORDS:
        raise ResultsRefused(code)
    return text
