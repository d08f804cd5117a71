"""Answers: status, headers and body. Every refusal has one form, schema `Error`."""

from typing import Any

from lms_tracker.lrs.admission import CONSISTENT_THROUGH
from lms_tracker.lrs.asked import VERSION
from lms_tracker.lrs.openapi.schemas import ref
from lms_tracker.lrs.openapi.words import Words

Answer = dict[str, Any]

_ETAG = {"type": "string", "pattern": '^"[0-9a-f]{40}"$'}
_HTTP_DATE = {"type": "string", "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$"}

HEADERS: dict[str, dict[str, Any]] = {
    VERSION: {
        "description": Words("回应所用的版本", "The version of the answer"),
        "required": True,
        "schema": ref("Version"),
    },
    CONSISTENT_THROUGH: {
        "description": Words("此刻以前存入的都已能查到", "What was stored before this instant is found"),
        "required": True,
        "schema": ref("Timestamp"),
    },
    "ETag": {"description": Words("内容的 SHA-1，加引号", "The SHA-1 of the content, quoted"), "schema": _ETAG},
    "Last-Modified": {"description": Words("最后存入的时刻", "When the latest was stored"), "schema": _HTTP_DATE},
    "Vary": {
        "description": Words("回应随哪些请求头而变", "Which headers the answer follows"),
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": Words("要求密钥", "Asks for a key"), "schema": {"type": "string"}},
    "Accept-Encoding": {
        "description": Words("可用的压缩方式：不压缩", "Codings that are taken: none"),
        "schema": {"const": "identity"},
    },
    "Retry-After": {
        "description": Words("几秒后再试", "Try again after so many seconds"),
        "schema": {"type": "string"},
    },
}
_EVERYWHERE = (VERSION, CONSISTENT_THROUGH)

REFUSALS: dict[int, tuple[Words, tuple[str, ...]]] = {
    400: (
        Words("请求或语句不合规，什么也没有存", "The request or a statement breaks a rule; nothing was stored"),
        (),
    ),
    401: (Words("密钥不对、已吊销或已过期", "No valid key and secret"), ("WWW-Authenticate",)),
    403: (Words("这个密钥没有这项权限", "The key does not reach so far"), ()),
    404: (Words("没有", "There is none"), ()),
    409: (
        Words(
            "编号已被另一条语句占用；或 PUT 已有文档却没带 ETag",
            "The id is taken by another statement; or PUT over a document without its ETag",
        ),
        (),
    ),
    412: (Words("If-Match 或 If-None-Match 不成立", "If-Match or If-None-Match does not hold"), ()),
    413: (Words("正文太大", "The body is too large"), ()),
    415: (
        Words("正文压缩过（Content-Encoding）", "The body is packed (Content-Encoding)"),
        ("Accept-Encoding",),
    ),
    503: (Words("数据库正忙，什么也没有存", "The database is busy; nothing was stored"), ("Retry-After",)),
}


def answer(words: Words, content: dict[str, Any] | None = None, headers: tuple[str, ...] = ()) -> Answer:
    """An answer with the headers that every answer has, and these."""
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in (*_EVERYWHERE, *headers)}
    return {"description": words, "headers": named} | ({} if content is None else {"content": content})


def json(schema: dict[str, Any]) -> dict[str, Any]:
    """A body of JSON."""
    return {"application/json": {"schema": schema}}


def refusals() -> dict[str, Answer]:
    """Components: every refusal, by status."""
    return {str(status): answer(words, json(ref("Error")), headers) for status, (words, headers) in REFUSALS.items()}


def refused(*statuses: int) -> dict[str, Any]:
    """References to the refusals of an operation."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}
