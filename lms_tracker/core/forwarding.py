"""What goes on to another record store, when it is tried again, and what is said of what did not go."""

import re
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lms_tracker.core.shape import checked
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.vocabulary import VERB_VOIDED

VERSIONS = ("1.0.3", "2.0.0")
BASE_S = 2.0
CEILING_S = 900.0
MOST_VALUES = 200
"""In one line of a filter: it is looked at for every statement."""

MOST_ASIDE = 10_000
"""Statements put aside for one target, up to a batch more; then nothing goes until somebody has looked."""

TROUBLES = {
    # of a target, as a whole: nothing is lost, it is tried again
    "unreachable": "nobody answers at the address",
    "timeout": "no answer in time",
    "cut": "the connection broke before the answer was there",
    "tls": "the certificate of the target is not trusted",
    "credentials": "the target does not accept key and secret, or does not let them write",
    "address": "no record store answers at this address",
    "busy": "the target asks to be left alone for a while",
    "failing": "the target says that it failed itself",
    "answer": "the answer is not one of a record store",
    "secret": "the secret cannot be read with this LMS_TRACKER_SECRET_KEY: enter it again",
    "refuses-all": "the target refused a hundred statements in a row and nothing was sent; paused until somebody looks",
    "aside-full": "the target did not take 10,000 statements; paused: send them again, or give them up",
    "internal": "an error of our own; see the log",
}
ASIDE = {
    # of one statement: put aside, the rest goes on
    "refused": "the target calls it invalid",
    "conflict": "the target has another statement with this id",
    "too-large": "larger than the target takes",
    "failing": "the target fails itself with this one, time and again",
    "version": "a statement of xAPI 2.0, and the target is spoken to in 1.0",
}


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes to a target. Each line that says anything must be met, by any of its values; empty: everything goes.

    A voiding statement goes where the statement goes that it voids here; one without effect here goes nowhere.
    """

    verbs: tuple[str, ...] = ()
    """IRIs."""
    activities: tuple[str, ...] = ()
    """IRIs of objects; with * at the end whatever begins so."""
    sources: tuple[str, ...] = ()
    """Names of credentials."""
    categories: tuple[str, ...] = ()
    """IRIs in contextActivities.category."""
    programmes: tuple[str, ...] = ()
    """Slugs: whose actor is a learner of one, at the moment of sending."""
    organisations: tuple[str, ...] = ()
    """Names: whose actor is a learner of one or of one below it, at the moment of sending."""

    @property
    def asks_for_people(self) -> bool:
        return bool(self.programmes or self.organisations)


_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def parse_filter(table: Any) -> tuple[Filter, list[str]]:
    """The filter, and everything that is wrong with it: shape first, then values. "key: fault" each."""
    faults: list[str] = []
    values = checked(table, Filter, "filter", faults)
    for key, found in values.items():
        values[key] = found = tuple(dict.fromkeys(found))
        if len(found) > MOST_VALUES:
            faults.append(f"filter.{key}: {len(found)} values, at most {MOST_VALUES}")
        if key in ("verbs", "activities", "categories"):
            faults += [f"filter.{key}: {value[:100]!r} is no IRI" for value in found if not _IRI.fullmatch(value)]
        faults += [f"filter.{key}: an empty value" for value in found if not value.strip()]
    return Filter(**values), faults


def endpoint_fault(endpoint: str) -> str | None:
    """Why this cannot be the address of a record store: None when it can. Only the web is spoken to."""
    try:
        parts = urlsplit(endpoint)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https"):
        return "must begin with https:// or http://"
    if not parts.hostname or not port_is_right or re.search(r"[\s\x00-\x1f\x7f]", endpoint):
        return "not an address"
    if parts.username is not None or parts.password is not None:
        return "key and secret have fields of their own"
    return "must have no ? and no #" if parts.query or parts.fragment else None


class _Thing(msgspec.Struct):
    id: str = ""
    objectType: str = "Activity"
    attachments: list[dict[str, Any]] = msgspec.field(default_factory=list)
    """Of a sub-statement."""


class _ContextActivities(msgspec.Struct):
    category: list[_Thing] = msgspec.field(default_factory=list)


class _Context(msgspec.Struct):
    contextActivities: _ContextActivities = msgspec.field(default_factory=_ContextActivities)


class Outline(msgspec.Struct):
    """What forwarding looks at in a stored statement."""

    id: str
    actor: dict[str, Any]
    verb: _Thing
    object: _Thing
    version: str = "1.0.0"
    context: _Context = msgspec.field(default_factory=_Context)
    attachments: list[dict[str, Any]] = msgspec.field(default_factory=list)
    authority: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def ifi(self) -> str | None:
        return identify(self.actor)

    @property
    def voids(self) -> str | None:
        """Id of the statement that this one voids."""
        return self.object.id if self.verb.id == VERB_VOIDED else None

    @property
    def source(self) -> str:
        """Name of the credential that vouches for it, as its authority says."""
        return str(self.authority.get("account", {}).get("name", ""))


outline = msgspec.json.Decoder(Outline).decode


def matches(filter: Filter, seen: Outline, source: str | None, people: AbstractSet[str]) -> bool:
    """Whether a statement goes. `source` is the name of its credential; `people` the identifiers that are meant."""
    if filter.verbs and seen.verb.id not in filter.verbs:
        return False
    if filter.activities and not _is_about(seen.object, filter.activities):
        return False
    if filter.sources and source not in filter.sources:
        return False
    if filter.categories and not any(c.id in filter.categories for c in seen.context.contextActivities.category):
        return False
    return not filter.asks_for_people or seen.ifi in people


def _is_about(thing: _Thing, activities: tuple[str, ...]) -> bool:
    if thing.objectType != "Activity":
        return False
    return any(thing.id.startswith(a[:-1]) if a.endswith("*") else thing.id == a for a in activities)


def back_off(attempts: int, jitter: float, asked_s: float | None = None) -> timedelta:
    """How long to wait after so many failures in a row: doubling to a ceiling, less up to half of it by chance.

    `jitter` lies between 0 and 1: targets that failed together are not tried together. `asked_s` is what the target
    asked for (Retry-After); it counts up to the ceiling.
    """
    wait_s = min(BASE_S * 2.0 ** min(attempts - 1, 30), CEILING_S) * (1 - jitter / 2)
    return timedelta(seconds=max(wait_s, min(asked_s or 0.0, CEILING_S)))
