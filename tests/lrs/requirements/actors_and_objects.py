"""What each requirement of the two standards refuses in a statement's ids, actors, verb and object, and what it lets in.

By number of the requirement (docs/conformance): changes of the statement with everything (tests/core/xapi/statements.py),
as (path, value); the path's steps are separated by spaces. Each is also tried within a SubStatement.
"""

from typing import Any

from tests.core.xapi.statements import AGENT, GROUP, ID, QUESTION, REMOVE, SUB

Changes = dict[str, list[tuple[str, Any]]]

OF_A_STATEMENT = ["id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version"]
OF_A_STATEMENT += ["attachments"]
SHA1 = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
SCALES = {"choices": "choice", "scale": "likert", "source": "matching", "target": "matching", "steps": "performance"}
BAD_MAPS: list[Any] = ["text", ["text"], {"a12345678": "x"}, {"en": 1}, {"en": None}, {"": "x"}]
NO_COMPONENTS: list[Any] = ["a", {"id": "a"}, ["a"], [{"description": {"en": "A"}}], [{"id": 1}], [{"id": "a", "x": 1}]]


def _interaction(**changes: Any) -> dict[str, Any]:
    return QUESTION | {"definition": {"interactionType": "choice"} | changes}


FORBIDDEN: Changes = {
    "XAPI-00001": [
        (path, None)
        for path in (
            OF_A_STATEMENT
            + ["actor name", "actor mbox", "verb display", "object definition name en", "result score raw"]
            + ["context registration", "context contextActivities parent", "attachments 0 description"]
        )
    ]
    + [("actor", {}), ("verb", {}), ("object", {})],
    "XAPI-00003": [("actor", REMOVE)],
    "XAPI-00004": [("verb", REMOVE)],
    "XAPI-00005": [("object", REMOVE)],
    "XAPI-00006": [
        ("result score raw", "5"),
        ("result score scaled", "0.5"),
        ("result success", "true"),
        ("result completion", "false"),
        ("attachments 0 length", "1"),
        ("actor name", 1),
        ("verb", "answered"),
        ("context", []),
        ("result", True),
    ],
    "XAPI-00007": [("id", ""), ("verb id", ""), ("actor mbox", ""), ("context language", ""), ("timestamp", "")],
    "XAPI-00008": [(name.capitalize(), "x") for name in OF_A_STATEMENT]
    + [("actor Name", "Li"), ("verb Display", {}), ("object Id", "https://a.b"), ("result Success", True)],
    "XAPI-00009": [
        ("actor objectType", "agent"),
        ("object objectType", "activity"),
        ("object", SUB | {"objectType": "substatement"}),
        ("context statement objectType", "statementref"),
    ]
    + [
        ("object definition interactionType", name)
        for name in [
            "true-faLse",
            "choiCe",
            "fill-iN",
            "long-fiLl-in",
            "matchIng",
            "perfOrmance",
            "seqUencing",
            "liKert",
            "nUmeric",
            "Other",
        ]
    ],
    "XAPI-00010": [
        (path, "x")
        for path in ("iD", "actor x", "verb x", "object x", "object definition x", "object definition choices 0 x")
        + ("result x", "result score x", "context x", "context contextActivities x", "context statement x")
        + ("attachments 0 x", "authority x", "context team member 0 x")
    ]
    + [("actor", {"account": {"homePage": "https://a.b", "name": "x", "x": 1}})],
    "XAPI-00011": [
        ("verb id", "example.org/verb"),
        ("verb id", "//example.org/verb"),
        ("object id", "/course"),
        ("object definition type", "video"),
        ("object definition moreInfo", "www.example.org"),
        ("attachments 0 usageType", "usage"),
        ("attachments 0 fileUrl", "file"),
        ("actor", {"openid": "example.org/li"}),
        ("result extensions", {"key": 1}),
    ],
    "XAPI-00013": [
        ("verb display", {tag: "x"}) for tag in ("a", "a12345678", "en_US", "e1", "en-", "english-language-x")
    ],
    "XAPI-00027": [("id", "x"), ("id", ID[:-1]), ("id", f"{{{ID}}}"), ("id", f"urn:uuid:{ID}")],
    "XAPI-00028": [("id", 1), ("id", {}), ("id", [ID])],
    "XAPI-00029": [("id", ID.replace("-", "")), ("context registration", ID.replace("-", ""))],
    "XAPI-00030": [("id", "g" + ID[1:]), ("context registration", "g" + ID[1:]), ("context statement id", ID + "0")],
    "XAPI-00031": [("actor objectType", "Person"), ("actor objectType", "Activity"), ("actor objectType", "")],
    "XAPI-00032": [("actor objectType", 1), ("actor objectType", ["Agent"])],
    "XAPI-00033": [("actor name", 1), ("actor name", ["Li"]), ("context team name", {})],
    "XAPI-00034": [
        ("actor mbox", REMOVE),
        ("actor openid", "https://example.org/li"),
        ("actor mbox_sha1sum", SHA1),
        ("actor account", {"homePage": "https://example.org", "name": "li"}),
        ("context instructor mbox", REMOVE),
        ("authority mbox", REMOVE),
        ("object", {"objectType": "Agent"}),
    ],
    "XAPI-00035": [
        ("actor member", [AGENT]),
        ("context instructor member", []),
        ("object", AGENT | {"member": [AGENT]}),
    ],
    "XAPI-00036": [
        ("context team member", AGENT),
        ("context team member", ["Li"]),
        ("context team member 0", GROUP),
        ("context team member 0", {"name": "Li"}),
        ("actor", {"objectType": "Group", "member": [{"objectType": "Activity", "id": "https://a.b"}]}),
    ],
    "XAPI-00037": [
        ("actor", {"objectType": "Group"}),
        ("actor", GROUP | {"mbox": "mailto:class@example.org"}),
        ("actor", {"objectType": "Group", "mbox": "class"}),
        ("context team", {"objectType": "Group", "name": "class 1"}),
        ("object", {"objectType": "Group", "mbox_sha1sum": "x"}),
    ],
    "XAPI-00038": [
        ("actor mbox", text) for text in ("li@example.org", "mailto:li", "MAILTO li@example.org", "mailto:")
    ],
    "XAPI-00039": [("actor", {"mbox_sha1sum": text}) for text in (1, "x", SHA1[1:], SHA1 + "0", "g" * 40)],
    "XAPI-00040": [("actor", {"openid": text}) for text in (1, "li", "https://exa mple.org", "")],
    "XAPI-00041": [("actor", {"account": value}) for value in ("li", [], {}, {"homepage": "https://a.b", "name": "x"})],
    "XAPI-00042": [("actor", {"account": {"name": "x"}})]
    + [("actor", {"account": {"homePage": text, "name": "x"}}) for text in (1, "x", "", "a.b/c")],
    "XAPI-00043": [("actor", {"account": {"homePage": "https://a.b"}})]
    + [("actor", {"account": {"homePage": "https://a.b", "name": name}}) for name in (1, {}, ["x"])],
    "XAPI-00044": [("verb id", REMOVE), ("verb id", 1), ("verb id", "answered"), ("verb id", "https://exa mple.org")],
    "XAPI-00045": [("verb display", value) for value in BAD_MAPS],
    "XAPI-00046": [("object objectType", value) for value in ("Statement", "Person", "", 1, "statement")],
    "XAPI-00047": [("object id", REMOVE), ("object id", "course"), ("object id", 1), ("object id", "")],
    "XAPI-00048": [("object definition", value) for value in ("x", [], 1, {"x": 1})],
    "XAPI-00049": [("object definition interactionType", value) for value in ("guess", "", 1, ["choice"])],
    "XAPI-00050": [("object definition correctResponsesPattern", value) for value in ("a", [1], {"a": 1}, [["a"]])],
    **{
        number: [("object", _interaction(interactionType=SCALES[name], **{name: value})) for value in NO_COMPONENTS]
        for number, name in zip(
            (f"XAPI-000{n}" for n in (51, 52, 53, 54, 55)),
            ("steps", "target", "source", "scale", "choices"),
            strict=True,
        )
    },
    "XAPI-00056": [("object definition name", value) for value in BAD_MAPS],
    "XAPI-00057": [("object definition extensions", value) for value in ("x", [], 1, {"key": 1})],
    "XAPI-00058": [
        ("object definition choices 1 id", "a"),
        ("object definition choices 1 id", REMOVE),
        ("object definition choices 1 id", 2),
        ("object", _interaction(interactionType="likert", scale=[{"id": "a"}, {"id": "a"}])),
    ],
    "XAPI-00059": [("object definition description", value) for value in BAD_MAPS],
    "XAPI-00060": [("object definition type", value) for value in (1, "x", "", "https://exa mple.org")],
    "XAPI-00061": [("object definition moreInfo", value) for value in (1, "x", "", "https://exa mple.org")],
    "XAPI-00062": [("object definition choices 0 description", value) for value in BAD_MAPS],
    "XAPI-00063": [("object definition choices 0", value) for value in ("a", 1, [], None)],
    "XAPI-00064": [("object definition interactionType", REMOVE)],
    "XAPI-00065": [("object", {"mbox": "mailto:li@example.org"}), ("object", {"member": [AGENT]})],
    "XAPI-00066": [
        ("object", SUB | {"actor": {}}),
        ("object", SUB | {"verb": {"id": "x"}}),
        ("object", SUB | {"result": {"success": "yes"}}),
        ("object", {name: value for name, value in SUB.items() if name != "verb"}),
        ("object", SUB | {"x": 1}),
    ],
    "XAPI-00067": [("object", SUB | {"authority": AGENT})],
    "XAPI-00068": [("object", SUB | {"version": "1.0.3"})],
    "XAPI-00069": [("object", SUB | {"stored": "2026-03-01T08:00:00Z"})],
    "XAPI-00070": [("object", SUB | {"id": ID})],
    "XAPI-00071": [("object", SUB | {"object": SUB})],
    "XAPI-00072": [("object", {"objectType": "StatementRef", **more}) for more in ({}, {"id": "x"}, {"id": 1})],
    "XAPI-00073": [("object", {"id": ID}), ("object", {n: v for n, v in SUB.items() if n != "objectType"})],
}

