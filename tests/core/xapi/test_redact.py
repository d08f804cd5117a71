"""Taking a person out of statements."""

import json
from hashlib import sha1
from typing import Any

import pytest

from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.core.xapi.redact import attached, is_about, names, pseudonym, redact, with_digests

LI = {"mbox": "mailto:li@example.org", "name": "李明"}
WANG = {"account": {"homePage": "https://lms.example.edu", "name": "wang"}}
HIDE = with_digests({"mbox:mailto:li@example.org"}).__contains__
VERB, VIDEO = {"id": "urn:v"}, {"id": "urn:video"}
BY = pseudonym("erased-1")


def group(*members: Any, **more: Any) -> dict[str, Any]:
    return {"objectType": "Group", "member": list(members)} | more


def raw(actor: Any = WANG, target: Any = VIDEO, **more: Any) -> bytes:
    return json.dumps({"actor": actor, "verb": VERB, "object": target, **more}, ensure_ascii=False).encode()


ABOUT = {
    "actor": raw(LI),
    "actor by the digest of the address": raw({"mbox_sha1sum": sha1(b"mailto:li@example.org").hexdigest().upper()}),
    "group of the person alone": raw(group(LI)),
    "object": raw(WANG, {"objectType": "Agent", **LI}),
    "actor inside": raw(WANG, {"objectType": "SubStatement", "actor": LI, "verb": VERB, "object": VIDEO}),
    "object inside": raw(
        WANG,
        {"objectType": "SubStatement", "actor": WANG, "verb": VERB, "object": {"objectType": "Agent", **LI}},
    ),
}
ASIDE = {
    "member": raw(group(LI, WANG)),
    "member of a named group": raw(group(LI, WANG, account={"homePage": "urn:h", "name": "class"})),
    "member of the object": raw(WANG, group(WANG, LI)),
    "instructor": raw(context={"instructor": LI}),
    "team": raw(context={"team": {"objectType": "Group", **LI}}),
    "member of the team": raw(context={"team": group(WANG, LI)}),
    "authority": raw(authority=LI),
    "context agent": raw(context={"contextAgents": [{"objectType": "contextAgent", "agent": LI}]}, version="2.0.0"),
    "context group": raw(
        context={"contextGroups": [{"objectType": "contextGroup", "group": group(LI, WANG)}]}, version="2.0.0"
    ),
    "instructor inside": raw(
        WANG,
        {
            "objectType": "SubStatement",
            "actor": WANG,
            "verb": VERB,
            "object": VIDEO,
            "context": {"instructor": LI},
        },
    ),
}


@pytest.mark.parametrize("statement", ABOUT.values(), ids=list(ABOUT))
def test_a_statement_by_or_about_the_person_alone_is_known(statement: bytes) -> None:
    assert is_about(statement, HIDE)


@pytest.mark.parametrize("statement", ASIDE.values(), ids=list(ASIDE))
def test_a_name_on_the_side_is_replaced_and_nothing_else(statement: bytes) -> None:
    assert not is_about(statement, HIDE) and names(statement, HIDE)
    after = redact(statement, HIDE, BY)
    assert b"li@example.org" not in after and "李明".encode() not in after
    assert b"erased-1" in after
    parse_statement(after)
    assert not names(after, HIDE)
    as_it_was = json.dumps(json.loads(redact(statement, lambda _: False, BY)), sort_keys=True)
    hidden = [{"objectType": kind, "account": {"homePage": "urn:lms-tracker:nobody", "name": "erased-1"}}
              for kind in ("Agent", "Group")]  # fmt: skip
    back = json.dumps(json.loads(after), sort_keys=True)
    for one, who in zip(hidden, (LI, {"objectType": "Group", **LI}), strict=True):
        back = back.replace(json.dumps(one, sort_keys=True), json.dumps(who, sort_keys=True))
    assert back == as_it_was


def test_a_statement_that_names_somebody_else_stays_to_the_byte() -> None:
    statement = raw(group(WANG), context={"instructor": WANG})
    assert not names(statement, HIDE)
    assert redact(statement, HIDE, BY) == redact(statement, lambda _: False, BY)


def test_a_signature_goes_with_the_name_and_other_attachments_stay() -> None:
    about = {"display": {"en": "x"}, "contentType": "application/octet-stream", "length": 1}
    signature = about | {"usageType": "http://adlnet.gov/expapi/attachments/signature", "sha2": "a" * 64}
    sheet = about | {"usageType": "urn:sheet", "sha2": "B" * 64}
    statement = raw(context={"instructor": LI}, attachments=[signature, sheet])
    assert attached(statement) == {"a" * 64, "b" * 64}
    assert attached(redact(statement, HIDE, BY)) == {"b" * 64}
    assert attached(redact(statement, lambda _: False, BY)) == {"a" * 64, "b" * 64}
