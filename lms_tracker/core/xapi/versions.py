"""Versions of xAPI that are spoken (Communication 3.3)."""

import re

LATEST = "1.0.3"
SUPPORTED = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
_ONE_ZERO = re.compile(r"1\.0(\.[0-9]{1,6})?", re.ASCII)

WHEN_A_STATEMENT_NAMES_NONE = "1.0.0"
"""Data 2.4.10: a statement without `version` is given this one."""


def is_supported(version: str) -> bool:
    """Whether a request or a statement of that version is accepted: 1.0 and every 1.0.x."""
    return _ONE_ZERO.fullmatch(version) is not None
