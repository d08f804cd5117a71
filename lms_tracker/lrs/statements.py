"""The statement resource (Communication 2.1)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
from flask import Blueprint, Response
from sqlalchemy import Engine

from lms_tracker.actions.ingest import Conflict, IngestResult, authority_of, ingesting
from lms_tracker.actions.line import Steps, now
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.definitions import merge_definitions
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.multipart import iter_multipart, split_multipart
from lms_tracker.core.xapi.parse import split_body
from lms_tracker.core.xapi.reductions import FORMATS, activities_of, canonical, only_ids
from lms_tracker.core.xapi.timestamps import format_http_date, format_timestamp, parse_timestamp
from lms_tracker.lrs import parameters
from lms_tracker.lrs.asked import JSON, Answer, Asked, Refused, read_body
from lms_tracker.lrs.permissions import reads_only_its_own
from lms_tracker.lrs.protocol import as_response, current
from lms_tracker.store.attachments import attachments
from lms_tracker.store.credentials import credentials
from lms_tracker.store.db import asking, reading
from lms_tracker.store.definitions import definitions
from lms_tracker.store.statement_queries import Cursor, Query, find_statements
from lms_tracker.store.statements import statement_by_id

SINGLE = {"statementId", "voidedStatementId", "format", "attachments"}
FILTERS: dict[str, Callable[[str, str], Any]] = {
    "agent": parameters.agent,
    "verb": parameters.iri,
    "activity": parameters.iri,
    "registration": parameters.uuid,
    "related_activities": parameters.boolean,
    "related_agents": parameters.boolean,
    "since": parameters.instant,
    "until": parameters.instant,
    "limit": parameters.natural,
    "ascending": parameters.boolean,
}
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
CURSOR = "cursor"
"""Ours: where a page of `more` starts. Opaque to clients."""
GIVEN = SINGLE | set(FILTERS) | {CURSOR}


def put(asked: Asked) -> Steps[Answer]:
    """PUT of one statement."""
    given = parameters.only(asked, {"statementId"})
    if "statementId" not in given:
        raise Refused(400, "PUT needs the parameter statementId", path="statementId", rule="parameter")
    id = parameters.uuid("statementId", given["statementId"])
    json, data = _body(asked)
    raws, as_list = split_body(json)
    if as_list:
        raise StatementError("$", "type", "PUT takes one statement, not a list")
    with _alone():
        yield from _store(asked, raws, data, id)
    return Answer(204)


def post(asked: Asked) -> Steps[Answer]:
    """POST of one statement or of many."""
    parameters.only(asked, ())
    json, data = _body(asked)
    raws, as_list = split_body(json)
    with nullcontext() if as_list else _alone():
        done = yield from _store(asked, raws, data)
    return Answer(200, msgspec.json.encode(done.ids), [("Content-Type", JSON)])


def get(asked: Asked) -> Steps[Answer]:
    """GET of one statement, or of those that filters meet."""
    yield from ()  # nobody waits in line for it
    given = parameters.only(asked, GIVEN)
    form = given.pop("format", "exact")
    if form not in FORMATS:
        raise Refused(400, f"format is one of {', '.join(FORMATS)}", path="format", rule="parameter")
    with_data = parameters.boolean("attachments", given.pop("attachments", "false"))
    if "statementId" in given or "voidedStatementId" in given:
        return _single(asked, given, form, with_data)
    return _page(asked, given, form, with_data)


VIEWS: dict[str, Callable[[Asked], Steps[Answer]]] = {"PUT": put, "POST": post, "GET": get}


def add_routes(resources: Blueprint) -> None:
    """PUT, POST, GET and HEAD of /statements."""
    for method, view in VIEWS.items():
        resources.add_url_rule("/statements", method.lower(), partial(_in_flask, view), methods=[method])


def _in_flask(view: Callable[[Asked], Steps[Answer]]) -> Response:
    return as_response(now(view(current())))


@contextmanager
def _alone() -> Iterator[None]:
    """For a statement that came alone: its faults are told without a place in a batch."""
    try:
        yield
    except StatementError as e:
        raise e if e.index is None else StatementError("$" + e.path[4:], e.rule, e.fault) from None
    except Conflict as e:
        raise Refused(409, str(e), path="$.id", rule="conflict") from None


def _store(asked: Asked, raws: list[bytes], data: dict[str, bytes], id: UUID | None = None) -> Steps[IngestResult]:
    source = asked.source
    result = yield from ingesting(
        asked.shared.db,
        raws,
        credential=source,
        evidence=source.evidence,
        now=asked.now,
        home_page=_home_page(asked),
        put_id=id,
        with_data=data,
        version=asked.version,
    )
    asked.shared.bell.ring()
    return result


def _body(asked: Asked) -> tuple[bytes, dict[str, bytes]]:
    """The JSON, and the data of attachments by SHA-2 (Communication 1.5)."""
    kind = asked.mimetype
    if kind not in ("application/json", "multipart/mixed"):
        raise Refused(
            400, f"Content-Type must be application/json or multipart/mixed, not {kind[:80]!r}", rule="content-type"
        )
    body = read_body(asked)
    return (body, {}) if kind == "application/json" else split_multipart(body, asked.content_type)


def _single(asked: Asked, given: dict[str, str], form: str, with_data: bool) -> Answer:
    voided = "statementId" not in given
    name = "voidedStatementId" if voided else "statementId"
    if len(given) != 1:
        other = ", ".join(sorted(given.keys() - {name}))
        raise Refused(400, f"{name} excludes {other}", path=other, rule="parameter")
    id, secret = parameters.uuid(name, given[name]), asked.source.secret_sha256
    with asking(asked.shared.db) as tx:
        found = statement_by_id(tx, id, voided=voided, sent_by=_mine(asked), secret=secret)
    if found is None:
        raise Refused(404, f"no {'voided ' if voided else ''}statement has this id")
    answer = _answer(asked, _formed(asked, [found.raw], form)[0], [found.raw], with_data)
    answer.headers += [*_told_by(form), ("Last-Modified", format_http_date(found.stored))]
    return answer


def _page(asked: Asked, given: dict[str, str], form: str, with_data: bool) -> Answer:
    values = {name: FILTERS[name](name, text) for name, text in given.items() if name != CURSOR}
    limit = min(values.pop("limit", DEFAULT_LIMIT) or MAX_LIMIT, MAX_LIMIT)
    query = Query(
        **values,
        sent_by=_mine(asked),
        limit=limit,
        after=_read_cursor(given[CURSOR]) if CURSOR in given else None,
        secret=asked.source.secret_sha256,
    )
    with asking(asked.shared.db) as tx:
        if query.agent is not None and query.related_agents:
            home = _home_page(asked)
            named = {identify(authority_of(row, home)): row.name for row in credentials(tx)}
            query.authority_of = named.get(query.agent)
        page, more = find_statements(tx, query)
    link = "" if more is None else _link(asked, given | ({"attachments": "true"} if with_data else {}), form, more)
    array = page.array if form == "exact" else b"[" + b",".join(_formed(asked, page.raws, form)) + b"]"
    whole = b"".join((b'{"statements":', array, b',"more":"', link.encode(), b'"}'))
    answer = _answer(asked, whole, page.raws if with_data else (), with_data)
    answer.headers += _told_by(form)
    if page:
        answer.headers.append(("Last-Modified", format_http_date(page.newest)))
    return answer


def _mine(asked: Asked) -> int | None:
    """The credential whose statements are all that may be shown; None where that is not so."""
    source = asked.source
    return source.id if reads_only_its_own(source) else None


def _answer(asked: Asked, json: bytes, raws: Sequence[bytes], with_data: bool) -> Answer:
    if not with_data:
        return Answer(200, json, [("Content-Type", JSON)])
    described: dict[str, str] = {}
    for raw in raws:
        if b'"attachments":' in raw:
            described.update((a["sha2"].lower(), a["contentType"]) for a in _attachments(msgspec.json.decode(raw)))
    boundary = f"lms-tracker-{uuid4().hex}"  # random: no data can hold it
    # On the way out, one after the other: together they have no bound.
    kind = f"multipart/mixed; boundary={boundary}"  # TinCanJS takes quotes for a part of it
    return Answer(200, iter_multipart(json, _parts(asked.shared.db, described), boundary), [("Content-Type", kind)])


def _told_by(form: str) -> list[tuple[str, str]]:
    """Which of a request's headers its answer follows (RFC 9110 12.5.5)."""
    return [("Vary", "Accept-Language")] if form == "canonical" else []


