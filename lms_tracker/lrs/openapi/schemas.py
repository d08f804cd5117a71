"""JSON Schemas of what is sent and answered: made from the types that requests are decoded with.

`core/xapi/model.py` gives properties and types, `core/xapi/formats.py` the patterns. Added here by name is what a flat
struct cannot say: which properties each type of actor and object has. What no schema says (rules across properties,
calendar dates, attachments' data) stays with `core/xapi/errors.RULES`; tests/lrs/openapi holds both against each other.
"""

import re
from typing import Any

import msgspec

from lms_tracker.core.xapi import formats, timestamps, versions
from lms_tracker.core.xapi.errors import RULES
from lms_tracker.core.xapi.model import Statement
from lms_tracker.core.xapi.validate import COMPONENT_LISTS, INTERACTION_TYPES
from lms_tracker.lrs.openapi.words import Words
from lms_tracker.lrs.rules import REQUEST_RULES

Schema = dict[str, Any]
REF = "#/components/schemas/{name}"
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
SUB_STATEMENT_HAS_NO = {"id", "stored", "authority", "version"}
SET_BY_THE_RECORD = ("id", "timestamp", "stored", "authority", "version")
MAX_INTEGER = 2**63 - 1
_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `\\s` means in Python; in ECMA-262 it is a little less."""


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": REF.format(name=name)}


def whole(pattern: str) -> str:
    """A Python expression for a whole text as ECMA-262 writes it: anchored, groups without names."""
    unnamed = re.sub(r"[(][?]P<[a-zA-Z]+>", "(?:", pattern)
    return f"^(?:{unnamed.replace(chr(92) + 's', _SPACE)})$"


def either_case(pattern: str) -> str:
    """The same for a pattern of letters, digits and groups that is matched without regard to case."""

    def widen(found: re.Match[str]) -> str:
        ranges, letter = found["ranges"], found["letter"]
        if ranges:
            return f"[{ranges[1:-1]}{''.join(re.findall('[a-z]-[a-z]', ranges)).upper()}]"
        return f"[{letter}{letter.upper()}]"

    return re.sub(r"(?P<ranges>\[[^]]*\])|(?P<letter>[a-z])", widen, pattern)


def _text(name: str, words: Words, example: str, pattern: str | None = None) -> Schema:
    return {
        "type": "string",
        "pattern": whole(pattern or formats.PATTERNS[name]),
        "description": words,
        "examples": [example],
    }


TEXTS: dict[str, Schema] = {
    "IRI": _text(
        "iri", Words("绝对 IRI（带 scheme）", "An absolute IRI, with its scheme"), "https://example.org/video/1"
    ),
    "UUID": _text("uuid", Words("UUID，大小写均可", "A UUID in either case"), "6c671954-cb02-4701-b87c-577406d36663"),
    "Mbox": _text("mbox", Words("mailto: 加一个邮箱地址", "mailto: and one address"), "mailto:li@example.org"),
    "SHA1": _text(
        "sha1",
        Words("mailto IRI 的 SHA-1，十六进制", "The SHA-1 of a mailto IRI in hexadecimal"),
        "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
    ),
    "SHA2": _text(
        "sha2",
        Words("数据的 SHA-2,十六进制", "The SHA-2 (224 to 512 bits) of the data in hexadecimal"),
        "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    ),
    "MediaType": _text("media-type", Words("媒体类型", "A media type"), "application/pdf"),
    "LanguageTag": _text(
        "language-tag",
        Words("RFC 5646 语言标签", "A language tag of RFC 5646"),
        "zh-CN",
        either_case(formats.PATTERNS["language-tag"]),
    )
    | {"maxLength": 255},
    "Timestamp": _text(
        "timestamp",
        Words(
            "ISO 8601 日期时间；不写时区按 UTC,不收 -00:00",
            "ISO 8601 date and time; without an offset it is UTC; -00:00 is refused",
        ),
        "2026-03-01T08:00:00.000Z",
        timestamps.TIMESTAMP_PATTERN,
    ),
    "Duration": _text(
        "duration", Words("ISO 8601 时长", "An ISO 8601 duration"), "PT4H35M59.14S", timestamps.DURATION_PATTERN
    ),
    "Version": _text("version", Words("xAPI 版本", "A version of xAPI"), "2.0.0", versions.PATTERN),
    "LanguageMap": {
        "type": "object",
        "propertyNames": {"$ref": REF.format(name="LanguageTag")},
        "additionalProperties": {"type": "string"},
        "description": Words("语言标签 → 文字", "Language tag to text"),
        "examples": [{"zh-CN": "播放", "en": "played"}],
    },
    "Extensions": {
        "type": "object",
        "propertyNames": {"$ref": REF.format(name="IRI")},
        "description": Words(
            "键是 IRI，值任意；整数不超过 64 位", "Keys are IRIs, values anything; integers have at most 64 bits"
        ),
    },
}

# Struct -> property -> schema, where the type alone says too little.
_TEXT_OF: dict[str, dict[str, str]] = {
    "Account": {"homePage": "IRI"},
    "Actor": {"mbox": "Mbox", "mbox_sha1sum": "SHA1", "openid": "IRI"},
    "Verb": {"id": "IRI", "display": "LanguageMap"},
    "InteractionComponent": {"description": "LanguageMap"},
    "Definition": {
        "name": "LanguageMap",
        "description": "LanguageMap",
        "type": "IRI",
        "moreInfo": "IRI",
        "extensions": "Extensions",
    },
    "Activity": {"id": "IRI"},
    "StatementRef": {"id": "UUID"},
    "Result": {"duration": "Duration", "extensions": "Extensions"},
    "Context": {"registration": "UUID", "language": "LanguageTag", "team": "Group", "extensions": "Extensions"},
    "ContextAgent": {"agent": "Agent"},
    "ContextGroup": {"group": "Group"},
    "Attachment": {
        "usageType": "IRI",
        "display": "LanguageMap",
        "contentType": "MediaType",
        "sha2": "SHA2",
        "description": "LanguageMap",
        "fileUrl": "IRI",
    },
    "Statement": {"id": "UUID", "timestamp": "Timestamp", "version": "Version"},
}
_TYPE_NAME = {
    "Activity": "Activity",
    "StatementRef": "StatementRef",
    "ContextAgent": "contextAgent",
    "ContextGroup": "contextGroup",
}
_ABOUT: dict[str, Words] = {
    "Statement": Words(
        "一条 xAPI 语句。模式说不出的规则见「rule」表。",
        "A statement. What no schema can say is in the table of rules.",
    ),
    "SubStatement": Words(
        "作为另一条语句宾语的语句，自己没有编号", "A statement as the object of another, without an id of its own"
    ),
    "Object": Words("语句的宾语；不写 objectType 就是 Activity", "Without objectType it is an Activity"),
    "Actor": Words("个人或小组", "An Agent or a Group"),
    "Context": Words(
        "contextAgents 和 contextGroups 属于 xAPI 2.0", "contextAgents and contextGroups belong to xAPI 2.0"
    ),
    "ContextActivities": Words(
        "只有一个活动时可以不写成列表；取回时总是列表",
        "A single activity may stand without a list; it is given out as one",
    ),
}


def statement_schemas() -> dict[str, Schema]:
    """All schemas that statements need, by name."""
    _, made = msgspec.json.schema_components([Statement], ref_template=REF)
    for name, schema in made.items():
        schema.pop("description", None)
        if not schema.get("required"):
            schema.pop("required", None)
        for field, text in _TEXT_OF.get(name, {}).items():
            schema["properties"][field] = ref(text)
        if name in _TYPE_NAME:
            schema["properties"]["objectType"] = {"const": _TYPE_NAME[name]}
    _narrow(made)
    actor = made.pop("Actor")["properties"]
    made.pop("Object")
    made["Statement"]["properties"]["authority"] = ref("Authority")
    made |= TEXTS | _actors(actor) | _objects(made["Statement"])
    for name, words in _ABOUT.items():
        made[name]["description"] = words
    return dict(sorted(made.items()))


def _narrow(made: dict[str, Schema]) -> None:
    """Numbers and lists whose values are bounded."""
    for field in made["Score"]["properties"]:
        made["Score"]["properties"][field] = {"type": "number"}
    made["Score"]["properties"]["scaled"] |= {"minimum": -1, "maximum": 1}
    made["Attachment"]["properties"]["length"] |= {"minimum": 0, "maximum": MAX_INTEGER}
    for name in ("ContextAgent", "ContextGroup"):
        made[name]["properties"]["relevantTypes"] = {"type": "array", "items": ref("IRI"), "minItems": 1}
    definition = made["Definition"]
    definition["properties"]["interactionType"] = {"enum": sorted(INTERACTION_TYPES)}
    definition["dependentRequired"] = {
        field: ["interactionType"] for field in ("correctResponsesPattern", *COMPONENT_LISTS)
    }


def _actors(properties: dict[str, Schema]) -> dict[str, Schema]:
    """Exactly one identifier; only a group has members, and one without an identifier needs them."""
    members = {"type": "array", "items": ref("Agent")}

    def identified(kind: str, by: str) -> Schema:
        own = {"objectType": {"const": kind}, "name": properties["name"], by: properties[by]}
        group = kind == "Group"
        return {
            "title": f"{kind}: {by}",
            "type": "object",
            "properties": own | ({"member": members} if group else {}),
            "required": ["objectType", by] if group else [by],
            "additionalProperties": False,
        }

    anonymous = {
        "title": "Group: member",
        "type": "object",
        "properties": {"objectType": {"const": "Group"}, "name": properties["name"], "member": members},
        "required": ["objectType", "member"],
        "additionalProperties": False,
    }
    two = members | {"minItems": 2, "maxItems": 2}
    pair = anonymous | {"title": "Group: two", "properties": anonymous["properties"] | {"member": two}}
    groups = [identified("Group", by) for by in IDENTIFIERS]
    return {
        "Agent": {"oneOf": [identified("Agent", by) for by in IDENTIFIERS]},
        "IdentifiedGroup": {"oneOf": groups},
        "Group": {"oneOf": [*groups, anonymous]},
        "Actor": {"anyOf": [ref("Agent"), ref("Group")]},
        "Authority": {"anyOf": [ref("Agent"), pair]},
        "IdentifiedActor": {"anyOf": [ref("Agent"), ref("IdentifiedGroup")]},
    }


def _objects(statement: Schema) -> dict[str, Schema]:
    """The five types of objects. The model has them in one flat struct."""
    simple = [
        ref("Activity"),
        {"allOf": [ref("Agent"), {"required": ["objectType"]}]},
        ref("Group"),
        ref("StatementRef"),
    ]
    own = {name: schema for name, schema in statement["properties"].items() if name not in SUB_STATEMENT_HAS_NO}
    sub = {
        "title": "SubStatement",
        "type": "object",
        "properties": {"objectType": {"const": "SubStatement"}} | own | {"object": {"anyOf": simple}},
        "required": ["objectType", "actor", "verb", "object"],
        "additionalProperties": False,
    }
    return {"SubStatement": sub, "Object": {"anyOf": [*simple, ref("SubStatement")]}}


def answer_schemas() -> dict[str, Schema]:
    """What is answered beside documents."""
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "StoredStatement": {
            "allOf": [ref("Statement"), {"required": list(SET_BY_THE_RECORD)}],
            "description": Words(
                "取回的语句：补全了服务器填写的部分", "A statement as it is given out: completed by the record"
            ),
        },
        "StatementResult": {
            "type": "object",
            "properties": {
                "statements": {"type": "array", "items": ref("StoredStatement")},
                "more": {
                    "type": "string",
                    "description": Words(
                        "下一页的地址（同一主机);空表示没有了",
                        "Address of the next page on this host; empty at the end",
                    ),
                },
            },
            "required": ["statements", "more"],
            "additionalProperties": False,
        },
        "Person": {
            "type": "object",
            "properties": {
                "objectType": {"const": "Person"},
                "name": texts,
                "mbox": {"type": "array", "items": ref("Mbox")},
                "mbox_sha1sum": {"type": "array", "items": ref("SHA1")},
                "openid": {"type": "array", "items": ref("IRI")},
                "account": {"type": "array", "items": ref("Account")},
            },
            "required": ["objectType"],
            "additionalProperties": False,
            "description": Words("一个人的全部名字和标识", "All names and identifiers of one human being"),
        },
        "About": {
            "type": "object",
            "properties": {"version": {"type": "array", "items": ref("Version")}, "extensions": ref("Extensions")},
            "required": ["version"],
        },
        "Error": {
            "type": "object",
            "properties": {
                "error": {"type": "string", "description": Words("哪里不对，英文一句", "What is wrong, in a sentence")},
                "path": {
                    "type": ["string", "null"],
                    "description": Words(
                        "出错的位置：$.actor.mbox,批量时 $[3].actor.mbox；或参数名",
                        "The place: $.actor.mbox, in a batch $[3].actor.mbox; or the name of a parameter",
                    ),
                },
                "rule": {
                    "enum": [*RULES, *REQUEST_RULES, None],
                    "description": Words(
                        "违反的规则，见 docs/record.md", "The rule that is broken; docs/record.md explains each"
                    ),
                },
                "statement": {
                    "type": ["integer", "null"],
                    "description": Words("批量中第几条，从 0 数", "The position in the batch, from 0"),
                },
            },
            "required": ["error", "path", "rule", "statement"],
            "additionalProperties": False,
            "examples": [
                {
                    "error": "'mailto:' is no mailto address (Data 2.4.2.3: mailto:<address>)",
                    "path": "$[3].actor.mbox",
                    "rule": "mbox",
                    "statement": 3,
                }
            ],
        },
    }
