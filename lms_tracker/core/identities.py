"""When two actors are one person: what is always so, and what an installation says.

Always: an actor known by a mail address is the one known by its SHA-1 (Data 2.4.2.3). By rule: names at two places.
"""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1

import msgspec

SAME_NAME = "same-name"
MAIL_NAME = "mail-name"
KINDS = {
    SAME_NAME: "accounts of the same name at the two home pages are one person",
    MAIL_NAME: "the account's name at the home page is the local part of the mail address at the domain",
}
SEEN, IMPLIED, ROSTER, RULE, HAND = "seen", "implied", "roster", "rule", "hand"
"""How an identity came to its learner."""
MAX_PLACE = 500

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HOME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class IdentityRule(msgspec.Struct, frozen=True):
    """`one` is a home page; `other` is a home page (same-name) or a mail domain (mail-name)."""

    kind: str
    one: str
    other: str
    id: int = 0

    def text(self) -> str:
        """For people who read why something happened."""
        return f"{self.kind} {self.one} {self.other}"


def parse_rule(kind: str, one: str, other: str) -> IdentityRule:
    """A rule that can be. Raises ValueError with the reason why it cannot."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of rule; there are: {', '.join(KINDS)}")
    for text, pattern, what in (
        (one, _HOME, "a home page"),
        (other, _HOME if kind == SAME_NAME else _DOMAIN, "a home page" if kind == SAME_NAME else "a mail domain"),
    ):
        if len(text) > MAX_PLACE or not text.isprintable() or not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not {what}")
    if one == other:
        raise ValueError("the two places are the same")
    return IdentityRule(kind, one, other)


def digest_of(ifi: str) -> str | None:
    """The SHA-1 form of a mail address's identifier; None for any other."""
    kind, _, value = ifi.partition(":")
    return f"sha1:{sha1(value.encode(), usedforsecurity=False).hexdigest()}" if kind == "mbox" else None


def aliases(ifi: str, rules: Iterable[IdentityRule]) -> dict[str, IdentityRule | None]:
    """Every identifier of the same person that follows from this one, itself included; the rule that led to each."""
    rules = list(rules)
    found: dict[str, IdentityRule | None] = {ifi: None}
    waiting = deque([ifi])
    while waiting:
        here = waiting.popleft()
        steps = [(digest_of(here), found[here]), *((_other(here, rule), rule) for rule in rules)]
        for there, rule in steps:
            if there is not None and there not in found:
                found[there] = rule
                waiting.append(there)
    return found


def _other(ifi: str, rule: IdentityRule) -> str | None:
    kind, _, value = ifi.partition(":")
    if kind == "account":
        home, _, name = value.partition(" ")
        if rule.kind == SAME_NAME and home in (rule.one, rule.other):
            return f"account:{rule.other if home == rule.one else rule.one} {name}"
        if rule.kind == MAIL_NAME and home == rule.one and name and not re.search(r"[@\s:]", name):
            return f"mbox:mailto:{name}@{rule.other}"
    if kind == "mbox" and rule.kind == MAIL_NAME:
        local, _, domain = value.removeprefix("mailto:").rpartition("@")
        if local and domain.casefold() == rule.other.casefold():
            return f"account:{rule.one} {local}"
    return None


def group(ifis: Sequence[str], closures: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The identifiers by person: two are together where what follows from them meets. Order is kept."""
    person: dict[str, list[str]] = {}
    for ifi in ifis:
        members = [ifi]
        for alias in closures[ifi]:
            if alias in person and person[alias] is not members:
                met = person[alias]
                met.extend(one for one in members if one not in met)
                for one in members:
                    person.update(dict.fromkeys(closures[one], met))
                members = met
        for one in members:
            person.update(dict.fromkeys(closures[one], members))
    return list({id(members): members for members in person.values()}.values())
