"""Take statements into the record: checked, stored together or not at all, learners marked for settling."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, convert
from sqlalchemy import Engine

from lms_tracker.actions.line import Steps, waiting
from lms_tracker.actions.store_together import Conflict, IngestResult, Request, Revoked, place_for
from lms_tracker.core.xapi.bounds import Bounds, require_within
from lms_tracker.core.xapi.draft import Draft, complete, draft_of, draft_statements, fill, put_in_utc
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Statement
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.core.xapi.scopes import ALL, DEFINE
from lms_tracker.core.xapi.signatures import check_signature, is_signature
from lms_tracker.core.xapi.terms import people_terms
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.core.xapi.versions import given_to_a_statement_without, is_two
from lms_tracker.store.credentials import Credential
from lms_tracker.store.statements import NewStatement

_OPERATOR = "operator"
"""Name of the authority of what is imported without one."""


class Named(Protocol):
    """Whatever has the name of a credential."""

    @property
    def name(self) -> str: ...


def authority_of(credential: Named, home_page: str) -> dict[str, Any]:
    """Who vouches for what a credential sends."""
    return _authority(credential.name, home_page)


def _authority(name: str, home_page: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}


def ingesting(
    db: Engine,
    statements: Sequence[bytes | dict[str, Any]],
    *,
    credential: Credential | None,
    evidence: str,
    now: datetime,
    received: bool = True,
    stored: Sequence[datetime] | None = None,
    home_page: str = "urn:lms-tracker",
    put_id: UUID | None = None,
    with_data: Mapping[str, bytes] | None = None,
    version: str | None = None,
) -> Steps[IngestResult]:
    """Store a batch, all of it or nothing.

    `credential` is None for what the operator imports: then a statement's own `authority` stands. `received` says
    whether `stored` is a time of receipt; `stored` gives one instant each where `now` is not meant. `home_page` is the
    product's address, for the authority. `put_id` is the id that a single statement must have, or is given. `with_data`
    is the data of attachments that came along, by SHA-2 (its hash was checked); None where none can come.
    `version` is the request's; None where each statement's own counts. Statements that are already there with the
    same content are left alone.

    Raises StatementError (with the path from the batch down and the index; "void" for voiding what others stored
    without the scope `all`), Conflict, and Revoked when `credential` has been revoked meanwhile.
    """
    bounds = None if credential is None else credential.bounds
    drafts = _within(statements, bounds, version) if bounds else draft_statements(statements, version)
    used: set[str] = set()
    in_utc = version is not None and is_two(version)
    for index, draft in enumerate(drafts):
        try:
            if put_id is not None:
                _require_id(draft, put_id)
            if with_data is not None and isinstance(draft.whole, Statement):
                used |= _require_data(draft.whole, with_data, version)
            if in_utc:
                put_in_utc(draft)
        except StatementError as e:
            raise e.at(index) from None
    if with_data is not None and set(with_data) - used:
        raise StatementError("$", "multipart", "data that no statement describes")
    return (
        yield from storing_drafts(
            db,
            drafts,
            credential=credential,
            evidence=evidence,
            now=now,
            received=received,
            stored=stored,
            home_page=home_page,
            data=with_data or {},
            version=version,
        )
    )


ingest = waiting(ingesting)


def storing_drafts(
    db: Engine,
    drafts: Sequence[Draft],
    *,
    credential: Credential | None,
    evidence: str,
    now: datetime,
    received: bool,
    stored: Sequence[datetime] | None = None,
    home_page: str = "urn:lms-tracker",
    skip_conflicts: bool = False,
    data: Mapping[str, bytes] = MappingProxyType({}),
    version: str | None = None,
) -> Steps[IngestResult]:
    """As `ingest`, for statements that are already checked. The drafts are completed in place.

    With `skip_conflicts` a statement whose id is taken by another is left out and reported instead of raising.
    """
    name = _OPERATOR if credential is None else credential.name
    authority = msgspec.json.encode(_authority(name, home_page))
    credential_id = None if credential is None else credential.id
    given_version = given_to_a_statement_without(version)
    same = format_timestamp(now)
    learns = credential is None or credential.may(DEFINE)
    rows: list[NewStatement] = []
    untimed: set[int] = set()
    for index, draft in enumerate(drafts):
        at, text = (now, same) if stored is None else (stored[index], format_timestamp(stored[index]))
        whole, terms, own = draft.whole, draft.terms, None
        if draft.at is None:
            untimed.add(index)
        if draft.id is UNSET or draft.at is None:
            fill(draft, id=str(uuid4()) if draft.id is UNSET else draft.id, timestamp=None if draft.at else text)
        if credential is None and isinstance(whole, Statement) and whole.authority is not UNSET:
            own = whole.authority
            terms = terms | people_terms([own])
        rows.append(
            NewStatement(
                id=convert(draft.id, UUID),
                stored=at,
                timestamp=draft.at or at,
                learner_id=None,
                ifi=draft.ifi,
                verb=draft.verb,
                activity=draft.activity,
                registration=None if draft.registration is UNSET else convert(draft.registration, UUID),
                target=None if draft.target is None else UUID(draft.target),
                credential_id=credential_id,
                evidence=evidence,
                received=received,
                raw=complete(draft, text, None if own else authority, given_version),
                terms=terms,
            )
        )
    if not skip_conflicts:
        _refuse_repeated_ids(rows, drafts)

    def stamp(at: datetime) -> None:
        if rows and rows[0].stored != at:
            text = format_timestamp(at)
            for row, draft in zip(rows, drafts, strict=True):
                row.stored, row.raw = at, complete(draft, text, authority, given_version)

    request = Request(
        rows,
        # Without `define` what is said of activities stays in the statement (Communication 4.2).
        [draft.said if learns else () for draft in drafts],
        untimed=untimed,
        secret_sha256=None if credential is None else credential.secret_sha256,
        data=data,
        skip_conflicts=skip_conflicts,
        voids_all=credential is None or ALL in credential.scopes,
        now=now,
        # What says its own authority or instant is as it is; a timestamp that was missing is the instant of storing.
        stamp=stamp if credential is not None and stored is None and not untimed else None,
    )
    result: IngestResult = yield place_for(db, request)
    return result


store_drafts = waiting(storing_drafts)


def _within(statements: Sequence[bytes | dict[str, Any]], bounds: Bounds, version: str | None) -> list[Draft]:
    drafts = []
    for index, raw in enumerate(statements):
        try:
            statement = parse_statement(raw, version)
            require_within(statement, bounds)
        except StatementError as e:
            raise e.at(index) from None
        drafts.append(draft_of(statement))
    return drafts


def _require_id(draft: Draft, id: UUID) -> None:
    if draft.id is UNSET:
        fill(draft, id=str(id))
    elif UUID(draft.id) != id:
        raise StatementError("$.id", "id-mismatch", f"{draft.id} is not {id}")


def _require_data(statement: Statement, with_data: Mapping[str, bytes], version: str | None) -> set[str]:
    """The SHA-2 of the data that the statement uses. Refuses an attachment whose data is nowhere."""
    used = set()
    inner = [] if statement.object.attachments is UNSET else statement.object.attachments
    for where, attachments in (("$", statement.attachments), ("$.object", inner)):
        for i, attachment in enumerate([] if attachments is UNSET else attachments):
            path = f"{where}.attachments[{i}]"
            data = with_data.get(attachment.sha2.lower())
            if attachments is statement.attachments and is_signature(attachment):
                if data is None:
                    raise StatementError(path, "attachment-data", "a signature without its data")
                check_signature(statement, attachment, data, path, version)
            if data is None and attachment.fileUrl is UNSET:
                raise StatementError(path, "attachment-data", "no fileUrl and no data")
            if data is not None:
                used.add(attachment.sha2.lower())  # its `length` is only said; the hash is what ties the data
    return used


def _refuse_repeated_ids(rows: Sequence[NewStatement], drafts: Sequence[Draft]) -> None:
    if len({row.id for row in rows}) == len(rows):
        return
    seen: set[UUID] = set()
    for index, row in enumerate(rows):
        if row.id in seen:
            raise StatementError(
                f"$[{index}].id", "duplicate-id", f"{drafts[index].id} stands twice in the batch", index
            )
        seen.add(row.id)


__all__ = ["Conflict", "Credential", "IngestResult", "Revoked", "authority_of", "ingest", "ingesting", "store_drafts"]
