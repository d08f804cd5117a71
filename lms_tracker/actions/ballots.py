"""Secret ballots: the staff of a unit judge who leads it. What they say becomes evidence when the ballot is over."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row

from lms_tracker.actions.achievements import AchievementRefused, post_achievement, withdraw_achievement
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.ballot import MOST_CODES, Outcome, digest_of, new_code, outcome_of, read_paper, tally
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import SMALL
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.store import ballots as store
from lms_tracker.store.achievements import from_source
from lms_tracker.store.db import reading, writing
from lms_tracker.store.identity_history import hold_who_is_who
from lms_tracker.store.programmes import programme_by_id

log = logging.getLogger(__name__)

LONGEST = timedelta(days=60)
LONGEST_TITLE, LONGEST_WORDS, LONGEST_REASON = 150, 3000, 500


class BallotForm(Struct, frozen=True):
    """What is called. `papers`: how many codes each unit gets, by its number."""

    title: str
    words: str
    opens_at: datetime
    closes_at: datetime
    quorum_pct: int
    papers: Mapping[int, int]


class Called(Struct, frozen=True):
    """One unit's ballot with its codes, which are told this once; `codes` are in no order that means anything."""

    id: int
    unit: str
    codes: list[str]


def call_ballots(
    db: Engine, programme_id: int, form: BallotForm, *, by: int | None, by_learner: int | None = None, now: datetime
) -> list[Called]:
    """One ballot for each unit that gets papers, about everybody of the programme who is there.

    Raises NotAllowed: `title`, `times`, `quorum`, `papers` (none, or more than MOST_CODES, or of a unit without learners),
    `small:<unit>` (fewer papers than stay secret), `again:<unit>` (votes under that title already), `own:<unit>` (whoever
    calls it would be judged by it).
    """
    title, words = legible_line(form.title), legible(form.words)
    for why, fits in (
        ("title", 0 < len(title) <= LONGEST_TITLE and len(words) <= LONGEST_WORDS),
        ("times", timedelta(0) < form.closes_at - form.opens_at <= LONGEST and form.closes_at > now),
        ("quorum", 0 <= form.quorum_pct <= 100),
        ("papers", any(form.papers.values()) and all(0 <= count <= MOST_CODES for count in form.papers.values())),
    ):
        if not fits:
            raise NotAllowed(why)
    shared = {"programme_id": programme_id, "title": title, "words": words, "quorum_pct": form.quorum_pct}
    shared |= {"opens_at": form.opens_at, "closes_at": form.closes_at, "made_by": by, "made_at": now}
    called = []
    with writing(db) as tx:
        units = {
            unit.id: (unit.unit, [one.learner_id for one in people])
            for unit, people in store.units_of(tx, programme_id)
        }
        for unit_id, count in sorted(form.papers.items()):
            if not count:
                continue
            if unit_id not in units:
                raise NotAllowed("papers")
            unit, learners = units[unit_id]
            for why, wrong in (
                ("small", count < SMALL),
                ("own", by_learner in learners),
                ("again", store.is_called(tx, programme_id, unit_id, title)),
            ):
                if wrong:
                    raise NotAllowed(f"{why}:{unit}")
            codes = _codes(count)
            values = shared | {"organisation_id": unit_id, "issued": count}
            called.append(Called(store.add_ballot(tx, values, learners, map(digest_of, codes)), unit, codes))
    log.info("account %s called %d ballots in programme %d", by, len(called), programme_id)
    return called


def new_codes(db: Engine, ballot_id: int, *, now: datetime) -> Called:
    """Other codes, for papers that were lost: those of before open nothing. Raises NotAllowed: `closed`, and `used` once
    anybody has voted."""
    with writing(db) as tx:
        _held(tx, ballot_id, now)
        row = store.ballot_by_id(tx, ballot_id)
        assert row is not None
        if row.used:
            raise NotAllowed("used")
        codes = _codes(row.issued)
        store.put_codes(tx, ballot_id, map(digest_of, codes))
    return Called(ballot_id, row.unit, codes)


