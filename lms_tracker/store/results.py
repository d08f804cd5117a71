"""Frozen results, their notices and objections, certificates and signing keys. In the transactions of the actions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from lms_tracker.store.tables import (
    account,
    certificate,
    enrolment,
    frozen_result,
    learner,
    objection,
    programme,
    result_notice,
    signing_key,
)

_by = account.alias("by_whom")


# --- frozen results -----------------------------------------------------------------------------------------------


def versions(db: Connection, programme_id: int) -> list[Row[Any]]:
    """(id, version, as_of, reason, by, frozen_at, superseded_at) of a programme's frozen results, the latest first."""
    f = frozen_result.c
    query = (
        select(f.id, f.version, f.as_of, f.reason, _by.c.name.label("by"), f.frozen_at, f.superseded_at)
        .select_from(frozen_result.outerjoin(_by, _by.c.id == f.frozen_by))
        .where(f.programme_id == programme_id)
    )
    return list(db.execute(query.order_by(f.version.desc())))


def result_by_id(db: Connection, result_id: int) -> Row[Any] | None:
    """All columns, or None."""
    return db.execute(select(frozen_result).where(frozen_result.c.id == result_id)).one_or_none()


def add_result(db: Connection, programme_id: int, version: int, as_of: datetime, content: str, **by: Any) -> int:
    """Store a version and supersede the one before; its id. `by`: reason, frozen_by, frozen_at.

    Raises IntegrityError when that version is there.
    """
    f = frozen_result.c
    older = (f.programme_id == programme_id) & f.superseded_at.is_(None)
    db.execute(update(frozen_result).where(older).values(superseded_at=by["frozen_at"]))
    row = {"programme_id": programme_id, "version": version, "as_of": as_of, "content": content, **by}
    return int(db.execute(insert(frozen_result).values(row).returning(f.id)).scalar_one())


def results_naming(db: Connection, learner_ids: Collection[int]) -> list[Row[Any]]:
    """(id, programme, version, content) of all versions of the programmes that these learners were in."""
    f = frozen_result.c
    mine = select(enrolment.c.programme_id).where(enrolment.c.learner_id.in_(learner_ids))
    query = select(f.id, programme.c.slug.label("programme"), f.version, f.content)
    query = query.join_from(frozen_result, programme, programme.c.id == f.programme_id)
    return list(db.execute(query.where(f.programme_id.in_(mine)).order_by(programme.c.slug, f.version)))


def replace_content(db: Connection, result_id: int, content: str) -> None:
    """Only to take out a name."""
    db.execute(update(frozen_result).where(frozen_result.c.id == result_id).values(content=content))


# --- notices and objections ---------------------------------------------------------------------------------------


def add_notice(db: Connection, **values: Any) -> int:
    """Its id."""
    return int(db.execute(insert(result_notice).values(values).returning(result_notice.c.id)).scalar_one())


def _notices() -> Select[Any]:
    n, f = result_notice.c, frozen_result.c
    columns = (f.programme_id, f.version, f.superseded_at, programme.c.name.label("programme"))
    joined = result_notice.join(frozen_result, f.id == n.result_id).join(programme, programme.c.id == f.programme_id)
    return select(result_notice, *columns, _by.c.name.label("by")).select_from(
        joined.outerjoin(_by, _by.c.id == n.published_by)
    )


def notice_by_id(db: Connection, notice_id: int) -> Row[Any] | None:
    """Columns of `result_notice` with programme_id, programme, version and superseded_at of its results, and `by`."""
    return db.execute(_notices().where(result_notice.c.id == notice_id)).one_or_none()


def notice_of(db: Connection, result_id: int) -> Row[Any] | None:
    """The same of the latest notice of these results."""
    query = _notices().where(result_notice.c.result_id == result_id).order_by(result_notice.c.id.desc()).limit(1)
    return db.execute(query).one_or_none()


def notices_of(db: Connection, programme_ids: Collection[int]) -> list[Row[Any]]:
    """The same of all notices of these programmes, the latest first; those that were withdrawn too."""
    query = _notices().where(frozen_result.c.programme_id.in_(programme_ids)).order_by(result_notice.c.id.desc())
    return list(db.execute(query))


def withdraw(db: Connection, notice_id: int, by: int | None, why: str, now: datetime) -> bool:
    """Whether this took it back: nobody had before."""
    n = result_notice.c
    query = update(result_notice).where(n.id == notice_id, n.withdrawn_at.is_(None))
    return db.execute(query.values(withdrawn_at=now, withdrawn_by=by, withdrawn_why=why)).rowcount == 1


def add_objection(db: Connection, **values: Any) -> int:
    """Its id."""
    return int(db.execute(insert(objection).values(values).returning(objection.c.id)).scalar_one())


