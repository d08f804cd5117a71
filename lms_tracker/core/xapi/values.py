"""Rules of single values, wherever they stand in a statement. Each raises StatementError with the path it is given."""

from typing import Any

from msgspec import UNSET, UnsetType

from lms_tracker.core.xapi import formats
from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import LanguageMap
from lms_tracker.core.xapi.timestamps import parse_timestamp

MAX_INT = 2**63
_TOO_LARGE = 2**64
MAX_INDEXED_BYTES = 2000


def check_iri(text: str | UnsetType, path: str) -> None:
    """Also for IRLs and URIs: the specification asks the same of them (Data 2.2)."""
    if text is not UNSET and not formats.is_iri(text):
        raise StatementError(path, "iri", f"{shown(text)} is no absolute IRI")


def check_uuid(text: str | UnsetType, path: str) -> None:
    """A UUID as text."""
    if text is not UNSET and not formats.is_uuid(text):
        raise StatementError(path, "uuid", f"{shown(text)} is no UUID")


def check_timestamp(text: str | UnsetType, path: str) -> None:
    """An instant."""
    if text is not UNSET:
        try:
            parse_timestamp(text)
        except ValueError as e:
            raise StatementError(path, "timestamp", f"{shown(text)}: {e}") from None


def check_language_tag(text: str, path: str) -> None:
    """One language tag."""
    if not formats.is_language_tag(text):
        raise StatementError(path, "language-tag", f"{shown(text)} is no language tag")


def check_language_map(texts: LanguageMap | UnsetType, path: str) -> None:
    """Its keys; that the values are text was checked by type."""
    if texts is not UNSET:
        for tag in texts:
            check_language_tag(tag, f"{path}[{shown(tag)}]")


def check_extensions(extensions: dict[str, Any] | UnsetType, path: str) -> bool:
    """Keys are IRIs; values may be anything that the record can hold. Whether there is a list or an object among them."""
    if extensions is UNSET:
        return False
    if not formats.are_iris(extensions):
        for key in extensions:
            check_iri(key, f"{path}[{shown(key)}]")
    nested = False
    for key, value in extensions.items():
        kind = type(value)
        if kind is str or kind is float or (kind is int and -MAX_INT <= value < _TOO_LARGE):
            continue  # as nearly all: no path is made for them
        nested = nested or kind is list or kind is dict
        _check_numbers(value, f"{path}[{shown(key)}]")
    return nested


def _check_numbers(value: Any, path: str) -> None:
    if type(value) is int:
        if not -MAX_INT <= value < _TOO_LARGE:
            raise StatementError(path, "number-range", "an integer of more than 64 bits")
    elif type(value) is list:
        for i, item in enumerate(value):
            _check_numbers(item, f"{path}[{i}]")
    elif type(value) is dict:
        for key, item in value.items():
            _check_numbers(item, f"{path}[{shown(key)}]")


def check_length(text: str, path: str) -> None:
    """What an index has to hold."""
    # Most texts are so short that their bytes need not be counted.
    if len(text) > MAX_INDEXED_BYTES // 4 and len(text.encode()) > MAX_INDEXED_BYTES:
        raise StatementError(path, "too-long", f"{len(text.encode())} bytes")


def shown(text: object) -> str:
    """A value in a message, cut where it would drown the message."""
    quoted = repr(text)
    return quoted if len(quoted) <= 80 else quoted[:77] + "…'"
