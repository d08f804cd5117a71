"""Certificates: given out after the public notice, one a person and kind; revoked with a reason, never changed."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.core.bulletin import NOBODY
from lms_tracker.core.results.certificates import CODE_LENGTH, CODE_LETTERS, content_of, number_of
from lms_tracker.core.results.notices import MAX_WORDS, ResultsRefused, may_certify
from lms_tracker.core.sealed import opened, seal
from lms_tracker.core.typed import legible
from lms_tracker.store import results as store
from lms_tracker.store.db import writing

RACES = 5


def issue_certificates(db: Engine, result_id: int, *, by: int | None, now: datetime) -> int:
    """Give everybody who passed, and everybody who won an honour, the certificate that they do not have yet; how many.

    Raises ResultsRefused: `superseded`, `no-notice`, `notice-open`, `objections`, `upheld`, `nothing`.
    """
    for _ in range(RACES):
        try:
            with writing(db) as tx:
                return _issue(tx, result_id, by, now)
        except IntegrityError:
            continue  # somebody else took a number first: look again
    raise ResultsRefused("superseded")


def _issue(tx: Connection, result_id: int, by: int | None, now: datetime) -> int:
    result = store.result_by_id(tx, result_id)
    if result is None or result.superseded_at is not None:
        raise ResultsRefused("superseded")
    notice = store.notice_of(tx, result_id)
    may_certify(notice, store.objections_of(tx, notice.id) if notice else [], now)
    content = opened(result.content)
    there = {(row.learner_id, row.kind) for row in store.certificates_of_results(tx, result_id)}
    wanted = [(one, kind) for one in content["people"] for kind in earned(one) if (one["learner"], kind) not in there]
    if not wanted and not there:
        raise ResultsRefused("nothing")
    today = now.astimezone(ZoneInfo(content["timezone"])).date()
    prefix = number_of(content["programme"]["slug"], today.year, 0)[:-5]
    first = store.last_serial(tx, prefix) + 1
    rows: list[dict[str, Any]] = []
    for serial, (person, kind) in enumerate(wanted, first):
        number = number_of(content["programme"]["slug"], today.year, serial)
        said = content_of(content, person, kind, number, today)
        row = {"result_id": result_id, "learner_id": person["learner"], "kind": kind, "number": number}
        row |= {"code": new_code(), "issued_on": today, "content": seal(said, 1).decode()}
        rows.append(row | {"issued_by": by, "issued_at": now})
    store.add_certificates(tx, rows)
    return len(rows)


def earned(person: Mapping[str, Any]) -> list[str]:
    """Kinds of certificates that somebody in frozen results has earned."""
    if person["name"] == NOBODY:
        return []  # erased since
    return [*(["passed"] if person["status"] == "passed" else []), *(["honour"] if person["honours"] else [])]


def revoke_certificate(db: Engine, certificate_id: int, *, why: str, by: int | None, now: datetime) -> Row[Any]:
    """Say that it holds no longer. Raises ResultsRefused: `reason`, `nothing`, `revoked` (before)."""
    why = legible(why)
    if not why or len(why) > MAX_WORDS:
        raise ResultsRefused("reason")
    with writing(db) as tx:
        found = store.certificate_by(tx, id=certificate_id)
        if found is None:
            raise ResultsRefused("nothing")
        if not store.revoke(tx, certificate_id, by, why, now):
            raise ResultsRefused("revoked")
        return found


def new_code() -> str:
    """A check code that nobody can guess."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
