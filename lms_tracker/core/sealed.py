"""Documents that stand once they are given out: canonical JSON with a SHA-256 over everything but itself."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


def seal(content: Mapping[str, Any], version: int) -> bytes:
    """The canonical bytes of a bulletin, results or a certificate: sorted keys, no blanks, UTF-8, and a SHA-256 over all
    but itself. They are stored and quoted in this form: changing it changes what "the same bulletin" means.
    """
    whole = {key: value for key, value in content.items() if key != "sha256"} | {"version": version}
    return _encode(whole | {"sha256": hashlib.sha256(_encode(whole)).hexdigest()})


def opened(data: bytes | str) -> dict[str, Any]:
    """The content in sealed bytes; numbers with a point are decimals. Raises ValueError when the seal is broken."""
    content: dict[str, Any] = json.loads(data, parse_float=Decimal)
    bare = {key: value for key, value in content.items() if key != "sha256"}
    if content.get("sha256") != hashlib.sha256(_encode(bare)).hexdigest():
        raise ValueError("the content does not agree with its sha256")
    return content
