"""Strings with a format. Answers are remembered: a source repeats the same verbs, types and extension keys."""

import re
from collections.abc import Collection
from functools import lru_cache

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_MBOX = re.compile(r"mailto:[^\s\x00-\x20<>@]+@[^\s\x00-\x20<>@]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_MEDIA_TYPE = re.compile(r"[!#$&^_.+\-A-Za-z0-9]{1,127}/[!#$&^_.+\-A-Za-z0-9]{1,127}( *;[ -~]{0,500})?")
# RFC 5646 2.1; the irregular grandfathered tags are listed there one by one.
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-be-(?:fr|nl)|sgn-ch-de|art-lojban|cel-gaulish|no-bok|no-nyn|zh-(?:guoyu|hakka|min|min-nan|xiang)",
    re.IGNORECASE | re.ASCII,
)
_LONG = 500  # characters; what is longer is not remembered, so that the memory stays small whatever comes
_MANY = 8192
_iris: set[str] = set()


def is_iri(text: str) -> bool:
    """An absolute IRI: a scheme, and no character that RFC 3987 leaves out."""
    if text in _iris:
        return True
    if _IRI.fullmatch(text) is None:
        return False
    if len(text) <= _LONG:
        if len(_iris) >= _MANY:
            _iris.clear()
        _iris.add(text)
    return True


def are_iris(texts: Collection[str]) -> bool:
    """Whether each is one. Those of a source are mostly known, and together looked up in no time."""
    return _iris.issuperset(texts) or all(map(is_iri, texts))


def is_uuid(text: str) -> bool:
    """Any version of RFC 4122 or 9562, either case."""
    return _UUID.fullmatch(text) is not None


def is_mbox(text: str) -> bool:
    """`mailto:` and one address."""
    return _MBOX.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """40 hexadecimal digits."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """Hexadecimal digits in the length of SHA-224, -256, -384 or -512."""
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """RFC 2046 type/subtype with optional parameters."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_language_tag(text: str) -> bool:
    """Well-formed by RFC 5646 (not looked up in the registry); at most 255 characters."""
    return len(text) <= 255 and _is_short_tag(text)


@lru_cache(1024)
def _is_short_tag(text: str) -> bool:
    return _LANGUAGE.fullmatch(text) is not None


PATTERNS = {
    "iri": _IRI.pattern,
    "uuid": _UUID.pattern,
    "mbox": _MBOX.pattern,
    "sha1": _SHA1.pattern,
    "sha2": _SHA2.pattern,
    "media-type": _MEDIA_TYPE.pattern,
    "language-tag": _LANGUAGE.pattern,
}
"""For descriptions of the formats: what the whole text must match; of language tags, in either case."""
