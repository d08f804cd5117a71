"""Versions of xAPI that are spoken (Communication 3.3; IEEE 9274.1.1 4.1.6.8)."""

import re
from functools import lru_cache

LATEST = "2.0.0"
SUPPORTED = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")
_ONE_ZERO = re.compile(r"1\.0(\.[0-9]{1,6})?", re.ASCII)
_TWO_ZERO = re.compile(r"2\.0\.[0-9]{1,6}", re.ASCII)


@lru_cache(256)
def is_supported(version: str) -> bool:
    """Whether a request or a statement of that version is accepted: 1.0, every 1.0.x and every 2.0.x."""
    return _ONE_ZERO.fullmatch(version) is not None or is_two(version)


@lru_cache(256)
def is_two(version: str) -> bool:
    """Whether the rules of IEEE 9274.1.1 hold, and not those of 1.0.3."""
    return _TWO_ZERO.fullmatch(version) is not None


def given_to_a_statement_without(request_version: str | None) -> str:
    """What an LRS sets where a statement names no version (1.0.3 Data 2.4.10; IEEE 9274.1.1 4.2.4.2)."""
    return "2.0.0" if request_version is not None and is_two(request_version) else "1.0.0"


PATTERN = f"{_ONE_ZERO.pattern}|{_TWO_ZERO.pattern}"
"""For descriptions: every version that `is_supported` accepts."""
