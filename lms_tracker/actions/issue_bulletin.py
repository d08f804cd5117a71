"""Issuing bulletins: once per period and cut-off, whoever races; never edited, only superseded."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.gather_histories import day_after, gather_histories, local_midnight
from lms_tracker.actions.gather_records import UnknownProgramme
from lms_tracker.actions.mail import enqueue_mail
from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.core.bulletin import NOBODY, READERS, ProgrammeFacts, figures
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.period import Period, just_ended, parse_period
from lms_tracker.core.sealed import opened, seal
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.store.bulletins import add_bulletin, in_force, versions
from lms_tracker.store.db import reading, writing
from lms_tracker.store.mail import readers_to_tell
from lms_tracker.store.places import place_of_programme
from lms_tracker.store.programmes import enrolments, programme_by_id, programmes

log = logging.getLogger(__name__)
MISSED = timedelta(days=16)
"""A bulletin that nobody issued when it was due is still issued by itself this long after: one half month."""
RACES = 5


class BulletinRefused(ValueError):
    """The bulletin cannot be issued; the message says why."""


class IssuedBulletin(Struct, frozen=True):
    """A bulletin as stored. `content`: its canonical JSON. `new`: this call issued it."""

    id: int
    version: int
    content: bytes
    new: bool


def issue_bulletin(
    db: Engine, programme_id: int, period: str, *, as_of: datetime | None = None, now: datetime
) -> IssuedBulletin:
    """Issue the bulletin of a period, or return the one that is there: the same bytes again.

    Without `as_of`: the bulletin in force, or a new one with the cut-off `now`. With it: the version of that cut-off,
    or a new version that supersedes the one in force. Cut-offs are whole seconds.

    Raises PeriodError, UnknownProgramme, PolicyErrors, and BulletinRefused: the period has not ended at the cut-off,
    the cut-off lies in the future, or the programme does not run in the period.
    """
    wanted = parse_period(period)
    cut = None if as_of is None else as_of.astimezone(UTC).replace(microsecond=0)
    for _ in range(RACES):
        with reading(db) as tx:
            there = _standing(versions(tx, programme_id, wanted.key), cut)
        if there is not None:
            return there
        content = _content(db, programme_id, wanted, cut or now.astimezone(UTC).replace(microsecond=0), now)
        try:
            with writing(db) as tx:
                # Looked at once: a version that comes in between makes ours collide instead of superseding it.
                rows = versions(tx, programme_id, wanted.key)
                return _standing(rows, cut) or _store(tx, programme_id, wanted, len(rows) + 1, content, now)
        except IntegrityError:
            continue  # somebody else stored that version first: look again
    raise BulletinRefused(f"{wanted.key}: others kept issuing this bulletin at the same time; try again")


def issue_due_bulletins(db: Engine, now: datetime) -> list[IssuedBulletin]:
    """Issue what is due by itself: for every programme the half month and the month that ended last.

    The cut-off is the period's last local midnight plus the policy's `[bulletin] wait_s`; before it nothing is due,
    and what is older than MISSED is left to people. Safe to call at any time and from any number of processes.
    """
    issued = []
    with reading(db) as tx:
        rows = programmes(tx)
    for row in rows:
        try:
            with reading(db) as tx:
                policy = policy_of_programme(tx, row, now)
            if policy.grading is None:
                continue
            wait = timedelta(seconds=policy.grading.bulletin.wait_s)
            for period in just_ended(now.astimezone(policy.study.zone).date()):
                due = local_midnight(day_after(period.last), policy) + wait
                runs = row.starts_on <= period.last and period.first <= row.ends_on
                if runs and due <= now < due + MISSED and _is_wanted(db, row.id, period):
                    issued.append(issue_bulletin(db, row.id, period.key, as_of=due, now=now))
        except (PolicyErrors, BulletinRefused) as e:  # one broken programme must not silence the others
            log.error("bulletin of programme %s not issued: %s", row.slug, e)
    return [bulletin for bulletin in issued if bulletin.new]


def _is_wanted(db: Engine, programme_id: int, period: Period) -> bool:
    """There is none yet, and there is somebody to report on: a programme is created before its roster comes in."""
    with reading(db) as tx:
        return not versions(tx, programme_id, period.key) and bool(enrolments(tx, programme_id, on=period.last))


def _standing(rows: list[Row[Any]], cut: datetime | None) -> IssuedBulletin | None:
    for row in rows:
        if row.superseded_at is None if cut is None else row.as_of == cut:
            return IssuedBulletin(row.id, row.version, row.content.encode(), False)
    return None


def _store(
    tx: Connection, programme_id: int, period: Period, version: int, content: dict[str, Any], now: datetime
) -> IssuedBulletin:
    data = seal(content, version)
    as_of = datetime.fromisoformat(content["as_of"])
    bulletin_id = add_bulletin(tx, programme_id, period.key, version, as_of, data.decode(), now)
    _tell(tx, programme_id, period, bulletin_id, content["programme"]["name"], now)
    return IssuedBulletin(bulletin_id, version, data, True)


def _tell(tx: Connection, programme_id: int, period: Period, bulletin_id: int, name: str, now: datetime) -> None:
    """Whoever may read it and has an address gets one mail, in the bulletin's own transaction."""
    place = place_of_programme(tx, programme_id)
    assert place is not None
    values = {"programme": name, "period": period.words.zh, "period_en": period.words.en, "bulletin": bulletin_id}
    for account_id in readers_to_tell(tx, READERS, place, now):
        enqueue_mail(tx, account_id, "bulletin_issued", values, now, about=f"bulletin {bulletin_id}")


