"""How passwords are kept: argon2id with argon2-cffi's defaults (RFC 9106, low-memory profile), which carry their parameters."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 200

UNUSABLE = "!"
"""Kept instead of a hash by an account that has no password yet (made by a roster): nothing matches it."""

_HASHER = PasswordHasher()
_QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # about a millisecond
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """The encoded hash to keep in `account.password_hash`."""
    return _HASHER.hash(password)


def one_time_password() -> str:
    """A password to be handed out and changed at the first log-in: 12 characters that nobody mistakes, 59 random bits."""
    letters = [secrets.choice(_CLEAR) for _ in range(12)]
    return "-".join("".join(letters[n : n + 4]) for n in (0, 4, 8))


def hash_given(password: str) -> str:
    """As `hash_password`, for a random password: thousands are made at once, and 59 bits need no slow hash."""
    return _QUICK.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long for None (no such login) as for a real hash."""
    if len(password) > MAX_LENGTH:
        return False
    if password_hash == UNUSABLE:
        password_hash = None
    try:
        matched = _HASHER.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matched and password_hash is not None


@cache
def _nobody() -> str:
    return _HASHER.hash("a password of nobody")