def objections_of(db: Connection, notice_id: int, account_id: int | None = None) -> list[Row[Any]]:
    """Columns of `objection` with `who` (who objects), `about` (whose result) and `by` (who answered), the oldest first;
    only those of one account, where it is given."""
    o, who, whom = objection.c, account.alias("who"), learner.alias("whom")
    joined = (
        objection.outerjoin(who, who.c.id == o.account_id)
        .outerjoin(whom, whom.c.id == o.about_learner_id)
        .outerjoin(_by, _by.c.id == o.answered_by)
    )
    names = (who.c.name.label("who"), who.c.learner_id.label("who_learner"), whom.c.name.label("about"))
    query = select(objection, *names, _by.c.name.label("by")).select_from(joined).where(o.notice_id == notice_id)
    if account_id is not None:
        query = query.where(o.account_id == account_id)
    return list(db.execute(query.order_by(o.id)))


def answer(db: Connection, objection_id: int, outcome: str, words: str, by: int | None, now: datetime) -> bool:
    """Whether this answered it: nobody had before."""
    o = objection.c
    query = update(objection).where(o.id == objection_id, o.answered_at.is_(None))
    return db.execute(query.values(outcome=outcome, answer=words, answered_by=by, answered_at=now)).rowcount == 1


def is_of(db: Connection, account_id: int, learner_id: int | None) -> bool:
    """Whether the account is that learner's."""
    mine = select(account.c.id).where(account.c.id == account_id, account.c.learner_id == learner_id)
    return learner_id is not None and db.scalar(mine) is not None


def open_objections(db: Connection, programme_ids: Collection[int]) -> int:
    """How many objections of these programmes nobody has answered."""
    joined = objection.join(result_notice, result_notice.c.id == objection.c.notice_id).join(
        frozen_result, frozen_result.c.id == result_notice.c.result_id
    )
    here = frozen_result.c.programme_id.in_(programme_ids)
    query = select(func.count()).select_from(joined).where(here, objection.c.answered_at.is_(None))
    return db.scalar(query) or 0


# --- certificates -------------------------------------------------------------------------------------------------


def certificates_of_results(db: Connection, result_id: int) -> list[Row[Any]]:
    """Columns of `certificate` and the learner's name, by number; revoked ones too."""
    c = certificate.c
    query = select(certificate, learner.c.name).join(learner, learner.c.id == c.learner_id)
    return list(db.execute(query.where(c.result_id == result_id).order_by(c.number)))


def certificates_of_learners(db: Connection, learner_ids: Collection[int]) -> list[Row[Any]]:
    """Columns of `certificate`, the latest first; revoked ones too."""
    query = select(certificate).where(certificate.c.learner_id.in_(learner_ids))
    return list(db.execute(query.order_by(certificate.c.id.desc())))


def certificate_by(db: Connection, *, id: int | None = None, code: str | None = None) -> Row[Any] | None:
    """Columns of `certificate` and programme_id, by its id or its check code; None when there is none."""
    c = certificate.c
    wanted = c.id == id if code is None else c.code == code
    query = select(certificate, frozen_result.c.programme_id).join(frozen_result, frozen_result.c.id == c.result_id)
    return db.execute(query.where(wanted)).one_or_none()


def last_serial(db: Connection, prefix: str) -> int:
    """The highest serial number behind a prefix such as "P1-2026-"; 0 for none."""
    c = certificate.c
    numbers = db.scalars(select(c.number).where(c.number.startswith(prefix, autoescape=True)))
    return max((int(number[len(prefix) :]) for number in numbers), default=0)


def add_certificates(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Raises IntegrityError when a number is taken."""
    if rows:
        db.execute(insert(certificate), list(rows))


def revoke(db: Connection, certificate_id: int, by: int | None, why: str, now: datetime) -> bool:
    """Whether this revoked it: nobody had before."""
    c = certificate.c
    query = update(certificate).where(c.id == certificate_id, c.revoked_at.is_(None))
    return db.execute(query.values(revoked_at=now, revoked_by=by, revoked_why=why)).rowcount == 1


def revoked_codes(db: Connection) -> list[str]:
    """Check codes of all revoked certificates, in the order of their numbers."""
    c = certificate.c
    return list(db.scalars(select(c.code).where(c.revoked_at.is_not(None)).order_by(c.number)))


# --- signing keys -------------------------------------------------------------------------------------------------


def key_in_force(db: Connection) -> Row[Any] | None:
    """The newest key that signs, or None."""
    k = signing_key.c
    return db.execute(select(signing_key).where(k.retired_at.is_(None)).order_by(k.id.desc()).limit(1)).one_or_none()


def key_named(db: Connection, name: str) -> Row[Any] | None:
    """The key of this name, retired or not."""
    return db.execute(select(signing_key).where(signing_key.c.name == name)).one_or_none()


def add_key(db: Connection, **values: Any) -> None:
    """Raises IntegrityError when the name is taken."""
    db.execute(insert(signing_key).values(values))
