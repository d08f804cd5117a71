"""The language of the pages: Chinese in the source, English from `lms_tracker/translations`."""

from flask import Flask, current_app, g, session
from flask_babel import Babel, ngettext

from lms_tracker.paths import PACKAGE
from lms_tracker.settings import Settings

LANGUAGES = {"zh": "中文", "en": "English"}
TRANSLATIONS = PACKAGE / "translations"


def register(app: Flask, settings: Settings) -> None:
    default = settings.locale if settings.locale in LANGUAGES else "zh"

    def choose() -> str:
        person = getattr(g, "person", None)
        chosen = (person.locale if person else None) or session.get("locale")
        return chosen if chosen in LANGUAGES else default

    Babel(
        app,
        default_locale=default,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=choose,
    )
    app.jinja_env.globals["counted"] = counted
    app.extensions["locale"] = choose


def locale() -> str:
    """The language of this request: zh or en."""
    chosen: str = current_app.extensions["locale"]()
    return chosen


def counted(text: str, n: int, **values: object) -> str:
    """A text about so many (`n`) of something: Chinese says it in one way, English has a form for one."""
    return ngettext(text, text, n, n=n, **values)
