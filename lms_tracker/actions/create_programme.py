"""Opening a programme: a period, a policy, and the bureau it is run for."""

import re
from datetime import date, datetime

from sqlalchemy import Engine

from lms_tracker.actions.policies import load_policy, policy_text
from lms_tracker.store.db import writing
from lms_tracker.store.people import add_organisation, add_programme, organisation_named
from lms_tracker.store.policies import record_adoption
from lms_tracker.store.programmes import programme_by_slug


class ProgrammeError(ValueError):
    """The programme is refused. The message says why."""


def create_programme(
    db: Engine,
    slug: str,
    name: str,
    policy: str,
    starts_on: date,
    ends_on: date,
    organisation: str | None = None,
    *,
    now: datetime,
) -> int:
    """The id of a new programme; `organisation` names the bureau, made when it is new; `ends_on` is the last day.

    Its policy is kept as it stands now: whoever changes the file has to adopt it (actions.adopt_policy).

    Raises ProgrammeError; PolicyErrors when the policy's file is faulty or missing.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", slug):
        raise ProgrammeError(f"slug {slug!r}: small letters, digits and hyphens only, at most 63")
    if not name.strip():
        raise ProgrammeError("the name is empty")
    if ends_on < starts_on:
        raise ProgrammeError(f"it ends on {ends_on}, before it starts on {starts_on}")
    beginning, content = load_policy(policy), policy_text(policy)
    with writing(db) as tx:
        if programme_by_slug(tx, slug):
            raise ProgrammeError(f"a programme {slug} exists already")
        organisation_id = None
        if organisation:
            bureau = organisation_named(tx, organisation)
            if bureau and bureau.kind == "school":
                raise ProgrammeError(f"{organisation} is a school, not a bureau or centre")
            organisation_id = bureau.id if bureau else add_organisation(tx, organisation, "bureau")
        programme_id = add_programme(
            tx,
            slug=slug,
            name=name.strip(),
            policy=policy,
            starts_on=starts_on,
            ends_on=ends_on,
            organisation_id=organisation_id,
        )
        record_adoption(
            tx,
            programme_id,
            name=policy,
            policy=beginning.id,
            content=content,
            from_on=None,
            reason="",
            adopted_by=None,
            adopted_at=now,
        )
        return programme_id
