"""Nobody passes who is not in the table of access: asked before each request, and by pages that lead on.

Somebody who may not see a thing is told that it does not exist (404), as for a thing that does not.
"""

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from lms_tracker.store.db import reading
from lms_tracker.store.places import Place, reaches
from lms_tracker.store.tables import LARGEST_ID
from lms_tracker.web.access import (
    BEFORE_A_NEW_PASSWORD,
    LEARNER,
    MAX_FORM_BYTES,
    OTHER_DOORS,
    REVIEW,
    ROUTES,
    SEE_COMMENTS,
    Rule,
)
from lms_tracker.web.people import Person


def may(person: Person, rule: Rule, place: Place | None) -> bool:
    """Whether the rule lets this person in. `place` is what `rule.find` found."""
    if rule.who == LEARNER.who and (rule.find is None or person.learner_id is None):
        return person.learner_id is not None
    is_own = place is not None and place.learner_id is not None and place.learner_id == person.learner_id
    if rule.own is not None and is_own:
        return rule.own
    if not rule.who:
        return not rule.own
    mine = [role for role in person.roles if role.name in rule.who]
    if rule.find is None:
        return bool(mine)
    return place is not None and any(reaches(role, place) for role in mine)


def opens(person: Person, endpoint: str, place: Place) -> bool:
    """Whether a role of the person that reaches the place is one for which the endpoint is."""
    return any(role.name in ROUTES[endpoint].who and reaches(role, place) for role in person.roles)


def sees_comments(person: Person, place: Place) -> bool:
    """Whether remarks on a learner's work are for this person."""
    return any(role.name in SEE_COMMENTS and reaches(role, place) for role in person.roles)


def reviews(person: Person, place: Place) -> bool:
    """Whether this person decides about held time there."""
    return any(role.name in REVIEW and reaches(role, place) for role in person.roles)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Have every request looked at before anything else is done for it."""

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        if request.endpoint is None or request.blueprint in OTHER_DOORS:
            return None  # an unknown address gets its 404 from Flask
        rule = ROUTES.get(request.endpoint)
        request.max_content_length = (rule and rule.max_bytes) or MAX_FORM_BYTES
        request.max_form_memory_size = request.max_content_length
        if rule is None:
            abort(404)
        if any(isinstance(part, int) and part > LARGEST_ID for part in (request.view_args or {}).values()):
            abort(404)
        if not rule.public:
            if not current_user.is_authenticated:
                return redirect(url_for("auth.login", next=_wanted()), 303)
            if current_user.must_change and request.endpoint not in BEFORE_A_NEW_PASSWORD:
                return redirect(url_for("auth.password"), 303)
            with reading(current_app.extensions["db"]) as db:
                g.place = rule.find(db, request.view_args or {}) if rule.find else None
            if not may(current_user, rule, g.place):
                abort(404)
        if app.config["WTF_CSRF_ENABLED"]:  # off in tests only
            csrf.protect()
        return None


def _wanted() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
