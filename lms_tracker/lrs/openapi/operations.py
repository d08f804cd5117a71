"""What can be asked of each resource. Query parameters are those that the resources' own code accepts."""

from typing import Any

from lms_tracker.core.xapi.documents import STATE
from lms_tracker.core.xapi.parse import MAX_STATEMENTS
from lms_tracker.core.xapi.scopes import in_order
from lms_tracker.lrs.asked import VERSION
from lms_tracker.lrs.documents import RESOURCES, Resource
from lms_tracker.lrs.openapi.answers import answer, json, refused
from lms_tracker.lrs.openapi.examples import EXAMPLES
from lms_tracker.lrs.openapi.inputs import header, query
from lms_tracker.lrs.openapi.schemas import ref
from lms_tracker.lrs.openapi.words import Words
from lms_tracker.lrs.permissions import NEEDED
from lms_tracker.lrs.statements import CURSOR, FILTERS, SINGLE

Operation = dict[str, Any]
ALWAYS = (400, 401, 403, 503)
HEAD_WORDS = Words("同 GET，只要响应头", "As GET, headers only")


def paths() -> dict[str, dict[str, Operation]]:
    """Address below /xapi -> method -> operation."""
    made = {"/about": _about(), "/statements": _statements(), "/activities": _activities(), "/agents": _agents()}
    made |= {resource.address: _documents(resource) for resource in RESOURCES}
    made["/openapi.json"] = _this()
    for operations in made.values():
        operations["head"] = _head(operations["get"])
    return made


def _head(get: Operation) -> Operation:
    answers = {
        status: {name: part for name, part in answer.items() if name != "content"} if "$ref" not in answer else answer
        for status, answer in get["responses"].items()
    }
    return get | {"operationId": get["operationId"] + "_head", "summary": HEAD_WORDS, "responses": answers}


def _operation(
    endpoint: str,
    id: str,
    tag: str,
    summary: Words,
    parameters: list[dict[str, Any]],
    answers: dict[str, Any],
    **more: Any,
) -> Operation:
    # Of several requirements any is enough, as of the scopes.
    needed = [{"basic": [scope]} for scope in in_order(NEEDED.get(f"xapi.{endpoint}", ()))]
    return {
        "operationId": id,
        "tags": [tag],
        "security": needed,
        "summary": summary,
        "parameters": [header(VERSION, required=True), *parameters],
        "responses": answers,
    } | more


def _statements() -> dict[str, Operation]:
    one_or_more = {
        "oneOf": [
            ref("Statement"),
            {"type": "array", "items": ref("Statement"), "maxItems": MAX_STATEMENTS},
        ]
    }
    stored = {"type": "array", "items": ref("UUID")}
    given = {"schema": {"oneOf": [ref("StoredStatement"), ref("StatementResult")]}}
    found = answer(
        Words("一条语句，或一页语句", "The statement, or a page of statements"),
        {"application/json": given, "multipart/mixed": {"schema": {"type": "string"}}},
        ("Last-Modified", "Vary"),
    )
    names = [*sorted(SINGLE, key=lambda name: (not name.endswith("Id"), name)), *FILTERS, CURSOR]
    return {
        "get": _operation(
            "get",
            "get_statements",
            "statements",
            Words("查询语句", "Find statements"),
            [*(query(name) for name in names), header("Accept-Language")],
            {"200": found} | refused(*ALWAYS, 404),
            description=Words(
                "statementId、voidedStatementId 与各筛选条件不能同用。结果按存入时间，最新的在前。",
                "statementId and voidedStatementId exclude each other and all filters. By time of storing, latest first.",
            ),
        ),
        "put": _operation(
            "put",
            "put_statement",
            "statements",
            Words("以给定编号存一条语句", "Store a statement under a given id"),
            [query("statementId", required=True)],
            {"204": answer(Words("已存", "Stored"))} | refused(*ALWAYS, 409, 413, 415),
            requestBody=_statement_body(ref("Statement"), {"played": EXAMPLES["played"]}),
        ),
        "post": _operation(
            "post",
            "post_statements",
            "statements",
            Words("存一条或一批语句", "Store a statement or a batch"),
            [],
            {"200": answer(Words("各条的编号，次序相同", "The ids, in the same order"), json(stored)) | _links()}
            | refused(*ALWAYS, 409, 413, 415),
            requestBody=_statement_body(one_or_more, EXAMPLES),
            description=Words(
                "一批要么全存，要么一条也不存。带附件数据时用 multipart/mixed。1.0.x 的「替代请求语法」（POST …?method=PUT，"
                "其余写在表单里）也收；2.0 没有它。",
                "A batch is stored whole or not at all. Data of attachments comes in multipart/mixed. The alternate request "
                "syntax of 1.0.x (POST …?method=PUT, all the rest in a form) is understood; 2.0 has none.",
            ),
        ),
    }


def _links() -> dict[str, Any]:
    return {
        "links": {
            "stored": {
                "operationId": "get_statements",
                "parameters": {"query.statementId": "$response.body#/0"},
                "description": Words("取回刚存的第一条", "Read back the first"),
            }
        }
    }


