"""`POST /player/grants`: who is logged in begins to watch, or a platform asks for one of its people."""

import secrets
from typing import Annotated, Any

import msgspec
from flask import Blueprint, current_app, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import ValidationError, validate_csrf
from msgspec import Meta, Struct

from lms_tracker.actions.credentials import authenticate
from lms_tracker.actions.open_stream import ActiveElsewhere, Asks, NotGranted, open_stream
from lms_tracker.actions.take_beats import Refused
from lms_tracker.core.player import refusals
from lms_tracker.core.xapi.formats import is_iri, is_uuid
from lms_tracker.player.common import Declined, db, keys, now
from lms_tracker.store.db import reading
from lms_tracker.store.media import medium_of_activity
from lms_tracker.store.player import title_of
from lms_tracker.web.auth import PLAYER_LOGIN
from lms_tracker.web.media import is_there
from lms_tracker.web.people import Person


class Asked(Struct):
    """The body of the request."""

    activity: Annotated[str, Meta(min_length=1, max_length=2000)]
    device: Annotated[str, Meta(min_length=1, max_length=200)]
    registration: str | None = None
    take_over: bool = False
    grant: Annotated[str, Meta(max_length=100)] | None = None
    actor: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(Asked).decode


def add_routes(resources: Blueprint) -> None:
    """`live.grants`."""

    @resources.route("/grants", methods=["POST", "OPTIONS"])
    def grants() -> ResponseReturnValue:
        asked = _asked()
        who = _source(asked) if request.authorization is not None else _person()
        if "actor" not in who and _is_away(asked.activity):
            raise Declined("away")
        asks = Asks(asked.activity, asked.device, asked.registration, asked.take_over, asked.grant, **who)
        try:
            opened = open_stream(db(), keys(), asks, now())
        except ActiveElsewhere as e:
            raise Declined("active_elsewhere", active=_active(e)) from None
        except NotGranted as e:
            raise Declined(e.code) from None
        return current_app.response_class(msgspec.json.encode(opened), 201, mimetype="application/json")


def _asked() -> Asked:
    request.max_content_length = 20_000
    try:
        asked = _decode(request.get_data(cache=False))
    except (msgspec.MsgspecError, UnicodeError):
        raise Refused(refusals.MALFORMED) from None
    registration_fits = asked.registration is None or is_uuid(asked.registration)
    if not is_iri(asked.activity) or not registration_fits or "\0" in asked.device + asked.activity:
        raise Refused(refusals.MALFORMED)
    return asked


def _source(asked: Asked) -> dict[str, Any]:
    given = request.authorization
    found = None
    if given is not None and given.type == "basic":
        found = authenticate(db(), given.username or "", given.password or "", now=now())
    if found is None:
        raise Declined("key")
    if asked.actor is None:
        raise Declined("actor")
    return {"credential": found, "actor": asked.actor}


def _is_away(activity: str) -> bool:
    """Whether what our own page would show cannot be had: there is nothing to study then. What a platform shows is not ours."""
    with reading(db()) as tx:
        medium = medium_of_activity(tx, activity)
    return medium is not None and is_there(medium) is False


def _person() -> dict[str, Any]:
    if not current_user.is_authenticated:
        raise Declined("login")
    person = current_user._get_current_object()
    assert isinstance(person, Person)
    if person.learner_id is None:
        raise Declined("not_learner")
    if current_app.config["WTF_CSRF_ENABLED"]:  # off in tests only
        try:
            validate_csrf(request.headers.get("X-CSRFToken"))
        except ValidationError:
            raise Declined("csrf") from None
    return {"learner_id": person.learner_id, "account_id": person.id, "login": _this_login()}


def _this_login() -> str:
    if PLAYER_LOGIN not in session:
        session[PLAYER_LOGIN] = secrets.token_urlsafe(12)
    name: str = session[PLAYER_LOGIN]
    return name


def _active(e: ActiveElsewhere) -> dict[str, Any]:
    with reading(db()) as tx:
        title = title_of(tx, e.activity)
    return {"activity_title": title, "since_s": round((now() - e.since).total_seconds()), "device": e.device}