def cast_paper(db: Engine, code: str, typed: Mapping[int, Sequence[str]], *, now: datetime) -> None:
    """Use a code up and keep the paper, apart from each other. Nobody can find the paper again, its voter neither.

    Raises NotAllowed: `code` (nobody was given it), `used`, `closed`, and as `read_paper`.
    """
    digest = digest_of(code)
    with writing(db) as tx:
        found = store.ballot_of_code(tx, digest)
        if found is None:
            raise NotAllowed("code")
        row = _held(tx, found.ballot_id, now)
        if now < row.opens_at:
            raise NotAllowed("closed")
        answers = read_paper(len(store.candidates_of(tx, [row.id])[row.id]), typed)
        if not store.put_paper(tx, digest, row.id, answers):
            raise NotAllowed("used")


def close_ballot(db: Engine, ballot_id: int, *, now: datetime) -> None:
    """End it now, and count. Raises NotAllowed: `closed`."""
    with writing(db) as tx:
        if not store.close_now(tx, ballot_id, now):
            raise NotAllowed("closed")
    count_closed(db, now)


def annul_ballot(db: Engine, ballot_id: int, *, reason: str, by: int | None, now: datetime) -> None:
    """It counts for nothing; what was counted is withdrawn, and stays on record with the reason. Raises NotAllowed: `reason`,
    `annulled`."""
    reason = legible_line(reason)
    if not 0 < len(reason) <= LONGEST_REASON:
        raise NotAllowed("reason")
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = store.hold(tx, ballot_id, to_count=True)
        if row is None or not store.annul(tx, ballot_id, by=by, reason=reason, now=now):
            raise NotAllowed("annulled")
        for one in from_source(tx, row.programme_id, _source(ballot_id)):
            withdraw_achievement(tx, one.id, reason=reason, withdrawn_by=by, now=now)


def count_closed(db: Engine, now: datetime) -> int:
    """A job: ballots that are over are counted, once, and become evidence. How many were."""
    with reading(db) as tx:
        ids = store.to_count(tx, now)
    return sum(_count(db, id, now) for id in ids)


def _count(db: Engine, ballot_id: int, now: datetime) -> bool:
    with writing(db) as tx:
        hold_who_is_who(tx)
        row = store.hold(tx, ballot_id, to_count=True)
        if row is None or row.counted_at is not None or row.annulled_at is not None or row.closes_at > now:
            return False
        papers = store.papers_of(tx, ballot_id)
        programme = programme_by_id(tx, row.programme_id)
        assert programme is not None
        day = row.closes_at.astimezone(policy_of_programme(tx, programme, now).study.zone).date()
        for one in store.candidates_of(tx, [ballot_id])[ballot_id]:
            found = tally(one.position, papers)
            outcome = outcome_of(found, len(papers), row.issued, row.quorum_pct)
            if outcome == "counted":
                share = found.share
                new = Achieved(
                    learner_id=one.owner or 0, kind="vote", item=row.title, happened_on=day, value=Decimal(share.count),
                    out_of=Decimal(share.of), source=_source(ballot_id),
                )  # fmt: skip
                outcome = _post(tx, row, new, now)
            store.tell(tx, one.id, outcome, None if outcome == "few" else found.steps)
        store.have_counted(tx, ballot_id, now)
    log.info("ballot %d counted: %d of %d papers", ballot_id, len(papers), row.issued)
    return True


def _post(tx: Connection, row: Row[Any], new: Achieved, now: datetime) -> Outcome:
    try:
        post_achievement(tx, row.programme_id, new, recorded_by=row.made_by, now=now)
    except AchievementRefused as e:  # erased meanwhile, or a vote of that name was imported: people must look
        log.warning("ballot %d: a result did not become evidence: %s", row.id, e)
        return "refused"
    return "counted"


def _source(ballot_id: int) -> str:
    return f"ballot:{ballot_id}"


def _held(tx: Connection, ballot_id: int, now: datetime) -> Row[Any]:
    row = store.hold(tx, ballot_id)
    if row is None or now >= row.closes_at or row.counted_at is not None or row.annulled_at is not None:
        raise NotAllowed("closed")
    return row


def _codes(count: int) -> list[str]:
    codes = [new_code(secrets.choice) for _ in range(count)]
    assert len(set(codes)) == count  # 59 bits
    return codes
