"""Texts in two languages stand in the document's tables as pairs; a document that is given out has one of them."""

from typing import Any, NamedTuple

LANGUAGES = ("zh", "en")


class Words(NamedTuple):
    """One text: Chinese first, as on our pages."""

    zh: str
    en: str


def said_in(language: str, tree: Any) -> Any:
    """A copy of the JSON tree with each Words replaced by its text in that language, `zh` or `en`."""
    if isinstance(tree, Words):
        return tree.zh if language == "zh" else tree.en
    if isinstance(tree, dict):
        return {key: said_in(language, value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [said_in(language, value) for value in tree]
    return tree