def _statement_body(schema: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "type": "object",
        "properties": {
            "statements": schema,
            "attachments": {"type": "array", "items": {"type": "string", "format": "binary"}},
        },
        "required": ["statements"],
    }
    part_headers = {
        "X-Experience-API-Hash": {"required": True, "schema": ref("SHA2")},
        "Content-Transfer-Encoding": {"required": True, "schema": {"const": "binary"}},
    }
    encoding = {
        "statements": {"contentType": "application/json"},
        "attachments": {"contentType": "*/*", "headers": part_headers},
    }
    return {
        "required": True,
        "content": {
            "application/json": {"schema": schema, "examples": examples},
            "multipart/mixed": {"schema": parts, "encoding": encoding},
        },
    }


def _documents(resource: Resource) -> dict[str, Operation]:
    what = {
        "state": Words("学习状态文档", "a state document"),
        "activity-profile": Words("活动档案文档", "an activity profile document"),
        "agent-profile": Words("个人档案文档", "an agent profile document"),
    }[resource.kind]
    tag, name = "documents", resource.kind.replace("-", "_")
    of = [query(one, required=True) for one in sorted(resource.of)]
    of += [query("registration")] if resource.registration else []
    one = [query(resource.id, required=True), *of]
    guards = [header("If-Match"), header("If-None-Match")]
    anything = {"schema": {"type": "string", "format": "binary"}}
    changed = answer(Words("已改", "Done"))
    read = answer(
        Words(f"文档；不写 {resource.id} 时是名称列表", f"The document; without {resource.id} the list of their names"),
        {"*/*": {}},
        ("ETag", "Last-Modified"),
    )
    whole = resource.kind == STATE
    return {
        "get": _operation(
            f"{resource.kind} GET",
            f"get_{name}",
            tag,
            Words(f"读取{what.zh}，或列出名称", f"Read {what.en}, or list their names"),
            [query(resource.id), *of, query("since"), header("If-None-Match") | {"schema": {"type": "string"}}],
            {"200": read, "304": answer(Words("没有变", "Unchanged"), None, ("ETag",))} | refused(*ALWAYS, 404),
        ),
        "put": _operation(
            f"{resource.kind} PUT",
            f"put_{name}",
            tag,
            Words(f"写入{what.zh}", f"Store {what.en}"),
            [*one, *guards],
            {"204": changed} | refused(*ALWAYS, 409, 412, 413, 415),
            requestBody={
                "content": {"application/json": _json_example({}), "application/octet-stream": anything},
                "required": True,
            },
            description=Words(
                "覆盖已有文档要带 If-Match 或 If-None-Match（1.0.x：档案总要带，状态从不要）。",
                "Replacing a document needs If-Match or If-None-Match (1.0.x: profiles always, states never).",
            ),
        ),
        "post": _operation(
            f"{resource.kind} POST",
            f"post_{name}",
            tag,
            Words(f"并入{what.zh}", f"Merge into {what.en}"),
            [*one, *guards],
            {"204": changed} | refused(*ALWAYS, 412, 413, 415),
            requestBody={"content": {"application/json": _json_example({"type": "object"})}, "required": True},
        ),
        "delete": _operation(
            f"{resource.kind} DELETE",
            f"delete_{name}",
            tag,
            Words(f"删除{what.zh}", f"Delete {what.en}"),
            [query(resource.id, required=not whole), *of, *guards],
            {"204": changed} | refused(*ALWAYS, 412),
        ),
    }


def _json_example(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schema": schema, "example": {"position": 24.5, "done": False}}


def _activities() -> dict[str, Operation]:
    found = answer(Words("活动及所知的定义", "The activity, as all statements define it"), json(ref("Activity")))
    summary = Words("一个活动的定义", "What is known of an activity")
    parameters = [query("activityId", required=True)]
    return {
        "get": _operation("activity", "get_activity", "things", summary, parameters, {"200": found} | refused(*ALWAYS))
    }


def _agents() -> dict[str, Operation]:
    found = answer(Words("此人的全部名字和标识", "The person, with all names and identifiers"), json(ref("Person")))
    summary = Words("一个人的各种标识", "What is known of an agent")
    parameters = [query("agent", required=True)]
    return {"get": _operation("agent", "get_agent", "things", summary, parameters, {"200": found} | refused(*ALWAYS))}


def _about() -> dict[str, Operation]:
    found = answer(Words("所支持的版本", "Versions that are spoken"), json(ref("About")))
    get = _operation("about", "get_about", "about", Words("这个记录库", "About this record"), [], {"200": found})
    # Whoever asks which versions there are may name any.
    return {"get": get | {"parameters": [header(VERSION) | {"schema": {"type": "string"}}]}}


def _this() -> dict[str, Operation]:
    found = answer(Words("本文档", "This document"), json({"type": "object"}))
    summary = Words("本接口说明（OpenAPI 3.1）", "This description (OpenAPI 3.1)")
    get = _operation("openapi", "get_openapi", "about", summary, [], {"200": found} | refused(400))
    return {"get": get | {"parameters": [query("lang")]}}
