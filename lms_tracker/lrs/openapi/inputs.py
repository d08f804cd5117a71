"""Every parameter and header that the resources know, once. Which operation takes which is read off the code that does."""

from typing import Any

from lms_tracker.core.xapi.documents import IN_AN_ETAG
from lms_tracker.core.xapi.reductions import FORMATS
from lms_tracker.core.xapi.values import MAX_INDEXED_BYTES
from lms_tracker.lrs.asked import VERSION
from lms_tracker.lrs.openapi.schemas import ref
from lms_tracker.lrs.openapi.words import Words

Parameter = dict[str, Any]

_LI = {"objectType": "Agent", "name": "李明", "mbox": "mailto:li@example.org"}
_VIDEO = "https://example.org/videos/1"
_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_INDEXED_BYTES}
_SWITCH = {"type": "boolean", "default": False}
# As wide as what clients send: some leave the quotes out.
_ENTITY_TAGS = {"type": "string", "pattern": IN_AN_ETAG}

# Name -> (what it is, schema, example)
_QUERY: dict[str, tuple[Words, dict[str, Any], Any]] = {
    "statementId": (
        Words("只取这一条；写入时为语句编号", "The one statement; when storing, its id"),
        ref("UUID"),
        "6c671954-cb02-4701-b87c-577406d36663",
    ),
    "voidedStatementId": (
        Words("取回一条已作废的语句", "One statement that has been voided"),
        ref("UUID"),
        "6c671954-cb02-4701-b87c-577406d36664",
    ),
    "agent": (
        Words("个人或有标识的小组，JSON", "An Agent or identified Group, in JSON"),
        ref("IdentifiedActor"),
        _LI,
    ),
    "verb": (Words("动词", "The verb"), ref("IRI"), "https://w3id.org/xapi/video/verbs/played"),
    "activity": (Words("宾语活动", "The activity that is the object"), ref("IRI"), _VIDEO),
    "activityId": (Words("活动", "The activity"), ref("IRI"), _VIDEO),
    "registration": (
        Words("学习注册（一次修读）", "The registration"),
        ref("UUID"),
        "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
    ),
    "related_activities": (
        Words("活动出现在语句别处也算", "The activity may stand anywhere in the statement"),
        _SWITCH,
        True,
    ),
    "related_agents": (Words("此人出现在语句别处也算", "The agent may stand anywhere in the statement"), _SWITCH, True),
    "since": (Words("晚于此刻", "Later than this instant"), ref("Timestamp"), "2026-03-01T00:00:00Z"),
    "until": (Words("不晚于此刻", "Not later than this instant"), ref("Timestamp"), "2026-03-31T23:59:59Z"),
    "limit": (
        Words("一页最多几条；0 表示由服务器定", "At most so many a page; 0 leaves it to the server"),
        {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "default": 100},
        10,
    ),
    "ascending": (Words("最早的在前", "The oldest first"), _SWITCH, True),
    "format": (
        Words("原样、只留标识、或按语言精简", "As sent, identifiers only, or one language of each text"),
        {"type": "string", "enum": list(FORMATS), "default": "exact"},
        "exact",
    ),
    "attachments": (Words("附件数据一并返回", "Answer with the data of attachments"), _SWITCH, True),
    "cursor": (
        Words("「more」地址自带，不要自己填", "Part of the address in `more`: not to be made up"),
        {"type": "string"},
        None,
    ),
    "stateId": (Words("状态文档的名称", "Name of the state document"), _NAME, "bookmark"),
    "profileId": (Words("档案文档的名称", "Name of the profile document"), _NAME, "preferences"),
    "lang": (Words("文字用哪种语言", "The language of the texts"), {"type": "string", "enum": ["zh", "en"]}, "en"),
}

_HEADERS: dict[str, tuple[Words, dict[str, Any], Any]] = {
    VERSION: (
        Words("xAPI 版本：1.0、1.0.x 或 2.0.x", "Version of xAPI: 1.0, 1.0.x or 2.0.x"),
        ref("Version"),
        "2.0.0",
    ),
    "Accept-Language": (
        Words("format=canonical 时取哪种语言", "Which languages to keep with format=canonical"),
        {"type": "string", "pattern": "^[\\t -~]*$"},
        "zh-CN, en;q=0.5",
    ),
    "If-Match": (
        Words("文档仍是这个 ETag 时才改；否则 412", "Change the document only if it still has this ETag; else 412"),
        _ENTITY_TAGS,
        '"da39a3ee5e6b4b0d3255bfef95601890afd80709"',
    ),
    "If-None-Match": (
        Words(
            "写入时 * 表示还没有才写；读取时没变就回 304",
            "`*`: store only if there is none yet. Reading: 304 if unchanged",
        ),
        _ENTITY_TAGS,
        "*",
    ),
}


def query(name: str, *, required: bool = False) -> Parameter:
    """A query parameter. Raises KeyError for one that nobody has described yet."""
    words, schema, example = _QUERY[name]
    # An actor travels as JSON inside the address.
    form = {"content": {"application/json": {"schema": schema}}} if name == "agent" else {"schema": schema}
    shown = {} if example is None else {"example": example}
    if name == "agent":
        form["content"]["application/json"] |= shown
        shown = {}
    return {"name": name, "in": "query", "description": words, "required": required} | form | shown


def header(name: str, *, required: bool = False) -> Parameter:
    """A header of requests."""
    words, schema, example = _HEADERS[name]
    made = {"name": name, "in": "header", "description": words, "required": required, "schema": schema}
    return made | {"example": example}
