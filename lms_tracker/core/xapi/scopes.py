"""What a credential may do (Communication 4.2, "Authorization Scope")."""

from collections.abc import Collection, Iterable

import msgspec

ALL = "all"
READ_ALL = "all/read"
WRITE = "statements/write"
READ = "statements/read"
READ_MINE = "statements/read/mine"
STATE = "state"
PROFILE = "profile"
DEFINE = "define"

SCOPES = (WRITE, READ_MINE, READ, STATE, PROFILE, DEFINE, READ_ALL, ALL)
"""Of the standard: there are no others."""
USUAL = (WRITE, READ_MINE, STATE, PROFILE, DEFINE)
"""Of a source that sends what its own people do, and reads nothing of others."""
BINDABLE = frozenset({WRITE, READ_MINE, STATE, PROFILE})
"""What can be confined to one actor or one activity; more would reach beyond them."""


def parse_scopes(names: Iterable[str]) -> frozenset[str]:
    """A set of scopes. Raises ValueError that names what is none, or that there is none."""
    found = frozenset(names)
    if unknown := sorted(found - set(SCOPES)):
        raise ValueError(f"no scope is called {', '.join(unknown)}; there are: {', '.join(SCOPES)}")
    if not found:
        raise ValueError(f"a credential needs a scope: {', '.join(SCOPES)}")
    return found


def may(scopes: Collection[str], *wanted: str) -> bool:
    """Whether one of the wanted scopes is among them, or all."""
    return ALL in scopes or not set(wanted).isdisjoint(scopes)


def in_order(scopes: Iterable[str]) -> list[str]:
    """As the standard lists them."""
    return sorted(scopes, key=SCOPES.index)


class Bounds(msgspec.Struct, frozen=True):
    """The only actor (an identifier of actors.py) and the only activity that a credential may speak of; None: any."""

    actor: str | None = None
    activity: str | None = None

    def __bool__(self) -> bool:
        return self.actor is not None or self.activity is not None
