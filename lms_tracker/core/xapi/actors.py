"""Who an actor is: its inverse functional identifier (Data 2.4.2.3)."""

from collections.abc import Iterable, Mapping
from typing import Any

# Stored in identity.ifi and statement.ifi: changing a form orphans every learner. tests/core/xapi/test_actors.py
# holds golden values.


def identify(actor: Mapping[str, Any]) -> str | None:
    """The identifier in canonical form, or None for an anonymous group.

    `mbox:mailto:a@b`, `sha1:<40 lower-case hex digits>`, `openid:<URI>`, `account:<homePage> <name>`. The comparison
    of xAPI is by exact value, so nothing but the case of the digest is folded. Expects a valid actor.
    """
    if mbox := actor.get("mbox"):
        return f"mbox:{mbox}"
    if digest := actor.get("mbox_sha1sum"):
        return f"sha1:{str(digest).lower()}"
    if openid := actor.get("openid"):
        return f"openid:{openid}"
    if account := actor.get("account"):
        return f"account:{account['homePage']} {account['name']}"
    return None


def actor_of(ifi: str) -> dict[str, Any]:
    """The agent of an identifier; `identify` of it gives the identifier."""
    kind, _, value = ifi.partition(":")
    if kind == "account":
        home_page, _, name = value.partition(" ")  # an IRI has no space
        return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
    return {"objectType": "Agent", "mbox_sha1sum" if kind == "sha1" else kind: value}


def display_name(actor: Mapping[str, Any]) -> str | None:
    """The actor's own `name`, if it says one."""
    name = actor.get("name")
    return name if isinstance(name, str) and name.strip() else None


def person(names: Iterable[str], ifis: Iterable[str]) -> dict[str, Any]:
    """A Person object (Communication 2.4): all names and identifiers of one human being, each once."""
    found: dict[str, Any] = {"objectType": "Person"}
    for name in names:
        _add(found, "name", name)
    for ifi in ifis:
        for key, value in actor_of(ifi).items():
            if key != "objectType":
                _add(found, key, value)
    return found


def _add(found: dict[str, Any], key: str, value: Any) -> None:
    values = found.setdefault(key, [])
    if value not in values:
        values.append(value)
