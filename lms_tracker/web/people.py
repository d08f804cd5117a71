"""Who is logged in: the account behind a session cookie, with its roles."""

import hmac
from typing import Any

from flask import Flask, current_app, g
from flask_login import LoginManager, UserMixin, current_user
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.store.accounts import account_by_id, roles_of
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now


class Role(Struct, frozen=True):
    """One thing that a person is, and where. Exactly one of the three scopes is set, by role."""

    name: str
    programme_id: int | None
    cohort_id: int | None
    organisation_id: int | None


class Person(UserMixin):
    """The logged-in account. `learner_id` is None for people who do not study."""

    def __init__(self, row: Row[Any], roles: list[Role]) -> None:
        self.id: int = row.id
        self.login: str = row.login
        self.name: str = row.name
        self.locale: str | None = row.locale
        self.learner_id: int | None = row.learner_id
        self.session_token: str = row.session_token
        self.must_change: bool = row.must_change
        self.roles = roles

    def get_id(self) -> str:
        # The token changes with the password, which ends every session that carries the old one.
        return f"{self.id}.{self.session_token}"

    def has(self, *names: str) -> bool:
        return any(role.name in names for role in self.roles)


def person_of(account_id: int) -> Person | None:
    """The person of an account, or None when the account is gone or disabled."""
    with reading(current_app.extensions["db"]) as db:
        row = account_by_id(db, account_id)
        if row is None or row.disabled_at is not None:
            return None
        roles = [Role(r.role, r.programme_id, r.cohort_id, r.organisation_id) for r in roles_of(db, account_id, now())]
    return Person(row, roles)


def me() -> Person:
    """The logged-in person. Only for views that the access table keeps from strangers."""
    person = current_user._get_current_object()
    assert isinstance(person, Person)
    return person


def register(app: Flask) -> None:
    logins = LoginManager()
    logins.session_protection = None  # binding to address or browser throws honest people out on mobile networks
    logins.init_app(app)

    @logins.user_loader
    def load(session_id: str) -> Person | None:
        account_id, _, token = session_id.partition(".")
        person = person_of(int(account_id)) if account_id.isdecimal() else None
        if person is None or not hmac.compare_digest(person.session_token, token):
            return None
        g.person = person
        return person