ACCEPTED: Changes = {
    "XAPI-00013": [
        ("verb display", {tag: "x"}) for tag in ("de", "de-DE", "zh-Hans-CN", "zh-cmn", "en-x-own", "es-419")
    ],
    "XAPI-00031": [("actor objectType", "Agent"), ("actor", GROUP)],
    "XAPI-00034": [
        ("actor", {"mbox": "mailto:li@example.org"}),
        ("actor", {"mbox_sha1sum": SHA1}),
        ("actor", {"openid": "https://example.org/li"}),
        ("actor", {"account": {"homePage": "https://example.org", "name": "李"}}),
    ],
    "XAPI-00037": [
        ("actor", {"objectType": "Group", "member": [AGENT]}),
        ("actor", {"objectType": "Group", "mbox": "mailto:class@example.org"}),
        ("context team", {"objectType": "Group", "openid": "https://example.org/class", "member": []}),
    ],
    "XAPI-00046": [
        ("object", {"id": "https://example.org/activity"}),
        ("object", {"id": "https://example.org/activity", "objectType": "Activity"}),
    ],
    "XAPI-00049": [
        ("object", _interaction(interactionType=name))
        for name in [
            "true-false",
            "choice",
            "fill-in",
            "long-fill-in",
            "matching",
            "performance",
            "sequencing",
            "likert",
            "numeric",
            "other",
        ]
    ],
    "XAPI-00055": [
        ("object", _interaction(interactionType=kind, **{name: [{"id": "a"}]})) for name, kind in SCALES.items()
    ],
}
