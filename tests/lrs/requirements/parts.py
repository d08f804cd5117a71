"""As actors_and_objects.py, for result, context, what the record assigns, attachments, and values with a format."""

from typing import Any

from tests.core.xapi.statements import AGENT, ATTACHMENT, GROUP, ID, REMOVE, SUB
from tests.lrs.requirements.actors_and_objects import BAD_MAPS, Changes

TIMES = [
    "2026-03-01 08:00:00Z",
    "01/03/2026",
    "2026-02-30T08:00:00Z",
    "2026-03-01T25:00:00Z",
    "2026-03-01T08:00:00-00:00",
    "x",
    "",
]
WHO: dict[str, Any] = {"objectType": "contextAgent", "agent": AGENT}
CLASS: dict[str, Any] = {"objectType": "contextGroup", "group": GROUP}

FORBIDDEN: Changes = {
    "XAPI-00022": [("timestamp", value) for value in (1, {}, *TIMES)],
    "XAPI-00024": [("authority", value) for value in ("li", [AGENT], {"objectType": "Activity", "id": "https://a.b"})],
    "XAPI-00025": [("attachments", value) for value in ({}, "x", ATTACHMENT, ["x"], [[ATTACHMENT]])],
    "XAPI-00074": [("result success", value) for value in ("true", 1, {}, [])],
    "XAPI-00075": [("result completion", value) for value in ("true", 1, {}, [])],
    "XAPI-00076": [("result response", value) for value in (1, True, {}, ["a"])],
    "XAPI-00077": [("result duration", value) for value in (1, "", "1h", "PT", "P", "P4W1D", "PT1.5H1M", "4:00:00")],
    "XAPI-00078": [("result extensions", value) for value in ("x", [], 1, {"key": 1})],
    "XAPI-00079": [("result score", value) for value in (5, "5", [], {"points": 5})],
    "XAPI-00080": [("result score max", value) for value in ("10", 0, -1, {})],
    "XAPI-00081": [("result score min", value) for value in ("0", 10, 11, [])],
    "XAPI-00082": [("result score raw", value) for value in ("5", 10.01, -0.01, {})],
    "XAPI-00083": [("result score scaled", value) for value in ("0.5", 1.001, -1.001, {})],
    "XAPI-00086": [("context contextActivities", value) for value in ("x", [], 1)],
    "XAPI-00087": [("context registration", value) for value in (1, "x", ID[1:])]
    + [("context instructor", value) for value in ("Li", {}, {"name": "Li"}, [AGENT])],
    "XAPI-00088": [("context team", value) for value in ("x", AGENT, [GROUP], {"objectType": "Group"})],
    "XAPI-00089": [("context revision", value) for value in (1, {}, ["1"])],
    "XAPI-00090": [("context platform", value) for value in (1, {}, ["player"])],
    "XAPI-00091": [("context language", value) for value in (1, {}, "a12345678", "en_US", "")],
    "XAPI-00092": [
        ("context statement", value) for value in (ID, {"id": ID}, {"objectType": "StatementRef", "id": "x"}, SUB)
    ],
    "XAPI-00093": [("context contextActivities parents", []), ("context contextActivities Parent", [])],
    "XAPI-00094": [
        (f"context contextActivities {kind}", value)
        for kind in ("parent", "grouping", "category", "other")
        for value in ("https://a.b", [1], [{"id": "x"}], [{}], {"objectType": "Agent", **AGENT}, [None])
    ],
    "XAPI-00098": [
        ("authority", {"objectType": "Group", "member": members})
        for members in ([], [AGENT], [AGENT] * 3, [AGENT, GROUP])
    ],
    "XAPI-00100": [("authority", {"objectType": "Group", "member": [AGENT] * 3}), ("authority", GROUP)],
    "XAPI-00101": [("version", value) for value in (1, "", "0.9", "0.9.5", "1.1.0", "1.0.x", "3.0.0")],
    "XAPI-00102": [("attachments 0 length", value) for value in (REMOVE, "1", 1.5, -1, {})],
    "XAPI-00103": [("attachments 0 sha2", value) for value in (REMOVE, 1, "x", "0" * 63)],
    "XAPI-00104": [("attachments 0 fileUrl", value) for value in (1, "x", "")],
    "XAPI-00105": [("attachments 0 contentType", value) for value in (REMOVE, 1, "text", "text plain", "")],
    "XAPI-00106": [("attachments 0 display", value) for value in (REMOVE, *BAD_MAPS)],
    "XAPI-00107": [("attachments 0 usageType", value) for value in (REMOVE, 1, "x", "")],
    "XAPI-00118": [
        (f"{place} extensions", {key: 1})
        for place in ("object definition", "result", "context")
        for key in ("k", "", "a b:c")
    ],
    "XAPI-00120": [(f"{place} extensions", []) for place in ("object definition", "result", "context")],
    "XAPI-00121": [("object definition name", {tag: "x"}) for tag in ("a12345678", "en_US", "")],
    "XAPI-00123": [("timestamp", value) for value in TIMES],
    "XAPI-00124": [
        ("result duration", value) for value in ("P0003-06-04T12:30:05", "P00030604T123005", "-PT1S", "PT1")
    ],
}

