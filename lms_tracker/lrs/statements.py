"""The statement resource (Communication 2.1)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from werkzeug.http import http_date

from lms_tracker.actions.ingest import Conflict, IngestResult, authority_of, ingest
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.definitions import merge_definitions
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.multipart import iter_multipart, split_multipart
from lms_tracker.core.xapi.parse import split_body
from lms_tracker.core.xapi.reductions import FORMATS, activities_of, canonical, only_ids
from lms_tracker.core.xapi.timestamps import format_timestamp, parse_timestamp
from lms_tracker.lrs import parameters
from lms_tracker.lrs.permissions import reads_only_its_own
from lms_tracker.lrs.protocol import VERSION, Refused, credential, db, now, read_body
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


def add_routes(resources: Blueprint) -> None:
    """PUT, POST, GET and HEAD of /statements."""

    @resources.put("/statements")
    def put() -> ResponseReturnValue:
        given = parameters.only({"statementId"})
        if "statementId" not in given:
            raise Refused(400, "PUT needs the parameter statementId", path="statementId", rule="parameter")
        id = parameters.uuid("statementId", given["statementId"])
        json, data = _body()
        raws, as_list = split_body(json)
        if as_list:
            raise StatementError("$", "type", "PUT takes one statement, not a list")
        _one(lambda: _store(raws, data, id))
        return Response(status=204)

    @resources.post("/statements")
    def post() -> ResponseReturnValue:
        parameters.only(())
        json, data = _body()
        raws, as_list = split_body(json)
        done = _store(raws, data) if as_list else _one(lambda: _store(raws, data))
        return Response(msgspec.json.encode(done.ids), mimetype="application/json")

    @resources.get("/statements")
    def get() -> ResponseReturnValue:
        given = parameters.only(SINGLE | set(FILTERS) | {CURSOR})
        form = given.pop("format", "exact")
        if form not in FORMATS:
            raise Refused(400, f"format is one of {', '.join(FORMATS)}", path="format", rule="parameter")
        with_data = parameters.boolean("attachments", given.pop("attachments", "false"))
        if "statementId" in given or "voidedStatementId" in given:
            return _single(given, form, with_data)
        return _page(given, form, with_data)


def _one(store: Callable[[], IngestResult]) -> IngestResult:
    """Store a statement that came alone: its faults are told without a place in a batch."""
    try:
        return store()
    except StatementError as e:
        raise e if e.index is None else StatementError("$" + e.path[4:], e.rule, e.fault) from None
    except Conflict as e:
        raise Refused(409, str(e), path="$.id", rule="conflict") from None


def _store(raws: list[bytes], data: dict[str, bytes], id: UUID | None = None) -> IngestResult:
    source = credential()
    result = ingest(
        db(),
        raws,
        credential=source,
        evidence=source.evidence,
        now=now(),
        home_page=_home_page(),
        put_id=id,
        with_data=data,
        version=request.headers[VERSION],
    )
    current_app.extensions["bell"].ring()
    return result


def _body() -> tuple[bytes, dict[str, bytes]]:
    """The JSON, and the data of attachments by SHA-2 (Communication 1.5)."""
    kind = request.mimetype
    if kind not in ("application/json", "multipart/mixed"):
        raise Refused(
            400, f"Content-Type must be application/json or multipart/mixed, not {kind[:80]!r}", rule="content-type"
        )
    body = read_body()
    return (body, {}) if kind == "application/json" else split_multipart(body, request.content_type or "")


def _single(given: dict[str, str], form: str, with_data: bool) -> Response:
    if len(given) != 1:
        asked = "statementId" if "statementId" in given else "voidedStatementId"
        other = ", ".join(sorted(given.keys() - {asked}))
        raise Refused(400, f"{asked} excludes {other}", path=other, rule="parameter")
    ((name, text),) = given.items()
    id, secret = parameters.uuid(name, text), credential().secret_sha256
    with asking(db()) as tx:
        found = statement_by_id(tx, id, voided=name == "voidedStatementId", sent_by=_mine(), secret=secret)
    if found is None:
        raise Refused(404, f"no {'voided ' if name == 'voidedStatementId' else ''}statement has this id")
    response = _response(_formed([found.raw], form)[0], [found.raw], with_data)
    response.headers["Last-Modified"] = http_date(found.stored)
    return response


def _page(given: dict[str, str], form: str, with_data: bool) -> Response:
    values = {name: FILTERS[name](name, text) for name, text in given.items() if name != CURSOR}
    limit = min(values.pop("limit", DEFAULT_LIMIT) or MAX_LIMIT, MAX_LIMIT)
    query = Query(
        **values,
        sent_by=_mine(),
        limit=limit,
        after=_read_cursor(given[CURSOR]) if CURSOR in given else None,
        secret=credential().secret_sha256,
    )
    with asking(db()) as tx:
        if query.agent is not None and query.related_agents:
            home = _home_page()
            named = {identify(authority_of(row, home)): row.name for row in credentials(tx)}
            query.authority_of = named.get(query.agent)
        rows, more = find_statements(tx, query)
    link = "" if more is None else _link(given | ({"attachments": "true"} if with_data else {}), form, more)
    body = b",".join(_formed([row.raw for row in rows], form))
    whole = b'{"statements":[' + body + b'],"more":"' + link.encode() + b'"}'
    response = _response(whole, [row.raw for row in rows], with_data)
    if rows:
        response.headers["Last-Modified"] = http_date(max(row.stored for row in rows))
    return response


def _mine() -> int | None:
    """The credential whose statements are all that may be shown; None where that is not so."""
    source = credential()
    return source.id if reads_only_its_own(source) else None


def _response(json: bytes, raws: list[bytes], with_data: bool) -> Response:
    if not with_data:
        return Response(json, mimetype="application/json")
    described: dict[str, str] = {}
    for raw in raws:
        if b'"attachments":' in raw:
            described.update((a["sha2"].lower(), a["contentType"]) for a in _attachments(msgspec.json.decode(raw)))
    boundary = f"lms-tracker-{uuid4().hex}"  # random: no data can hold it
    # On the way out, one after the other: together they have no bound.
    response = Response(iter_multipart(json, _parts(db(), described), boundary))
    response.headers["Content-Type"] = f"multipart/mixed; boundary={boundary}"  # TinCanJS takes quotes for a part of it
    return response


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


def _link(given: dict[str, str], form: str, more: Cursor) -> str:
    position = f"{format_timestamp(more.stored)}~{more.seq}~{more.horizon}"
    return f"{request.path}?{urlencode({**given, 'format': form, CURSOR: position})}"


def _read_cursor(text: str) -> Cursor:
    try:
        stored, seq, horizon = text.split("~")
        return Cursor(parse_timestamp(stored), int(seq[:18]), int(horizon[:18]))
    except ValueError:
        raise Refused(400, f"the parameter {CURSOR} is damaged", path=CURSOR, rule="parameter") from None


def _formed(raws: Sequence[bytes], form: str) -> list[bytes]:
    if form == "ids":
        return [only_ids(raw) for raw in raws]
    if form == "canonical":
        with reading(db()) as tx:
            known = definitions(tx, {iri for raw in raws for iri in activities_of(raw)})
        merged = {iri: merge_definitions(said) for iri, said in known.items()}
        tags = [tag for tag, quality in request.accept_languages if quality > 0 and tag != "*"]
        return [canonical(raw, merged, tags) for raw in raws]
    return [bytes(raw) for raw in raws]


def _home_page() -> str:
    home: str = current_app.extensions["settings"].public_url
    return home
