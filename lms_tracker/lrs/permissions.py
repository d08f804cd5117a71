"""What each request needs of a credential's scopes: the one table (Communication 4.2), and what its bounds allow."""

from lms_tracker.core.xapi.documents import Place
from lms_tracker.core.xapi.scopes import ALL, DEFINE, PROFILE, READ, READ_ALL, READ_MINE, STATE, WRITE, in_order
from lms_tracker.store.credentials import Credential

_READS_PEOPLE = (READ, PROFILE, READ_ALL)
_READS_ACTIVITIES = (READ, READ_MINE, STATE, PROFILE, DEFINE, READ_ALL)

NEEDED: dict[str, frozenset[str]] = {
    endpoint: frozenset({*scopes, ALL})
    for endpoint, scopes in {
        "xapi.put": (WRITE,),
        "xapi.post": (WRITE,),
        "xapi.get": (READ, READ_MINE, READ_ALL),
        **{f"xapi.state {method}": (STATE,) for method in ("PUT", "POST", "DELETE")},
        "xapi.state GET": (STATE, READ_ALL),
        **{f"xapi.{of}-profile {method}": (PROFILE,) for of in ("activity", "agent") for method in ("PUT", "POST")},
        **{f"xapi.{of}-profile DELETE": (PROFILE,) for of in ("activity", "agent")},
        **{f"xapi.{of}-profile GET": (PROFILE, READ_ALL) for of in ("activity", "agent")},
        "xapi.activity": _READS_ACTIVITIES,
        "xapi.agent": _READS_PEOPLE,
    }.items()
}
"""By endpoint, of which there is one for each method: any of these scopes is enough. HEAD is GET."""
NOTHING_THERE = frozenset({"xapi.unknown"})
"""What any credential may ask for, for it is always 404."""
_CLOSED: frozenset[str] = frozenset()


def lack(credential: Credential, endpoint: str | None) -> str | None:
    """What is missing, in words; None when the request may go on. An endpoint that is not in the table is closed."""
    needed = NEEDED.get(endpoint or "", _CLOSED)
    if not needed.isdisjoint(credential.scopes) or endpoint in NOTHING_THERE:
        return None
    names = " or ".join(in_order(needed))
    return f"this needs the scope {names}; the credential has {', '.join(in_order(credential.scopes))}"


def reads_only_its_own(credential: Credential) -> bool:
    """Whether of all statements it sees those that it sent itself."""
    return not credential.may(READ, READ_ALL)


def beyond(credential: Credential, place: Place, *, to_change: bool) -> str | None:
    """The parameter that reaches beyond the credential's bounds; None when there is none.

    Whoever is bound reads what is not of another actor or activity, and changes only what is wholly theirs: the profile
    of an activity is everybody's. Who people are is not of an activity.
    """
    bounds = credential.bounds
    if bounds.activity is not None and bounds.actor is None and place.ifi and not place.activity:
        return "agent"
    for name, bound, given in (("agent", bounds.actor, place.ifi), ("activityId", bounds.activity, place.activity)):
        if bound is not None and given != bound and (given or to_change):
            return name
    return None