ACCEPTED: Changes = {
    "XAPI-00077": [("result duration", value) for value in ("PT0S", "P1Y2M3DT4H5M6.789S", "P3W", "P1D", "PT0.001S")],
    "XAPI-00080": [("result score", value) for value in ({"max": -5}, {"max": 1, "raw": 1}, {"min": 0, "max": 0.001})],
    "XAPI-00081": [("result score", {"min": 5}), ("result score", {"min": -1, "raw": -1})],
    "XAPI-00082": [("result score", {"raw": -1e9}), ("result score raw", 10), ("result score raw", 0)],
    "XAPI-00083": [("result score scaled", value) for value in (-1, 0, 1, 1.0)],
    "XAPI-00098": [("authority", {"objectType": "Group", "member": [AGENT, {"openid": "https://example.org/app"}]})],
    "XAPI-00101": [("version", value) for value in ("1.0", "1.0.0", "1.0.3", "1.0.12")],
    "XAPI-00118": [("result extensions", {"urn:x:y": 1}), ("context extensions", {"https://例.org/键": 1})],
    "XAPI-00119": [
        (f"{place} extensions", {"https://example.org/x": value})
        for place in ("object definition", "result", "context")
        for value in (None, "", {}, [], [None], False)
    ]
    + [("result extensions", {})],
    "XAPI-00123": [("timestamp", "2026-03-01T08:00:00.123456789+08:00"), ("timestamp", "20260301T080000Z")],
}

OF_TWO: Changes = {
    "IEEE-01": [("context contextAgents", value) for value in (WHO, "x", [AGENT], [1])],
    "IEEE-02": [
        ("context contextAgents", [WHO | change])
        for change in (
            {"objectType": "contextGroup"},
            {"agent": {}},
            {"agent": GROUP},
            {"agent": {"mbox": "x"}},
            {"x": 1},
        )
    ],
    "IEEE-03": [
        ("context contextAgents", [WHO | {"relevantTypes": types}]) for types in ([], ["x"], [1], "https://a.b")
    ],
    "IEEE-04": [("context contextGroups", value) for value in (CLASS, "x", [GROUP], [1])],
    "IEEE-05": [
        ("context contextGroups", [CLASS | change])
        for change in (
            {"objectType": "contextAgent"},
            {"group": {}},
            {"group": AGENT},
            {"group": {"objectType": "Group"}},
        )
    ],
    "IEEE-06": [
        ("context contextGroups", [CLASS | {"relevantTypes": types}]) for types in ([], ["x"], [1], "https://a.b")
    ],
    "IEEE-07": [("version", value) for value in ("2.0", "2.1.0", "2.0.x")],
}
"""Refused where the request speaks 2.0."""

ACCEPTED_OF_TWO: Changes = {
    "IEEE-01": [("context contextAgents", [WHO, WHO | {"relevantTypes": ["https://example.org/teacher"]}])],
    "IEEE-04": [("context contextGroups", [CLASS, CLASS | {"relevantTypes": ["https://example.org/school"]}])],
    "IEEE-07": [("version", "2.0.0"), ("version", "2.0.1"), ("version", "1.0.3")],
}
