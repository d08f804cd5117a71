"""Who a person is in the tables, and taking all of it away. In the transaction of `actions.erase_person`."""

import hmac
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, Text, cast, delete, false, func, insert, or_, select, update

from lms_tracker.core.grading.kinds import KINDS
from lms_tracker.store import enrolment_history, identity_history, namesakes
from lms_tracker.store.chunks import chunks, rows_among
from lms_tracker.store.driver import rows
from lms_tracker.store.forwarding import MAY_HAVE_COPIES
from lms_tracker.store.learners import LIVING
from lms_tracker.store.settling import unsettled_among
from lms_tracker.store.tables import (
    account,
    achievement,
    blocked_identity,
    bulletin,
    calendar_key,
    contact_note,
    credential,
    document,
    enrolment,
    erased_statement,
    erasure,
    former_target,
    forward_target,
    grade_override,
    identity,
    learner,
    ledger,
    login_failure,
    mail,
    mark,
    metadata,
    programme,
    role,
    role_event,
    unposted_cause,
    unsettled,
)


class Person(msgspec.Struct, frozen=True):
    """Somebody who studies, with all that leads to them. `ids`: the learner, and those who were joined into it."""

    learner_id: int
    ids: tuple[int, ...]
    name: str | None
    names: frozenset[str]
    ifis: frozenset[str]
    account_ids: tuple[int, ...]
    logins: tuple[str, ...]


class Holds(NamedTuple):
    """Rows of what a person is and was given by others: duties, places in classes, marks, achievements; each in a fixed order."""

    roles: list[tuple[Any, ...]]
    enrolments: list[tuple[Any, ...]]
    marks: list[tuple[Any, ...]]
    achievements: list[tuple[Any, ...]]


def person_of(db: Connection, learner_id: int) -> Person | None:
    """The person whom a learner's number means; None when there is none, or it was erased."""
    c = learner.c
    found = db.execute(select(c.id, c.joined_into, c.erased_at).where(c.id == learner_id)).one_or_none()
    if found is None or found.erased_at is not None:
        return None
    head = found.joined_into or found.id
    rows = db.execute(select(c.id, c.name).where(or_(c.id == head, c.joined_into == head)).order_by(c.id)).all()
    ids = tuple(row.id for row in rows)
    accounts = db.execute(select(account.c.id, account.c.login, account.c.name).where(account.c.learner_id.in_(ids)))
    held = accounts.all()
    names = {row.name for row in [*rows, *held] if row.name}
    return Person(
        learner_id=head,
        ids=ids,
        name=next((row.name for row in rows if row.id == head), None) or next(iter(sorted(names)), None),
        names=frozenset(names),
        ifis=frozenset(db.scalars(select(identity.c.ifi).where(identity.c.learner_id.in_(ids)))),
        account_ids=tuple(row.id for row in held),
        logins=tuple(row.login for row in held),
    )


def held_by(db: Connection, person: Person) -> Holds:
    """What the person holds now. A mark is never edited, so that its number is enough."""
    e, m = enrolment.c, mark.c
    queries = (
        select(role).where(role.c.account_id.in_(person.account_ids)).order_by(role.c.id),
        select(enrolment).where(e.learner_id.in_(person.ids)).order_by(e.id),
        select(m.id, m.comment.is_not(None)).where(m.learner_id.in_(person.ids)).order_by(m.id),
        select(achievement.c.id).where(achievement.c.learner_id.in_(person.ids)).order_by(achievement.c.id),
    )
    return Holds(*([tuple(row) for row in db.execute(query)] for query in queries))


def keep_living(db: Connection, learner_id: int) -> bool:
    """Whether the learner was not erased; if so nobody erases them until this transaction ends."""
    return bool(rows(db, LIVING, learners=[learner_id]))


def claim_for_erasure(db: Connection, ids: Collection[int]) -> bool:
    """Whoever settles these learners just now will post nothing. Whether their ledgers lag behind their evidence.

    The learners are locked before anything of theirs, as by whoever settles: the two cannot deadlock.
    """
    db.execute(select(learner.c.id).where(learner.c.id.in_(ids)).order_by(learner.c.id).with_for_update())
    lags = bool(unsettled_among(db, ids))
    # What is not taken in yet stays: for who was erased nothing is posted any more, and waiting for it could deadlock.
    db.execute(delete(unsettled).where(unsettled.c.learner_id.in_(ids)))
    return lags


def count_documents(db: Connection, ifis: Collection[str]) -> int:
    """How many documents name one of the identifiers."""
    return sum(row[0] for row in rows_among(db, select(func.count()).select_from(document), document.c.ifi, ifis))


def delete_documents(db: Connection, ifis: Collection[str]) -> int:
    """States and agent profiles of these identifiers. How many there were."""
    return sum(db.execute(delete(document).where(document.c.ifi.in_(chunk))).rowcount for chunk in chunks(ifis))


