"""Secrets that have to be used again, and so cannot be digests: sealed with a key made from the secret key.

A stolen database or backup alone tells nothing. Whoever has the secret key (or runs as the product) can open them.
Fernet: AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Changing this makes every sealed secret unreadable. tests/actions/test_seal.py holds a golden value.
_PURPOSE = b"lms_tracker: secrets of forwarding targets"


class Unreadable(ValueError):
    """Sealed with another secret key, or damaged."""


def seal(secret_key: str, secret: str) -> bytes:
    """The secret, readable only with the same secret key."""
    return _fernet(secret_key).encrypt(secret.encode())


def unseal(secret_key: str, sealed: bytes) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        return _fernet(secret_key).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Unreadable("sealed with another secret key") from None


def _fernet(secret_key: str) -> Fernet:
    if not secret_key:
        raise ValueError("no secret key")
    key = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
