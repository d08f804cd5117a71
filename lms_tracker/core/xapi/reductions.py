"""The three forms in which a statement is given out (Communication 2.1.3, `format`)."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

FORMATS = ("exact", "ids", "canonical")
_WITH_SCRIPT = {
    f"zh-{region}": f"zh-{script}-{region}"
    for script, regions in (("hans", ("cn", "sg", "my")), ("hant", ("tw", "hk", "mo")))
    for region in regions
}
"""Chinese by its region says in which letters it is written (CLDR, likely subtags): who reads zh-CN reads zh-Hans."""


def only_ids(raw: bytes) -> bytes:
    """The statement with no more of agents, activities, verbs and group members than identifies them."""
    statement = msgspec.json.decode(raw)
    _reduce(statement)
    if "authority" in statement:
        statement["authority"] = _only_actor(statement["authority"])
    return msgspec.json.encode(statement)


def _reduce(statement: dict[str, Any]) -> None:
    statement["actor"] = _only_actor(statement["actor"])
    statement["verb"] = {"id": statement["verb"]["id"]}
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        statement["object"] = _only_actor(target)
    elif kind == "SubStatement":
        _reduce(target)
    elif kind == "Activity":
        statement["object"] = {"id": target["id"]}
    context = statement.get("context", {})
    for role in ("instructor", "team"):
        if role in context:
            context[role] = _only_actor(context[role])
    for kinds, role in (("contextAgents", "agent"), ("contextGroups", "group")):
        for one in context.get(kinds, ()):
            one[role] = _only_actor(one[role])
    for activities in context.get("contextActivities", {}).values():
        activities[:] = [{"id": activity["id"]} for activity in activities]


def _only_actor(actor: dict[str, Any]) -> dict[str, Any]:
    """An anonymous group is nothing but its members, so these stay."""
    kept = {k: v for k, v in actor.items() if k in ("objectType", "mbox", "mbox_sha1sum", "openid", "account")}
    if "member" in actor and set(kept) <= {"objectType"}:
        kept["member"] = [_only_actor(member) for member in actor["member"]]
    return kept


def canonical(raw: bytes, definitions: Mapping[str, dict[str, Any]], wanted: Iterable[str]) -> bytes:
    """The statement with activities as all statements together define them, and one language left in each language map.

    `definitions` by IRI; an activity that stands nowhere there keeps what the statement says. Of the languages, the
    first that `wanted` (best first) can have.
    """
    tags = [_with_script(tag) for tag in wanted]
    statement = msgspec.json.decode(raw)
    for activity in _activities(statement):
        if activity["id"] in definitions:
            activity["definition"] = copy.deepcopy(definitions[activity["id"]])
    _choose(statement, tags)
    return msgspec.json.encode(statement)


def activities_of(raw: bytes) -> set[str]:
    """IRIs of all activities of a statement."""
    return {activity["id"] for activity in _activities(msgspec.json.decode(raw))}


def _activities(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "SubStatement":
        yield from _activities(target)
    elif kind == "Activity":
        yield target
    for found in statement.get("context", {}).get("contextActivities", {}).values():
        yield from found


def _choose(statement: dict[str, Any], tags: list[str]) -> None:
    _choose_map(statement["verb"], "display", tags)
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        _choose(target, tags)
    activities = [target]
    for found in statement.get("context", {}).get("contextActivities", {}).values():
        activities += found
    for activity in activities:
        definition = activity.get("definition", {})
        _choose_map(definition, "name", tags)
        _choose_map(definition, "description", tags)
        for kind in ("choices", "scale", "source", "target", "steps"):
            for component in definition.get(kind, ()):
                _choose_map(component, "description", tags)
    for attachment in statement.get("attachments", ()):
        _choose_map(attachment, "display", tags)
        _choose_map(attachment, "description", tags)


def _choose_map(holder: dict[str, Any], key: str, tags: list[str]) -> None:
    texts = holder.get(key)
    if not texts:
        return
    lowered = {_with_script(tag): tag for tag in texts}
    for tag in tags:  # RFC 4647 look-up, then any longer tag of the same language
        while tag:
            if tag in lowered:
                holder[key] = {lowered[tag]: texts[lowered[tag]]}
                return
            longer = [original for lower, original in lowered.items() if lower.startswith(tag + "-")]
            if longer:
                holder[key] = {longer[0]: texts[longer[0]]}
                return
            tag = tag.rpartition("-")[0]
    first = next(iter(texts))
    holder[key] = {first: texts[first]}


def _with_script(tag: str) -> str:
    lowered = tag.lower()
    return _WITH_SCRIPT.get(lowered, lowered)
