"""Every single change of a valid statement that the standards forbid: kinds of change x places where they apply."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

MAPS = {"display", "name", "description"}
"""Keys whose value, where it is an object, has languages for keys."""
FORMATS = {
    "id": "no id",
    "mbox": "li@example.org",
    "mbox_sha1sum": "abc",
    "openid": "no uri",
    "homePage": "no irl",
    "type": "no iri",
    "moreInfo": "no irl",
    "usageType": "no iri",
    "fileUrl": "no irl",
    "contentType": "text",
    "sha2": "abc",
    "duration": "1 h",
    "timestamp": "yesterday",
    "registration": "1",
    "language": "no tag",
    "version": "0.9",
    "objectType": "Surprise",
    "interactionType": "guess",
}
REQUIRED = {
    "statement": ("actor", "verb", "object"),
    "verb": ("id",),
    "account": ("homePage", "name"),
    "attachment": ("usageType", "display", "contentType", "length", "sha2"),
    "component": ("id",),
    "reference": ("id", "objectType"),
    "relevant": ("objectType",),
}
NUMBERS = {"scaled": 1.5, "length": -1}
IDENTIFIERS = {
    "mbox": "mailto:second@example.org",
    "openid": "https://example.org/second",
    "mbox_sha1sum": "a" * 40,
    "account": {"homePage": "https://example.org", "name": "second"},
}
COMPONENTS = {"choices", "scale", "source", "target", "steps"}


class Mutation(NamedTuple):
    """A statement with one thing wrong, and where."""

    kind: str
    place: str
    statement: dict[str, Any]


def mutations(statement: dict[str, Any]) -> list[Mutation]:
    """All of them, for this statement."""
    return [
        Mutation(kind, shown(path), _changed(statement, path, change))
        for path, value in _objects(statement)
        for kind, change in _changes(path, value)
    ]


def shown(path: tuple[Any, ...]) -> str:
    """As errors name a place: `$.actor.member[1]`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every object whose keys the standard names, and every map, but nothing inside of extensions."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            if not _is_map((*path, key), inner):
                yield from _objects(inner, (*path, key))
            elif inner:
                yield (*path, key), inner
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _objects(inner, (*path, i))


def _is_map(path: tuple[Any, ...], value: Any) -> bool:
    return isinstance(value, dict) and (path[-1] in MAPS or path[-1] == "extensions")


def _changes(path: tuple[Any, ...], value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, the object after the change)."""
    if path and path[-1] == "extensions":
        yield "key is no IRI", value | {"no iri": 1}
        return
    if path and path[-1] in MAPS and "id" not in value:
        yield "key is no language", value | {"no tag": "x"}
        yield "text is a number", {key: 1 for key in value}
        return
    yield "unknown property", value | {"surprise": 1}
    for key, inner in value.items():
        rest = {name: kept for name, kept in value.items() if name != key}
        yield "null", value | {key: None}
        yield "wrong case", rest | {key.upper(): inner}
        yield "wrong type", value | {key: _of_another_type(inner)}
        if key in FORMATS and isinstance(inner, str) and not (key == "id" and _kind(path) == "component"):
            yield "wrong format", value | {key: FORMATS[key]}
        if key in NUMBERS:
            yield "number out of range", value | {key: NUMBERS[key]}
        if key in REQUIRED.get(_kind(path), ()):
            yield "missing", rest
    if own := IDENTIFIERS.keys() & value.keys():
        other = next(name for name in IDENTIFIERS if name not in own)
        yield "second identifier", value | {other: IDENTIFIERS[other]}


def _kind(path: tuple[Any, ...]) -> str:
    """What stands at a place, as REQUIRED calls it."""
    if not path:
        return "statement"
    last, above = path[-1], path[-2] if len(path) > 1 else ""
    if last == "statement":
        return "reference"
    names = {"attachments": "attachment", "contextAgents": "relevant", "contextGroups": "relevant"}
    names |= dict.fromkeys(COMPONENTS, "component")
    return names.get(above, last) if isinstance(last, int) else last


def _of_another_type(value: Any) -> Any:
    return 7 if isinstance(value, str | list | dict | bool) else "7"


def _changed(statement: dict[str, Any], path: tuple[Any, ...], value: dict[str, Any]) -> dict[str, Any]:
    if not path:
        return value
    out = deepcopy(statement)
    here: Any = out
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return out
