"""The state, activity profile and agent profile resources (Communication 2.3, 2.6, 2.7): one table, three addresses."""

import re
from typing import NamedTuple
from uuid import UUID

import msgspec
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ETags

from lms_tracker.actions.documents import delete_all_documents, delete_document, merge_document, put_document
from lms_tracker.core.xapi.documents import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    IN_AN_ETAG,
    STATE,
    Document,
    Place,
    Precondition,
)
from lms_tracker.core.xapi.timestamps import format_http_date
from lms_tracker.lrs import parameters
from lms_tracker.lrs.asked import Refused, read_body
from lms_tracker.lrs.permissions import beyond
from lms_tracker.lrs.protocol import credential, current, db, now
from lms_tracker.store.db import reading
from lms_tracker.store.documents import NO_REGISTRATION, document_ids, find_document

MAX_CONTENT_TYPE = 500


class Resource(NamedTuple):
    """One kind of document: its address, the parameter that names one, and those that say what it belongs to."""

    kind: str
    address: str
    id: str
    of: frozenset[str]
    registration: bool = False


RESOURCES = (
    Resource(STATE, "/activities/state", "stateId", frozenset({"activityId", "agent"}), registration=True),
    Resource(ACTIVITY_PROFILE, "/activities/profile", "profileId", frozenset({"activityId"})),
    Resource(AGENT_PROFILE, "/agents/profile", "profileId", frozenset({"agent"})),
)


class Asked(msgspec.Struct):
    """The parameters of one request, read."""

    place: Place
    id: str | None
    registration: str | None


def add_routes(resources: Blueprint) -> None:
    """GET, HEAD, PUT, POST and DELETE of each resource."""
    for resource in RESOURCES:
        defaults = {"resource": resource}
        for method, view in (("GET", _get), ("PUT", _put), ("POST", _post), ("DELETE", _delete)):
            resources.add_url_rule(
                resource.address, f"{resource.kind} {method}", view, methods=[method], defaults=defaults
            )


def _get(resource: Resource) -> ResponseReturnValue:
    given = _given(resource, "since")
    asked = _asked(resource, given)
    since = parameters.instant("since", given["since"]) if "since" in given else None
    if asked.id is None:
        with reading(db()) as tx:
            found = document_ids(tx, asked.place, asked.registration, since)
        response = jsonify([row.id for row in found])
        if found:
            response.headers["Last-Modified"] = format_http_date(max(row.updated for row in found))
        return response
    with reading(db()) as tx:
        one = find_document(tx, asked.place, asked.registration or NO_REGISTRATION, asked.id)
    if one is None:
        raise Refused(404, "there is no such document")
    document, updated = one
    response = Response(document.content, headers={"Content-Type": document.content_type})
    # What a source has sent is shown to nobody as a page of ours.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Last-Modified"] = format_http_date(updated)
    response.set_etag(document.etag())
    return response.make_conditional(request) if "If-None-Match" in request.headers else response


def _put(resource: Resource) -> ResponseReturnValue:
    asked, id = _one(resource)
    registration = asked.registration or NO_REGISTRATION
    put_document(
        db(), asked.place, id, _sent(), registration=registration, guard=_guard(), two=current().is_two, now=now()
    )
    return Response(status=204)


def _post(resource: Resource) -> ResponseReturnValue:
    asked, id = _one(resource)
    registration = asked.registration or NO_REGISTRATION
    merge_document(db(), asked.place, id, _sent(), registration=registration, guard=_guard(), now=now())
    return Response(status=204)


def _delete(resource: Resource) -> ResponseReturnValue:
    asked = _asked(resource, _given(resource))
    guard = _guard()
    if asked.id is not None:
        registration = asked.registration or NO_REGISTRATION
        delete_document(db(), asked.place, asked.id, registration=registration, guard=guard)
    elif resource.kind == STATE:
        delete_all_documents(db(), asked.place, registration=asked.registration)
    else:
        raise _missing(resource.id)
    return Response(status=204)


def _given(resource: Resource, *more: str) -> dict[str, str]:
    registration = {"registration"} if resource.registration else set()
    return parameters.only(current(), {resource.id, *resource.of, *registration, *more})


def _asked(resource: Resource, given: dict[str, str]) -> Asked:
    for name in sorted(resource.of):
        if name not in given:
            raise _missing(name)
    activity = parameters.iri("activityId", given["activityId"]) if "activityId" in given else ""
    ifi = parameters.text("agent", parameters.agent("agent", given["agent"])) if "agent" in given else ""
    registration = str(_uuid(given)) if "registration" in given else None
    id = parameters.text(resource.id, given[resource.id]) if resource.id in given else None
    place = Place(resource.kind, activity, ifi)
    if (name := beyond(credential(), place, to_change=request.method not in ("GET", "HEAD"))) is not None:
        raise Refused(
            403, f"the credential is bound, and the parameter {name} reaches beyond", path=name, rule="bounds"
        )
    return Asked(place, id, registration)


def _one(resource: Resource) -> tuple[Asked, str]:
    asked = _asked(resource, _given(resource))
    if asked.id is None:
        raise _missing(resource.id)
    return asked, asked.id


def _sent() -> Document:
    content_type = request.headers.get("Content-Type") or "application/octet-stream"
    if len(content_type) > MAX_CONTENT_TYPE:
        raise Refused(400, f"a Content-Type of more than {MAX_CONTENT_TYPE} characters", rule="content-type")
    return Document(content_type, read_body(current()))


def _guard() -> Precondition:
    return Precondition(_etags("If-Match", request.if_match), _etags("If-None-Match", request.if_none_match))


def _etags(header: str, parsed: ETags) -> tuple[str, ...] | None:
    if header not in request.headers:
        return None
    if parsed.star_tag:
        return ("*",)
    # RFC 9110 13.1: If-Match compares strongly. Some clients send their ETags without quotes.
    if not any(re.search(IN_AN_ETAG, tag or "") for tag in parsed.as_set(include_weak=True)):
        raise Refused(400, f"{header} names no ETag", path=header, rule="precondition")
    return tuple(parsed.as_set(include_weak=header == "If-None-Match"))


def _uuid(given: dict[str, str]) -> UUID:
    return parameters.uuid("registration", given["registration"])


def _missing(name: str) -> Refused:
    return Refused(400, f"the parameter {name} is needed", path=name, rule="parameter")
