"""Take statements into the record: checked, stored together or not at all, learners marked for settling."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET
from sqlalchemy import Engine

from lms_tracker.actions.store_together import Conflict, IngestResult, Request, Revoked, store_together
from lms_tracker.core.xapi.bounds import require_within
from lms_tracker.core.xapi.definitions import definitions_of
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Actor, Statement, identifier
from lms_tracker.core.xapi.parse import encode_statement, parse_statement, put_in_utc
from lms_tracker.core.xapi.scopes import DEFINE, Bounds
from lms_tracker.core.xapi.signatures import check_signature, is_signature
from lms_tracker.core.xapi.terms import terms_of
from lms_tracker.core.xapi.timestamps import format_timestamp, parse_timestamp
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


def ingest(
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
) -> IngestResult:
    """Store a batch, all of it or nothing.

    `credential` is None for what the operator imports: then a statement's own `authority` stands. `received` says
    whether `stored` is a time of receipt; `stored` gives one instant each where `now` is not meant. `home_page` is the
    product's address, for the authority. `put_id` is the id that a single statement must have, or is given. `with_data`
    is the data of attachments that came along, by SHA-2 (its hash was checked); None where none can come.
    `version` is the request's; None where each statement's own counts. Statements that are already there with the
    same content are left alone.

    Raises StatementError (with the path from the batch down and the index), Conflict, and Revoked when `credential`
    has been revoked meanwhile.
    """
    parsed: list[Statement] = []
    used: set[str] = set()
    for index, raw in enumerate(statements):
        try:
            statement = parse_statement(raw, version)
            _require_id(statement, put_id)
            if with_data is not None:
                used |= _require_data(statement, with_data, version)
            if version is not None and is_two(version):
                put_in_utc(statement)
            if statement.version is UNSET:
                statement.version = given_to_a_statement_without(version)
            parsed.append(statement)
        except StatementError as e:
            raise e.at(index) from None
    if with_data is not None and set(with_data) - used:
        raise StatementError("$", "multipart", "data that no statement describes")
    return store_parsed(
        db,
        parsed,
        credential=credential,
        evidence=evidence,
        now=now,
        received=received,
        stored=stored,
        home_page=home_page,
        data=with_data or {},
    )


def store_parsed(
    db: Engine,
    statements: Sequence[Statement],
    *,
    credential: Credential | None,
    evidence: str,
    now: datetime,
    received: bool,
    stored: Sequence[datetime] | None = None,
    home_page: str = "urn:lms-tracker",
    skip_conflicts: bool = False,
    data: Mapping[str, bytes] = MappingProxyType({}),
) -> IngestResult:
    """As `ingest`, for statements that are already parsed. The statements are completed in place.

    With `skip_conflicts` a statement whose id is taken by another is left out and reported instead of raising.
    """
    _refuse_repeated_ids(statements, skip_conflicts)
    if credential is not None and credential.bounds:
        _refuse_out_of_bounds(statements, credential.bounds)
    name = _OPERATOR if credential is None else credential.name
    authority = msgspec.convert(_authority(name, home_page), Actor)
    learns = credential is None or credential.may(DEFINE)
    same = None if stored is not None else format_timestamp(now)
    new = []
    for index, statement in enumerate(statements):
        at = now if stored is None else stored[index]
        row = _complete(statement, authority, at, same or format_timestamp(at), keep_own=credential is None)
        row.credential_id = None if credential is None else credential.id
        row.evidence = evidence
        row.received = received
        new.append(row)
    request = Request(
        statements,
        new,
        # Without `define` what is said of activities stays in the statement (Communication 4.2).
        [definitions_of(statement) if learns else {} for statement in statements],
        secret_sha256=None if credential is None else credential.secret_sha256,
        data=data,
        skip_conflicts=skip_conflicts,
        now=now,
    )
    return store_together(db, request)


def _complete(
    statement: Statement, authority: Actor, stored: datetime, stored_text: str, *, keep_own: bool
) -> NewStatement:
    """Fill in what an LRS assigns, and make the row. A sender's `stored` and `authority` do not count."""
    s = statement
    if s.id is UNSET:
        s.id = str(uuid4())
    s.stored = stored_text
    if s.timestamp is UNSET:
        s.timestamp = s.stored
    if s.version is UNSET:
        s.version = given_to_a_statement_without(None)
    own = s.authority if keep_own and s.authority is not UNSET else None
    s.authority = own or authority
    kind = "Activity" if s.object.objectType is UNSET else s.object.objectType
    registration = UNSET if s.context is UNSET else s.context.registration
    return NewStatement(
        id=UUID(s.id),
        stored=stored,
        timestamp=parse_timestamp(s.timestamp),
        learner_id=None,
        ifi=identifier(s.actor),
        verb=s.verb.id,
        activity=s.object.id if kind == "Activity" and s.object.id is not UNSET else None,
        registration=None if registration is UNSET else UUID(registration),
        target=UUID(s.object.id) if kind == "StatementRef" and s.object.id is not UNSET else None,
        credential_id=None,
        evidence="declared",
        received=True,
        raw=encode_statement(s),
        terms=terms_of(s, authority=own),
    )


def _require_id(statement: Statement, id: UUID | None) -> None:
    if id is not None:
        if statement.id is UNSET:
            statement.id = str(id)
        elif UUID(statement.id) != id:
            raise StatementError("$.id", "id-mismatch", f"{statement.id} is not {id}")


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


def _refuse_out_of_bounds(statements: Sequence[Statement], bounds: Bounds) -> None:
    for index, statement in enumerate(statements):
        try:
            require_within(statement, bounds)
        except StatementError as e:
            raise e.at(index) from None


def _refuse_repeated_ids(statements: Sequence[Statement], skip_conflicts: bool) -> None:
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        if statement.id is UNSET:
            continue
        if statement.id.lower() in seen and not skip_conflicts:
            raise StatementError(f"$[{index}].id", "duplicate-id", f"{statement.id} stands twice in the batch", index)
        seen.add(statement.id.lower())


__all__ = ["Conflict", "Credential", "IngestResult", "Revoked", "authority_of", "ingest", "store_parsed"]
