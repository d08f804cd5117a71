"""Pages for people. `register` puts them, with login, languages and access rules, into an application."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from lms_tracker.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Adds the pages. Needs `app.extensions["db"]` and a secret key by the first request."""
    from lms_tracker.web import (
        achievements,
        admin,
        answers,
        appeals,
        archives,
        assignments,
        attendance,
        auth,
        ballots,
        books,
        bulletins,
        calendar,
        certificates,
        classes,
        cohort,
        contacts,
        content,
        courses,
        declarations,
        errors,
        exams,
        formats,
        grades,
        guard,
        headers,
        home,
        i18n,
        marking,
        media,
        members,
        notices,
        organisations,
        panels,
        peers,
        people,
        policies,
        privacy,
        programmes,
        questions,
        responsible,
        results,
        review,
        roster,
        sign_in,
        surveys,
        tasks,
    )
    from lms_tracker.web import study as study_pages

    app.config.update(
        SESSION_COOKIE_NAME="lms_tracker",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=12 * 3600,  # of the signature; the cookie itself ends with the browser
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard checks, after it has refused strangers
        WTF_CSRF_TIME_LIMIT=None,  # a form may stay open as long as the session
    )
    csrf = CSRFProtect(app)
    people.register(app)
    i18n.register(app, settings)
    formats.register(app)
    errors.register(app)
    headers.register(app, settings)
    guard.register(app, csrf)
    home.register(app)
    for pages in (
        auth,
        home,
        courses,
        tasks,
        peers,
        assignments,
        study_pages,
        grades,
        media,
        appeals,
        privacy,
        cohort,
        review,
        bulletins,
        marking,
        programmes,
        questions,
        attendance,
        sign_in,
        declarations,
        exams,
        panels,
        books,
        surveys,
        ballots,
        achievements,
        answers,
        policies,
        results,
        notices,
        certificates,
        archives,
        content,
        calendar,
        members,
        contacts,
        responsible,
        classes,
        organisations,
        roster,
        admin,
    ):
        app.register_blueprint(pages.bp)
