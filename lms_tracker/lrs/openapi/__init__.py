"""The description of the resources for machines: OpenAPI 3.1, at /xapi/openapi.json.

Made from what the resources themselves use: the types that statements are decoded with, the patterns of their formats,
the tables of parameters and documents. tests/lrs/openapi holds the rest to what the server does.
"""

from functools import cache
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

import lms_tracker
from lms_tracker.lrs import parameters
from lms_tracker.lrs.asked import Refused
from lms_tracker.lrs.openapi import answers, operations, schemas
from lms_tracker.lrs.openapi.words import LANGUAGES, Words, said_in
from lms_tracker.lrs.protocol import current

_TITLE = Words("xAPI 学习记录库", "xAPI record store")
_DESCRIPTION = Words(
    "xAPI 1.0.3 与 2.0.0（IEEE 9274.1.1）的全部资源。用接入密钥作 HTTP Basic 认证；每个请求写明版本。"
    "出错时的回应都是一个样：error、path、rule、statement。",
    "All resources of xAPI 1.0.3 and 2.0.0 (IEEE 9274.1.1). HTTP Basic with the key of a source; every request names its "
    "version. Every refusal has one form: error, path, rule, statement.",
)
_TAGS = {
    "statements": Words("语句", "Statements"),
    "documents": Words("文档", "Documents"),
    "things": Words("活动与个人", "Activities and agents"),
    "about": Words("关于", "About"),
}


def add_routes(resources: Blueprint) -> None:
    """GET /openapi.json, open to everybody: it holds no secret."""

    @resources.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        wanted = parameters.only(current(), {"lang"}).get("lang")
        if wanted is not None and wanted not in LANGUAGES:
            raise Refused(400, f"lang is one of {', '.join(LANGUAGES)}", path="lang", rule="parameter")
        accepted = [tag.partition("-")[0].lower() for tag in request.accept_languages.values()]
        spoken = next((tag for tag in accepted if tag in LANGUAGES), current_app.extensions["settings"].locale)
        response = Response(_encoded(wanted or spoken))
        response.mimetype = "application/json"
        response.vary.add("Accept-Language")
        return response


@cache
def _encoded(language: str) -> bytes:
    return msgspec.json.encode(document(language))


def document(language: str) -> dict[str, Any]:
    """The OpenAPI document with its texts in that language, `zh` or `en`. Addresses are those of this host."""
    tree = {
        "openapi": "3.1.0",
        "info": {
            "title": _TITLE,
            "version": lms_tracker.__version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/xapi"}],
        "security": [{"basic": []}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": operations.paths(),
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": Words(
                        "用户名是接入密钥，密码是密文", "User is the key, password the secret, of a source"
                    ),
                }
            },
            "headers": answers.HEADERS,
            "responses": answers.refusals(),
            "schemas": schemas.statement_schemas() | schemas.answer_schemas(),
        },
    }
    made: dict[str, Any] = said_in(language, tree)
    return made
