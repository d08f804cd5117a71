"""Statements to try: valid ones, as a player of ours or a learning platform sends them."""

from copy import deepcopy
from typing import Any

from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.lrs.openapi.words import Words

Statement = dict[str, Any]

_LI = {"objectType": "Agent", "name": "李明", "account": {"homePage": "https://lms.example.org", "name": "li.ming"}}
_VIDEO = {
    "id": "https://lms.example.org/videos/1",
    "definition": {"type": v.ACTIVITY_VIDEO, "name": {"zh-CN": "依法治校：第一讲", "en": "School law: lecture 1"}},
}
_REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
_SESSION = "b1f2a8b0-2d0f-4d4e-8f0e-7f6f3c1f9c11"


def _watching(verb: str, display: dict[str, str], position_s: float, categories: list[str], **told: Any) -> Statement:
    said = {v.EXT_SESSION_ID: _SESSION, v.EXT_LENGTH: 2700}
    return {
        "actor": deepcopy(_LI),
        "verb": {"id": verb, "display": display},
        "object": deepcopy(_VIDEO),
        "result": {"extensions": {v.EXT_TIME: position_s}},
        "context": {
            "registration": _REGISTRATION,
            "contextActivities": {"category": [{"id": iri} for iri in categories]},
            "extensions": said | {getattr(v, f"EXT_{name.upper()}"): value for name, value in told.items()},
        },
        "timestamp": "2026-03-01T19:30:00+08:00",
    }


PLAYED = _watching(v.VERB_PLAYED, {"zh-CN": "播放", "en": "played"}, 0.0, [v.CATEGORY_VIDEO])
PAUSED = _watching(v.VERB_PAUSED, {"zh-CN": "暂停", "en": "paused"}, 30.0, [v.CATEGORY_VIDEO])
PAUSED |= {"timestamp": "2026-03-01T19:30:30+08:00"}
HEARTBEAT = _watching(
    v.VERB_HEARTBEAT,
    {"zh-CN": "仍在学习", "en": "still here"},
    24.5,
    [v.CATEGORY_VIDEO, v.CATEGORY_STUDY_TIME],
    sequence=3,
    playing=True,
    visible=True,
    inputs=2,
    rate=1,
)
COMPLETED = {
    "actor": deepcopy(_LI),
    "verb": {"id": v.VERB_COMPLETED, "display": {"zh-CN": "完成", "en": "completed"}},
    "object": {
        "id": "https://lms.example.org/quizzes/7",
        "definition": {"type": v.ACTIVITY_ASSESSMENT, "name": {"zh-CN": "单元测验"}},
    },
    "result": {"score": {"scaled": 0.92, "raw": 92, "min": 0, "max": 100}, "completion": True, "duration": "PT18M20S"},
}
VOIDING = {
    "actor": {"objectType": "Agent", "account": {"homePage": "https://lms.example.org", "name": "administrator"}},
    "verb": {"id": v.VERB_VOIDED, "display": {"en": "voided"}},
    "object": {"objectType": "StatementRef", "id": "6c671954-cb02-4701-b87c-577406d36663"},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "played": {"summary": Words("视频：开始播放", "Video: played"), "value": PLAYED},
    "heartbeat": {"summary": Words("学习时间：心跳", "Study time: a heartbeat"), "value": HEARTBEAT},
    "completed": {"summary": Words("测验：完成，有得分", "Quiz: completed, with a score"), "value": COMPLETED},
    "batch": {"summary": Words("一批两条", "A batch of two"), "value": [PLAYED, PAUSED]},
    "voiding": {"summary": Words("作废一条语句", "Voiding a statement"), "value": VOIDING},
}
