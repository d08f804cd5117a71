"""A person chooses the language of the pages."""

from sqlalchemy import Engine

from lms_tracker.store.accounts import set_locale
from lms_tracker.store.db import writing

LOCALES = ("zh", "en")


def choose_locale(db: Engine, account_id: int, locale: str) -> None:
    """Keeps it on the account. Raises ValueError for a language that the product does not speak."""
    if locale not in LOCALES:
        raise ValueError(f"locale {locale!r}: one of {', '.join(LOCALES)}")
    with writing(db) as tx:
        set_locale(tx, account_id, locale)
