"""Texts in both languages of the product."""

from decimal import Decimal

from msgspec import Struct


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages of the product."""

    zh: str
    en: str

    def __call__(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.zh


def plain(value: Decimal) -> str:
    """A number as people write it: without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