def sums(db: Connection, ids: Collection[int]) -> dict[str, int]:
    """Entries in force and their microseconds: entries, raw_us, credited_us, held_us."""
    c = ledger.c
    totals = [func.coalesce(func.sum(column), 0) for column in (c.raw_us, c.credited_us, c.held_us)]
    row = db.execute(select(func.count(), *totals).where(c.learner_id.in_(ids), c.reversed_at.is_(None))).one()
    return dict(zip(("entries", "raw_us", "credited_us", "held_us"), map(int, row), strict=True))


def count_marks(db: Connection, ids: Collection[int]) -> tuple[int, int]:
    """Marks that were given, replaced ones included, and how many carry a remark."""
    row = db.execute(select(func.count(), func.count(mark.c.comment)).where(mark.c.learner_id.in_(ids))).one()
    return int(row[0]), int(row[1])


def count_achievements(db: Connection, ids: Collection[int]) -> int:
    """Achievements, those replaced or withdrawn included."""
    return db.scalar(select(func.count()).select_from(achievement).where(achievement.c.learner_id.in_(ids))) or 0


def forget_achievements(db: Connection, ids: Collection[int]) -> None:
    """What they are about, proofs and notes; facts about the person go whole. Kinds, values and levels stay under the
    pseudonym: totals that were reported stay provable."""
    a = achievement.c
    theirs = a.learner_id.in_(ids)
    facts = [key for key, kind in KINDS.items() if kind.fact]
    mine = select(a.id).where(theirs, a.kind.in_(facts))
    db.execute(update(achievement).where(a.replaces.in_(mine)).values(replaces=None))
    db.execute(delete(achievement).where(theirs, a.kind.in_(facts)))
    db.execute(
        update(achievement)
        .where(theirs)
        .values(item=cast(a.id, Text), source="", proof=None, note=None, replaced_reason=None)
    )
    db.execute(update(grade_override).where(grade_override.c.learner_id.in_(ids)).values(reason="", ended_reason=None))


def pseudonymise_ledger(db: Connection, ids: Collection[int], key: bytes, now: datetime) -> None:
    """Freeze all entries, and put digests where sessions, registrations and statements could be known again by whoever
    sent them. Nobody keeps the `key`."""

    def veiled(text: str) -> str:
        return str(UUID(bytes=hmac.digest(key, text.encode(), "sha256")[:16])) if text else ""

    c = ledger.c
    db.execute(
        update(ledger).where(c.learner_id.in_(ids), c.cause.contains(":")).values(cause=None)
    )  # somebody's words
    query = select(c.id, c.session, c.registration, c.intervals).where(c.learner_id.in_(ids))
    for row in db.execute(query).all():
        intervals = msgspec.json.decode(row.intervals)
        for interval in intervals:
            interval["statements"] = [veiled(id) for id in interval["statements"]]
        values = {
            "session": veiled(row.session),
            "registration": veiled(row.registration),
            "intervals": msgspec.json.encode(intervals).decode(),
            "frozen_at": now,
        }
        db.execute(update(ledger).where(c.id == row.id).values(values))


def forget_person(db: Connection, person: Person, actor: str, now: datetime) -> dict[str, int]:
    """Names, identifiers, account, roles, remarks and school; the learner stays as the pseudonym `actor` (JSON).

    How many rows went, by kind.
    """
    done = {
        "remarks": update(mark)
        .where(mark.c.learner_id.in_(person.ids), mark.c.comment.is_not(None))
        .values(comment=None),
        "identities": delete(identity).where(identity.c.learner_id.in_(person.ids)),
        "roles": delete(role).where(role.c.account_id.in_(person.account_ids)),
    }
    theirs = select(role.c.id).where(role.c.account_id.in_(person.account_ids))
    db.execute(delete(role_event).where(role_event.c.role_id.in_(theirs)))
    db.execute(delete(contact_note).where(contact_note.c.learner_id.in_(person.ids)))
    db.execute(delete(calendar_key).where(calendar_key.c.account_id.in_(person.account_ids)))
    db.execute(delete(mail).where(mail.c.account_id.in_(person.account_ids)))
    db.execute(delete(unposted_cause).where(unposted_cause.c.learner_id.in_(person.ids)))
    counts = {what: db.execute(query).rowcount for what, query in done.items()}
    identity_history.forget(db, person.ids, person.ifis, actor)
    namesakes.forget(db, person.ids)
    forget_achievements(db, person.ids)
    enrolled = enrolment.c.learner_id.in_(person.ids)
    today = now.date()
    db.execute(update(enrolment).where(enrolled).values(organisation_id=None))
    db.execute(
        update(enrolment)
        .where(enrolled, or_(enrolment.c.left_on.is_(None), enrolment.c.left_on > today))
        .values(left_on=today)
    )
    enrolment_history.forget(db, person.ids, now)
    for table in metadata.sorted_tables:  # what the account did stays done, by nobody
        for column in (key.parent for key in table.foreign_keys if key.column is account.c.id and table is not role):
            db.execute(update(table).where(column.in_(person.account_ids)).values({column.name: None}))
    counts["accounts"] = db.execute(delete(account).where(account.c.id.in_(person.account_ids))).rowcount
    db.execute(update(learner).where(learner.c.id.in_(person.ids)).values(name=None, actor=actor, erased_at=now))
    return counts


