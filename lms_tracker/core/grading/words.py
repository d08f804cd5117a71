"""Texts in both languages of the product."""

from msgspec import Struct


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages of the product."""

    zh: str
    en: str

    def __call__(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.zh
