"""The certificate of an erasure: what went, what stays, and how both can be proved without the person."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

COMMITMENT = "SHA-256 over the statements' ids in lower case, sorted, each ended by a line feed"


def commitment(ids: Iterable[UUID]) -> str:
    """A digest that only exactly these ids have: whoever holds them can prove which statements went."""
    lines = "".join(f"{id}\n" for id in sorted(map(str, ids)))
    return hashlib.sha256(lines.encode()).hexdigest()


def seal(certificate: Mapping[str, Any]) -> str:
    """Canonical JSON with a SHA-256 over everything but itself."""
    whole = {key: value for key, value in certificate.items() if key != "sha256"}
    return _encode(whole | {"sha256": hashlib.sha256(_encode(whole).encode()).hexdigest()})


def is_sealed(text: str) -> bool:
    """Whether a certificate is as it was sealed."""
    certificate = json.loads(text)
    return isinstance(certificate, dict) and seal(certificate) == text


def _encode(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
