"""Grants and proofs: what a page must show so that its beats are believed. Pure; the key is an argument.

A grant names a stream and when it ends, under a signature. A proof is a digest under a key that no page knows of the
stream and the number of the request that may carry it: nobody can tell the next one, none opens anything twice, and a
lost answer can be given again without anything being kept.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from msgspec import Struct

_GRANT = struct.Struct(">qq")
_PROOF = struct.Struct(">II")
MAC = 16
"""Bytes: 128 bits, of HMAC-SHA256."""


class Grant(Struct, frozen=True):
    """Which stream, and until when (microseconds since 1970)."""

    stream: int
    until: int


class Forged(ValueError):
    """Not a grant of ours."""


class Keys(Struct, frozen=True):
    """Derived from the secret key of the installation, one for each purpose."""

    grant: bytes
    proof: bytes


def keys_of(secret: str) -> Keys:
    """Derived once a process. Another secret key ends all grants."""
    return Keys(*(hmac.digest(secret.encode(), f"player {what}".encode(), "sha256") for what in ("grant", "proof")))


def sign(keys: Keys, grant: Grant) -> str:
    """The grant as the page holds it: 43 characters."""
    told = _GRANT.pack(grant.stream, grant.until)
    return urlsafe_b64encode(told + hmac.digest(keys.grant, told, "sha256")[:MAC]).rstrip(b"=").decode()


def read(keys: Keys, token: str) -> Grant:
    """The grant that was signed, over or not. Raises Forged."""
    try:
        whole = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except (Error, ValueError):
        raise Forged from None
    told, mac = whole[: _GRANT.size], whole[_GRANT.size :]
    if len(whole) != _GRANT.size + MAC or not hmac.compare_digest(hmac.digest(keys.grant, told, "sha256")[:MAC], mac):
        raise Forged
    return Grant(*_GRANT.unpack(told))


def proof(keys: Keys, stream: int, n: int) -> str:
    """What request `n` of a stream must carry: 32 characters."""
    told = _PROOF.pack(stream, n)
    return urlsafe_b64encode(told + hmac.digest(keys.proof, told, "sha256")[:MAC]).decode()


def was_issued_for(keys: Keys, given: str) -> tuple[int, int] | None:
    """The stream and the request that a proof was made for; None where it was never made here."""
    try:
        stream, n = _PROOF.unpack(urlsafe_b64decode(given.encode())[: _PROOF.size])
    except (Error, ValueError, struct.error):
        return None
    return (stream, n) if hmac.compare_digest(proof(keys, stream, n).encode(), given.encode()) else None
