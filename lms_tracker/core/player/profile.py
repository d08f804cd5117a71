"""The study-time profile as an xAPI Profile (https://w3id.org/xapi/profiles, version 1.0).

What it says is the contract "Study time", section 1. Its IRIs await registration with w3id.org, as the document says.
"""

from typing import Any

from lms_tracker.core.xapi import vocabulary as v

ID = v.CATEGORY_STUDY_TIME
VERSION = ID + "/v1.0"
NOTE = (
    "The IRIs under https://w3id.org/xapi/study-time await registration with w3id.org: until then they name things, and"
    " lead nowhere."
)


def _concept(id: str, kind: str, name: tuple[str, str], definition: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "type": kind,
        "inScheme": VERSION,
        "prefLabel": {"en": name[1], "zh-CN": name[0]},
        "definition": {"en": definition[1], "zh-CN": definition[0]},
        **more,
    }


def _extension(id: str, name: tuple[str, str], definition: tuple[str, str], schema: str) -> dict[str, Any]:
    return _concept(id, "ContextExtension", name, definition, recommendedVerbs=[v.VERB_HEARTBEAT], inlineSchema=schema)


CONCEPTS: list[dict[str, Any]] = [
    _concept(
        v.VERB_HEARTBEAT,
        "Verb",
        ("仍在学习", "heartbeat"),
        (
            "会话仍然打开；距上一条语句不超过 30 秒。",
            "The session is still open; sent at most 30 s after its previous statement.",
        ),
    ),
    _concept(
        v.VERB_MISSED,
        "Verb",
        ("错过", "missed"),
        ("在场确认到时没有得到回答。", "A presence check ran out without an answer."),
    ),
    _concept(
        v.ACTIVITY_PRESENCE_CHECK,
        "ActivityType",
        ("在场确认", "presence check"),
        (
            "在不可预知的时刻确认学习者在场；其上级活动是正在学习的活动。",
            "Asks at an unpredictable moment whether the learner is there; its parent is the activity being studied.",
        ),
    ),
    _extension(
        v.EXT_SEQUENCE,
        ("序号", "sequence"),
        ("会话内的序号，从 0 起逐条加一。", "Number of the statement in its session, from 0 on."),
        '{"type":"integer","minimum":0}',
    ),
    _extension(
        v.EXT_PLAYING,
        ("正在播放", "playing"),
        ("媒体此刻是否在播放。", "Whether the media play just now."),
        '{"type":"boolean"}',
    ),
    _extension(
        v.EXT_VISIBLE,
        ("可见", "visible"),
        ("页面是否显示且有焦点。", "Whether the page is shown and has the focus."),
        '{"type":"boolean"}',
    ),
    _extension(
        v.EXT_INPUTS,
        ("操作次数", "inputs"),
        (
            "自上一条语句以来浏览器标记为可信的输入次数，不含内容。",
            "Inputs that the browser marks as trusted since the session's previous statement; never their contents.",
        ),
        '{"type":"integer","minimum":0}',
    ),
    _extension(
        v.EXT_RATE,
        ("播放速度", "rate"),
        ("此刻的播放速度，1 为正常。", "Playback rate just now; 1 is normal speed."),
        '{"type":"number","minimum":0}',
    ),
    _extension(
        v.EXT_DEVICE,
        ("设备", "device"),
        ("设备的不透明标识。", "An opaque name of the device."),
        '{"type":"string"}',
    ),
    _extension(
        v.EXT_PROOF,
        ("凭证", "proof"),
        ("学习时间服务器签发的一次性凭证。", "A single-use proof issued by the study-time server."),
        '{"type":"string"}',
    ),
]
_IN_CATEGORY = {"location": "$.context.contextActivities.category[*].id", "all": [ID]}
_IN_SESSION = {"location": f"$.context.extensions['{v.EXT_SESSION_ID}']", "presence": "included"}


def _template(name: str, label: tuple[str, str], says: tuple[str, str], verb: str, **more: Any) -> dict[str, Any]:
    rules = [
        {"location": "$.context.registration", "presence": "included"},
        _IN_SESSION,
        _IN_CATEGORY,
        *more.pop("rules", ()),
    ]
    return {
        "id": f"{ID}/templates/{name}",
        "type": "StatementTemplate",
        "inScheme": VERSION,
        "prefLabel": {"en": label[1], "zh-CN": label[0]},
        "definition": {"en": says[1], "zh-CN": says[0]},
        "verb": verb,
        **more,
        "rules": rules,
    }


_PARENT = {"location": "$.context.contextActivities.parent[*].id", "presence": "included"}
TEMPLATES: list[dict[str, Any]] = [
    _template(
        "heartbeat",
        ("心跳", "heartbeat"),
        ("会话打开期间定时发送。", "Sent at regular intervals while a session is open."),
        v.VERB_HEARTBEAT,
    ),
    _template(
        "answered",
        ("回答了在场确认", "answered a presence check"),
        ("在场确认得到了回答。", "A presence check was answered."),
        v.VERB_ANSWERED,
        objectActivityType=v.ACTIVITY_PRESENCE_CHECK,
        rules=[
            _PARENT,
            {"location": "$.result.success", "presence": "included"},
            {"location": "$.result.duration", "presence": "included"},
        ],
    ),
    _template(
        "missed",
        ("错过了在场确认", "missed a presence check"),
        ("在场确认到时没有回答。", "A presence check ran out."),
        v.VERB_MISSED,
        objectActivityType=v.ACTIVITY_PRESENCE_CHECK,
        rules=[_PARENT],
    ),
]
PROFILE: dict[str, Any] = {
    "@context": "https://w3id.org/xapi/profiles/context",
    "id": ID,
    "type": "Profile",
    "conformsTo": "https://w3id.org/xapi/profiles#1.0",
    "prefLabel": {"en": "Study time", "zh-CN": "学习时间"},
    "definition": {
        "en": "Evidence of which seconds were really studied, beside the Video Profile. " + NOTE,
        "zh-CN": "在视频规范之外，说明哪些时间是真正在学习的证据。以 https://w3id.org/xapi/study-time 开头的标识尚待登记。",
    },
    "seeAlso": "https://w3id.org/xapi/video",
    "versions": [{"id": VERSION, "generatedAtTime": "2026-11-28T00:00:00Z"}],
    "author": {"type": "Organization", "name": "lms_tracker"},
    "concepts": CONCEPTS,
    "templates": TEMPLATES,
    "patterns": [],
}
