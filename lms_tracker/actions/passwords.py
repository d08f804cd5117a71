"""Hashing of passwords: the one place that knows argon2 (RFC 9106, the library's low-memory profile)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

UNUSABLE = "!"
"""Kept instead of a hash by an account that has no password yet: nothing verifies against it."""

SHORTEST = 8

_hasher = PasswordHasher()


class WeakPassword(ValueError):
    """The password is refused. The message says why, in English, for operators."""


def check_password_strength(password: str, login: str) -> None:
    """Raise WeakPassword when the password is too short or is the login itself."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"the password is too short: at least {SHORTEST} characters")
    if password.casefold() == login.casefold():
        raise WeakPassword("the password is the login")


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its own salt. Takes tens of milliseconds on purpose."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash.

    None (no such account) and UNUSABLE cost as much time as a wrong password, so that an outsider cannot
    learn from the clock which logins exist.
    """
    known = password_hash not in (None, UNUSABLE)
    try:
        _hasher.verify(password_hash if known and password_hash else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return known


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters than today's."""
    return password_hash != UNUSABLE and _hasher.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")