def _parts(engine: Engine, described: dict[str, str]) -> Iterator[tuple[str, str, bytes]]:
    """SHA-2, content type and data of each attachment whose data is here."""
    for sha2, content_type in described.items():
        with reading(engine) as tx:
            found = attachments(tx, [sha2])
        for data in found.values():
            yield sha2, content_type, data


def _attachments(statement: dict[str, Any]) -> list[dict[str, Any]]:
    inner = statement["object"].get("attachments", [])
    return [*statement.get("attachments", []), *inner]


def _link(asked: Asked, given: dict[str, str], form: str, more: Cursor) -> str:
    position = f"{format_timestamp(more.stored)}~{more.seq}~{more.horizon}"
    return f"{asked.path}?{urlencode({**given, 'format': form, CURSOR: position})}"


def _read_cursor(text: str) -> Cursor:
    try:
        stored, seq, horizon = text.split("~")
        return Cursor(parse_timestamp(stored), int(seq[:18]), int(horizon[:18]))
    except ValueError:
        raise Refused(400, f"the parameter {CURSOR} is damaged", path=CURSOR, rule="parameter") from None


def _formed(asked: Asked, raws: Sequence[bytes], form: str) -> list[bytes]:
    if form == "ids":
        return [only_ids(raw) for raw in raws]
    if form == "canonical":
        with reading(asked.shared.db) as tx:
            known = definitions(tx, {iri for raw in raws for iri in activities_of(raw)})
        merged = {iri: merge_definitions(said) for iri, said in known.items()}
        return [canonical(raw, merged, asked.languages) for raw in raws]
    return list(raws)


def _home_page(asked: Asked) -> str:
    return asked.shared.settings.public_url
