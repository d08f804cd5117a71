"""Our own player over HTTP: grants, beats, presence checks (docs/player.md)."""

from flask import Flask

from lms_tracker.player import checks, grants, profile
from lms_tracker.player.beats import BeatsDoor
from lms_tracker.player.common import blueprint
from lms_tracker.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Add the resources. `app.extensions["db"]` must be set."""
    resources = blueprint(settings)
    grants.add_routes(resources)
    checks.add_routes(resources)
    profile.add_routes(resources)
    app.register_blueprint(resources)
    if csrf := app.extensions.get("csrf"):
        csrf.exempt(resources)  # grants look themselves: a source with a key has no cookie
    app.wsgi_app = BeatsDoor(app, settings)  # type: ignore[method-assign]
