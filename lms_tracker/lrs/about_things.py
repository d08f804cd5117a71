"""What the record knows about an activity and about an agent (Communication 2.4, 2.5)."""

from typing import Any

import msgspec
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lms_tracker.core.xapi.actors import person
from lms_tracker.core.xapi.definitions import merge_definitions
from lms_tracker.core.xapi.documents import ACTIVITY_PROFILE, AGENT_PROFILE, Place
from lms_tracker.core.xapi.model import identifier
from lms_tracker.lrs import parameters
from lms_tracker.lrs.asked import Refused
from lms_tracker.lrs.permissions import beyond
from lms_tracker.lrs.protocol import credential, current, db
from lms_tracker.store.db import reading
from lms_tracker.store.definitions import definitions
from lms_tracker.store.learners import known_as


def add_routes(resources: Blueprint) -> None:
    """GET and HEAD of /activities and /agents."""

    @resources.get("/activities")
    def activity() -> ResponseReturnValue:
        iri = parameters.iri("activityId", _only("activityId"))
        _stay_within(Place(ACTIVITY_PROFILE, activity=iri))
        with reading(db()) as tx:
            known = merge_definitions(definitions(tx, [iri]).get(iri, []))
        found: dict[str, Any] = {"objectType": "Activity", "id": iri}
        return jsonify(found | ({"definition": known} if known else {}))

    @resources.get("/agents")
    def agent() -> ResponseReturnValue:
        actor = parameters.actor("agent", _only("agent"))
        asked = identifier(actor) or ""
        _stay_within(Place(AGENT_PROFILE, ifi=asked))
        with reading(db()) as tx:
            names, ifis = known_as(tx, asked)
        own = [actor.name] if actor.name is not msgspec.UNSET else []
        return jsonify(person([*own, *names], [asked, *ifis]))


def _stay_within(place: Place) -> None:
    if (name := beyond(credential(), place, to_change=False)) is not None:
        raise Refused(
            403, f"the credential is bound, and the parameter {name} reaches beyond", path=name, rule="bounds"
        )


def _only(name: str) -> str:
    given = parameters.only(current(), {name})
    if name not in given:
        raise Refused(400, f"the parameter {name} is needed", path=name, rule="parameter")
    return given[name]
