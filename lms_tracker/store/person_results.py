"""A person in frozen results, and their certificates and objections: to be counted, taken along, and forgotten."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select

from lms_tracker.core.results.frozen import without_person
from lms_tracker.core.sealed import opened
from lms_tracker.store.erasure import Person
from lms_tracker.store.results import certificates_of_learners, replace_content, results_naming
from lms_tracker.store.tables import certificate, objection


def count_results(db: Connection, person: Person) -> dict[str, int]:
    """How many certificates and objections there are."""
    mine = certificate.c.learner_id.in_(person.ids)
    return {
        "certificates": db.scalar(select(func.count()).select_from(certificate).where(mine)) or 0,
        "objections": db.scalar(select(func.count()).select_from(objection).where(_theirs(person))) or 0,
    }


def forget_results(db: Connection, person: Person, at: str) -> dict[str, int]:
    """Deletes certificates and objections, and takes name and school out of frozen results, whose figures stand. How many
    there were. Before the accounts go: an objection is found by its account."""
    counts = count_results(db, person)
    db.execute(delete(certificate).where(certificate.c.learner_id.in_(person.ids)))
    db.execute(delete(objection).where(_theirs(person)))
    redacted = 0
    for row in results_naming(db, person.ids):
        content = without_person(row.content, person.ids, at)
        if content is not None:
            replace_content(db, row.id, content.decode())
            redacted += 1
    return counts | {"results_redacted": redacted}


def certificates_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """What each certificate says, with its check code, when it was issued, and whether it was revoked and why."""
    return [
        {"said": opened(row.content), "code": row.code, "issued_at": row.issued_at}
        | {"revoked_at": row.revoked_at, "revoked_why": row.revoked_why}
        for row in certificates_of_learners(db, ids)
    ]


def objections_to_take_along(db: Connection, person: Person) -> list[dict[str, Any]]:
    """The person's own objections, and the answers; not who answered: that is the other person's."""
    o = objection.c
    query = select(o.words, o.filed_at, o.outcome, o.answer, o.answered_at).where(o.account_id.in_(person.account_ids))
    return [row._asdict() for row in db.execute(query.order_by(o.id))]


def results_to_take_along(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    """The person's own lines of frozen results."""
    found = []
    for row in results_naming(db, ids):
        lines = [one for one in opened(row.content)["people"] if one["learner"] in ids]
        found += [{"programme": row.programme, "version": row.version, "result": line} for line in lines]
    return found


def _theirs(person: Person) -> Any:
    return or_(objection.c.account_id.in_(person.account_ids), objection.c.about_learner_id.in_(person.ids))
