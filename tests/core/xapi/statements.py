"""Statements for tests: one with everything, and a strategy for any valid one."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

ID = "6c671954-cb02-4701-b87c-577406d36663"
AGENT = {"objectType": "Agent", "name": "Li", "mbox": "mailto:li@example.org"}
GROUP = {
    "objectType": "Group",
    "account": {"homePage": "https://example.org", "name": "class 1"},
    "member": [AGENT, {"openid": "https://example.org/wang"}],
}
QUESTION = {
    "objectType": "Activity",
    "id": "https://example.org/questions/1",
    "definition": {
        "name": {"zh-CN": "题", "en": "question"},
        "description": {"en": "which?"},
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "moreInfo": "https://example.org/more",
        "interactionType": "choice",
        "correctResponsesPattern": ["a[,]b"],
        "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
        "extensions": {"https://example.org/ext": {"any": [1, None, "x", True, {}]}},
    },
}
CONTEXT = {
    "registration": ID,
    "instructor": AGENT,
    "team": GROUP,
    "contextActivities": {
        "parent": [{"id": "https://example.org/course"}],
        "grouping": [{"id": "https://example.org/programme"}],
        "category": [{"id": "https://w3id.org/xapi/video"}],
        "other": [],
    },
    "revision": "1",
    "platform": "player",
    "language": "zh-Hans-CN",
    "statement": {"objectType": "StatementRef", "id": ID},
    "extensions": {"https://example.org/ext": None},
}
RESULT = {
    "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
    "success": True,
    "completion": False,
    "response": "a[,]b",
    "duration": "PT1H2M3.5S",
    "extensions": {},
}
ATTACHMENT = {
    "usageType": "https://example.org/usage",
    "display": {"en": "x"},
    "description": {"en": "y"},
    "contentType": "text/plain; charset=utf-8",
    "length": 0,
    "sha2": "0" * 64,
    "fileUrl": "https://example.org/file",
}
FULL = {
    "id": ID,
    "actor": AGENT,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}},
    "object": QUESTION,
    "result": RESULT,
    "context": CONTEXT,
    "timestamp": "2026-03-01T08:00:00+08:00",
    "stored": "2026-03-01T00:00:01Z",
    "authority": AGENT,
    "version": "1.0.3",
    "attachments": [ATTACHMENT],
}
SUB = {
    "objectType": "SubStatement",
    "actor": AGENT,
    "verb": {"id": "https://example.org/verb"},
    "object": QUESTION,
    "result": RESULT,
    "context": CONTEXT,
    "timestamp": "2026-03-01T08:00:00Z",
    "attachments": [ATTACHMENT],
}
REMOVE = object()


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one value set (or removed, with REMOVE). Path: keys and positions separated by spaces."""
    out: Any = deepcopy(base)
    *steps, last = path.split()
    here = out
    for step in steps:
        here = here[int(step)] if isinstance(here, list) else here[step]
    key: Any = int(last) if isinstance(here, list) else last
    if value is REMOVE:
        del here[key]
    else:
        here[key] = value
    return out  # type: ignore[no-any-return]


# --- any valid statement ----------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
uuids = st.uuids().map(str)
iris = st.sampled_from(["https://example.org/", "urn:x:", "uuid://"]).flatmap(
    lambda start: st.text("abc09/é-", min_size=1, max_size=8).map(lambda rest: start + rest)
)
tags = st.sampled_from(["en", "zh-CN", "zh-Hans-CN", "de-CH-1996", "x-own", "i-klingon"])
language_maps = st.dictionaries(tags, text, max_size=3)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
extensions = st.dictionaries(iris, json_values, max_size=3)
timestamps = st.datetimes().map(lambda at: at.isoformat() + "Z")
durations = st.sampled_from(["PT0S", "P1D", "PT1.5H", "P3W", "P1Y2M3DT4H5M6.789S"])


def _objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