def _content(db: Engine, programme_id: int, period: Period, as_of: datetime, now: datetime) -> dict[str, Any]:
    with reading(db) as tx:
        row = programme_by_id(tx, programme_id)
        if row is None:
            raise UnknownProgramme(f"there is no programme with id {programme_id}")
        previous = _previous(tx, programme_id, period)
        policy = policy_of_programme(tx, row, as_of, min(period.last, row.ends_on))
    facts = ProgrammeFacts(
        slug=row.slug,
        name=row.name,
        organisation=row.organisation,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        begins_at=local_midnight(period.first, policy),
        ends_at=local_midnight(day_after(period.last), policy),
    )
    _check(facts, period, policy, as_of, now)
    known = gather_histories(db, programme_id, as_of, on=min(period.last, row.ends_on))
    people = None
    if policy.grading and policy.grading.bulletin.names_progress and len({row.cohort_id for row in known.people}) == 1:
        people = {row.learner_id: (row.name or NOBODY, row.school) for row in known.people}
    return figures(facts, period, known.histories, known.courses, policy, as_of, previous, people)


def _check(facts: ProgrammeFacts, period: Period, policy: Policy, as_of: datetime, now: datetime) -> None:
    zone = policy.study.timezone
    if policy.grading is None:
        raise BulletinRefused(f"{facts.slug}: its policy {policy.id} does not grade, so there is nothing to report")
    if period.last < facts.starts_on or period.first > facts.ends_on:
        raise BulletinRefused(f"{period.key}: {facts.slug} runs from {facts.starts_on} to {facts.ends_on}")
    if as_of > now:
        raise BulletinRefused(f"{period.key}: the cut-off {as_of:%Y-%m-%dT%H:%M:%SZ} lies in the future")
    if as_of < facts.ends_at:
        raise BulletinRefused(
            f"{period.key}: the period has not ended at {as_of.astimezone(policy.study.zone):%Y-%m-%d %H:%M:%S}"
            f" ({zone}); it ends with {period.last}"
        )


def _previous(tx: Connection, programme_id: int, period: Period) -> dict[str, Any] | None:
    """Content of the latest bulletin in force of an earlier period of the same kind."""
    found = [(parse_period(row.period), row.content) for row in in_force(tx, programme_id)]
    earlier = [
        (other.last, content)
        for other, content in found
        if other.is_half == period.is_half and other.last < period.first
    ]
    return opened(max(earlier)[1]) if earlier else None