def revoke_bound(db: Connection, ifis: Collection[str], by: str, now: datetime) -> int:
    """Credentials that may speak of nobody else open nothing any more; `by` stands where they name the person."""
    c = credential.c
    db.execute(update(credential).where(c.bound_actor.in_(ifis), c.revoked_at.is_(None)).values(revoked_at=now))
    return db.execute(update(credential).where(c.bound_actor.in_(ifis)).values(bound_actor=by)).rowcount


def targets_past(db: Connection, seqs: Collection[int]) -> dict[str, int]:
    """Other record stores that may have got copies of these statements, and of how many at most.

    Who is sending just now may send any of them: what was read before the erasure goes out after it. Targets that were
    removed since have their copies, too.
    """
    t, f = forward_target.c, former_target.c
    sending = t.claimed_until.is_not(None)
    now = select(t.name, t.position, sending.label("sending")).where(MAY_HAVE_COPIES)
    found: dict[str, int] = {}
    for row in db.execute(now.union_all(select(f.name, f.position, false()))):
        count = sum(1 for seq in seqs if row.sending or seq <= row.position)
        found[row.name] = max(count, found.get(row.name, 0))
    return {name: found[name] for name in sorted(found) if found[name]}


def forget_failures(db: Connection, login_digests: Iterable[str]) -> None:
    """Wrong passwords counted for these logins."""
    db.execute(delete(login_failure).where(login_failure.c.login_sha256.in_(list(login_digests))))


def bulletins_of(db: Connection, ids: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, programme, period, version, content) of all versions of the programmes that the person was in."""
    b = bulletin.c
    mine = select(enrolment.c.programme_id).where(enrolment.c.learner_id.in_(ids))
    query = select(b.id, programme.c.slug.label("programme"), b.period, b.version, b.content)
    query = query.join_from(bulletin, programme, programme.c.id == b.programme_id).where(b.programme_id.in_(mine))
    return db.execute(query.order_by(programme.c.slug, b.period, b.version)).all()


def replace_bulletin(db: Connection, id: int, content: str) -> None:
    """Only to take out a name."""
    db.execute(update(bulletin).where(bulletin.c.id == id).values(content=content))


def add_tombstones(db: Connection, ids: Collection[UUID], now: datetime) -> None:
    """From now on statements of these ids count as stored."""
    if ids:
        db.execute(insert(erased_statement), [{"id": id, "at": now} for id in sorted(ids)])


def erased_among(db: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Those of the statements that were deleted or redacted for an erasure."""
    return {row.id for row in rows_among(db, select(erased_statement.c.id), erased_statement.c.id, ids)}


def block(db: Connection, digests: Collection[str], now: datetime) -> None:
    """Evidence under identifiers of these digests is refused from now on."""
    there = set(db.scalars(select(blocked_identity.c.digest).where(blocked_identity.c.digest.in_(list(digests)))))
    rows = [{"digest": digest, "at": now} for digest in sorted(set(digests) - there)]
    if rows:
        db.execute(insert(blocked_identity), rows)


def blocked_digests(db: Connection) -> set[str]:
    """Of all identifiers that are blocked: few, or none."""
    return set(db.scalars(select(blocked_identity.c.digest)))


def add_erasure(db: Connection, learner_id: int, ordered_by: str, reason: str, now: datetime) -> int:
    """Its number. Raises IntegrityError when the learner was erased before."""
    row = {"learner_id": learner_id, "ordered_by": ordered_by, "reason": reason, "at": now, "certificate": ""}
    return int(db.execute(insert(erasure).values(row).returning(erasure.c.id)).scalar_one())


def keep_certificate(db: Connection, id: int, certificate: str) -> None:
    """Once, in the transaction that erases."""
    db.execute(update(erasure).where(erasure.c.id == id).values(certificate=certificate))


def erasures(db: Connection, limit: int, before: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, at, ordered_by, reason, scrubbed_at), the latest first; those with a lower number than `before`."""
    e = erasure.c
    query = select(e.id, e.at, e.ordered_by, e.reason, e.scrubbed_at).order_by(e.id.desc()).limit(limit)
    return db.execute(query if before is None else query.where(e.id < before)).all()


def erasure_by_id(db: Connection, id: int) -> Row[*tuple[Any, ...]] | None:
    """All columns, or None."""
    return db.execute(select(erasure).where(erasure.c.id == id)).one_or_none()


def unscrubbed(db: Connection) -> int:
    """Erasures after which the database's files were not yet cleaned."""
    return db.scalar(select(func.count()).select_from(erasure).where(erasure.c.scrubbed_at.is_(None))) or 0


def note_scrubbed(db: Connection, until: datetime, now: datetime) -> None:
    """The files hold nothing any more of what was erased at `until` or before."""
    query = update(erasure).where(erasure.c.scrubbed_at.is_(None), erasure.c.at <= until)
    db.execute(query.values(scrubbed_at=now))