identifiers = st.one_of(
    _objects({"mbox": st.just("mailto:li@example.org")}, {}),
    _objects({"mbox_sha1sum": st.just("ebd31e95054c018b10727ccffd2ef2ec3a016ee9")}, {}),
    _objects({"openid": iris}, {}),
    _objects({"account": _objects({"homePage": iris, "name": text}, {})}, {}),
)
agents = st.builds(lambda a, b: a | b, identifiers, _objects({}, {"objectType": st.just("Agent"), "name": text}))
anonymous = _objects({"objectType": st.just("Group"), "member": st.lists(agents, max_size=3)}, {"name": text})
groups = anonymous | st.builds(
    lambda a, b: a | b,
    identifiers,
    _objects({"objectType": st.just("Group")}, {"member": st.lists(agents, max_size=2)}),
)
actors = agents | groups
components = st.lists(
    _objects({"id": text}, {"description": language_maps}), max_size=3, unique_by=lambda component: component["id"]
)
definitions = _objects(
    {},
    {"name": language_maps, "description": language_maps, "type": iris, "moreInfo": iris, "extensions": extensions},
) | _objects(
    {"interactionType": st.sampled_from(["choice", "likert", "other", "true-false"])},
    {"correctResponsesPattern": st.lists(text, max_size=2)}
    | dict.fromkeys(("choices", "scale", "source", "target", "steps"), components),
)
activities = _objects({"id": iris}, {"objectType": st.just("Activity"), "definition": definitions})
references = _objects({"objectType": st.just("StatementRef"), "id": uuids}, {})
scores = (
    st.lists(st.integers(-100, 100), min_size=3, max_size=3, unique=True)
    .map(sorted)
    .flatmap(
        lambda three: _objects(
            {},
            {"min": st.just(three[0]), "raw": st.just(three[1]), "max": st.just(three[2]), "scaled": st.floats(-1, 1)},
        )
    )
)
results = _objects(
    {},
    {
        "score": scores,
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": text,
        "duration": durations,
        "extensions": extensions,
    },
)
context_activities = _objects(
    {}, {kind: st.lists(activities, max_size=2) for kind in ("parent", "grouping", "category", "other")}
)
contexts = _objects(
    {},
    {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": context_activities,
        "language": tags,
        "statement": references,
        "extensions": extensions,
    },
)
attachments = st.lists(
    _objects(
        {
            "usageType": iris,
            "display": language_maps,
            "contentType": st.just("text/plain"),
            "length": st.integers(0, 2**40),
            "sha2": st.just("0" * 64),
        },
        {"fileUrl": iris, "description": language_maps},
    ),
    max_size=2,
)
verbs = _objects({"id": iris}, {"display": language_maps})
rest = {"result": results, "context": contexts, "timestamp": timestamps, "attachments": attachments}
subs = _objects(
    {
        "objectType": st.just("SubStatement"),
        "actor": actors,
        "verb": verbs,
        "object": activities | references | agents.map(lambda agent: {"objectType": "Agent"} | agent),
    },
    rest,
)


def _with_type(actor: dict[str, Any]) -> dict[str, Any]:
    return {"objectType": "Agent"} | actor  # as an object an Agent must say so


statements = _objects(
    {"actor": actors, "verb": verbs, "object": activities | references | actors.map(_with_type) | subs},
    rest | {"id": uuids, "stored": timestamps, "authority": agents, "version": st.sampled_from(["1.0", "1.0.3"])},
)

# --- xAPI 2.0 ----------------------------------------------------------------------------------------------------
types = st.lists(iris, min_size=1, max_size=2)
contexts_of_two = st.builds(
    lambda context, more: context | more,
    contexts,
    _objects(
        {},
        {
            "contextAgents": st.lists(
                _objects({"objectType": st.just("contextAgent"), "agent": agents}, {"relevantTypes": types}), max_size=2
            ),
            "contextGroups": st.lists(
                _objects({"objectType": st.just("contextGroup"), "group": groups}, {"relevantTypes": types}), max_size=2
            ),
        },
    ),
)
statements_of_two = st.builds(
    lambda statement, context: statement | {"context": context, "version": "2.0.0"}, statements, contexts_of_two
)
