"""A refused body as people read it: indented, with the place of the fault marked."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

MOST_LINES = 1500
MOST_BYTES = 1024 * 1024


class Line(msgspec.Struct, frozen=True):
    text: str
    marked: bool = False


def marked_lines(raw: bytes, path: str | None) -> tuple[list[Line], bool]:
    """Lines, and whether some were left out: then those around the fault are there.

    `path` as in StatementError. Where it leads to nothing, for a property is missing, its object is marked. What is no
    JSON is shown as it came, the line marked where it stops to be.
    """
    text = raw[:MOST_BYTES].decode("utf-8", "replace")
    try:
        value = json.loads(raw)
        lines = list(_dump(value, "$", "", ""))
    except json.JSONDecodeError as e:
        return _cut([Line(line, n == e.lineno) for n, line in enumerate(text.split("\n"), 1)])
    except (ValueError, RecursionError):  # not UTF-8; nested too deeply; a number of thousands of digits
        return _cut([Line(line) for line in text.split("\n")])
    path = _KEY.sub(r".\2", path or "$")
    place = _closest({where for where, _ in lines}, path)
    if place == "$":
        return _cut([Line(line) for _, line in lines])
    found = [_is_within(where, place) if place == path else where == place for where, _ in lines]
    first = found.index(True)
    shown = [
        Line(line, hit and (place == path or n == first))
        for n, ((_, line), hit) in enumerate(zip(lines, found, strict=True))
    ]
    return _cut(shown)


def readable(raw: bytes) -> str:
    """The same JSON, indented and with letters in the place of their escapes; what is no JSON, as it came.

    Raises UnicodeDecodeError.
    """
    try:
        text = msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return raw.decode()
    return _ESCAPE.sub(lambda m: _letter(m[0], m[1]), text)


_KEY = re.compile(r"""\[(['"])(.*?)\1\]""")
"""A key that is data, as of extensions, in a path: `values.py` quotes it."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def _letter(escape: str, code: str | None) -> str:
    """Only of what may stand in a text as it is; halves of pairs stay."""
    letter = chr(int(code, 16)) if code else ""
    return letter if letter.isprintable() and letter not in ('"', "\\", "") else escape


def _dump(value: Any, path: str, before: str, indent: str, after: str = "") -> Iterator[tuple[str, str]]:
    """(path, line) of each line. A container's own lines are those of its brackets."""
    if isinstance(value, dict) and value:
        items = [(f"{path}.{key}", f"{_scalar(key)}: ", item) for key, item in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list) and value:
        items = [(f"{path}[{n}]", "", item) for n, item in enumerate(value)]
        opening, closing = "[", "]"
    else:
        yield path, f"{indent}{before}{_scalar(value)}{after}"
        return
    yield path, f"{indent}{before}{opening}"
    for n, (where, key, item) in enumerate(items, 1):
        yield from _dump(item, where, key, indent + "  ", "," if n < len(items) else "")
    yield path, f"{indent}{closing}{after}"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _closest(places: set[str], path: str) -> str:
    return max((place for place in places if _is_within(path, place)), key=len, default="$")


def _is_within(path: str, place: str) -> bool:
    return path == place or (path.startswith(place) and path[len(place)] in ".[")


def _cut(lines: list[Line]) -> tuple[list[Line], bool]:
    if len(lines) <= MOST_LINES:
        return lines, False
    hit = next((n for n, line in enumerate(lines) if line.marked), 0)
    start = max(0, min(hit - MOST_LINES // 2, len(lines) - MOST_LINES))
    return lines[start : start + MOST_LINES], True
