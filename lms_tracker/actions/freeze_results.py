"""Freezing the results of a programme: a sealed list of everybody as of one instant; a newer one supersedes it."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.gather_records import UnknownProgramme
from lms_tracker.actions.stand import stand
from lms_tracker.core.results.frozen import Facts, Line, content_of
from lms_tracker.core.results.notices import MAX_WORDS, ResultsRefused
from lms_tracker.core.sealed import seal
from lms_tracker.core.typed import legible
from lms_tracker.store import results as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.programmes import programme_by_id

RACES = 5


class Frozen(Struct, frozen=True):
    """What was frozen. `content`: its sealed JSON."""

    id: int
    version: int
    content: bytes


def results_as_of(db: Engine, programme_id: int, as_of: datetime) -> dict[str, Any]:
    """The results as they would be frozen, but for version and seal. Nothing is stored.

    Raises UnknownProgramme, PolicyErrors, ValueError for a policy that does not grade, and ResultsRefused("nobody").
    """
    as_of = as_of.astimezone(UTC).replace(microsecond=0)
    with reading(db) as tx:
        programme = programme_by_id(tx, programme_id)
    if programme is None:
        raise UnknownProgramme(f"there is no programme with id {programme_id}")
    stood = stand(db, programme_id, as_of)
    if not stood.members:
        raise ResultsRefused("nobody")
    won: dict[int, list[str]] = defaultdict(list)
    for honoured in stood.honoured:
        won[honoured.learner_id].append(honoured.key)
    lines = [
        Line(
            member.grade,
            person.name,
            person.school,
            person.cohort,
            tuple(won[person.learner_id]),
            tuple(stood.out.get(person.learner_id, ())),
        )
        for person, member in zip(stood.people, stood.members, strict=True)
    ]
    facts = Facts(
        slug=programme.slug,
        name=programme.name,
        organisation=programme.organisation,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        timezone=stood.policy.study.timezone,
        policy=stood.policy.id,
    )
    assert stood.policy.grading is not None  # else there were no grades
    titles = {rule.key: {"zh": rule.title.zh, "en": rule.title.en} for rule in stood.policy.grading.honours}
    return content_of(facts, as_of, lines, titles)


def freeze_results(
    db: Engine, programme_id: int, *, as_of: datetime | None = None, reason: str, by: int | None, now: datetime
) -> Frozen:
    """Freeze the results as of an instant (default: now). Raises what `results_as_of` does, and ResultsRefused: `reason`,
    `as-of` (it lies in the future), `superseded` (others kept freezing at the same moment)."""
    reason = legible(reason)
    if not reason or len(reason) > MAX_WORDS:
        raise ResultsRefused("reason")
    cut = (as_of or now).astimezone(UTC).replace(microsecond=0)
    if cut > now:
        raise ResultsRefused("as-of")
    content = results_as_of(db, programme_id, cut)
    for _ in range(RACES):
        try:
            with writing(db) as tx:
                version = 1 + max((row.version for row in store.versions(tx, programme_id)), default=0)
                data = seal(content, version)
                made = {"reason": reason, "frozen_by": by, "frozen_at": now}
                id = store.add_result(tx, programme_id, version, cut, data.decode(), **made)
                return Frozen(id, version, data)
        except IntegrityError:
            continue  # somebody else froze that version first: look again
    raise ResultsRefused("superseded")
