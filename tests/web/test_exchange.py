"""The pages for forwarding and the quarantine, as an administrator uses them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from lms_tracker.actions import quarantine as replaying
from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.quarantine import keep_refused
from lms_tracker.core.forwarding import ASIDE, TROUBLES, Filter
from lms_tracker.core.xapi.errors import RULES
from lms_tracker.lrs.rules import REQUEST_RULES
from lms_tracker.store import forwarding, quarantine
from lms_tracker.store.db import reading, writing
from lms_tracker.store.quarantine import source_of
from lms_tracker.web.admin.forwarding import ASIDE as ASIDE_WORDS
from lms_tracker.web.admin.forwarding import HINTS, LINES
from lms_tracker.web.admin.forwarding import TROUBLES as TROUBLE_WORDS
from lms_tracker.web.rule_words import RULE_WORDS
from tests.lrs.conftest import Client, make_statement
from tests.web.conftest import LogIn
from tests.web.people import NOW, World


def test_there_are_words_for_whatever_can_go_wrong() -> None:
    assert TROUBLE_WORDS.keys() == TROUBLES.keys() and ASIDE_WORDS.keys() == ASIDE.keys()
    assert LINES.keys() == HINTS.keys() == set(Filter.__struct_fields__)
    assert RULE_WORDS.keys() == RULES.keys() | REQUEST_RULES.keys()


FORM = {
    "name": "省记录库",
    "endpoint": "https://lrs.example.com/xapi",
    "username": "k",
    "secret": "geheim",
    "version": "1.0.3",
}


def test_a_target_is_added_changed_paused_resumed_and_deleted(db: Engine, world: World, as_: LogIn) -> None:
    browser = as_("admin")
    made = browser.post("/admin/forwarding/new", data=FORM | {"start": "beginning", "sources": "city-lms\n\n"})
    assert made.status_code == 303
    page = browser.get(made.location).text
    assert "省记录库" in page and "city-lms" in page and "geheim" not in page
    number = int(made.location.rsplit("/", 1)[1])
    form = browser.get(f"{made.location}/edit").text
    assert "geheim" not in form and 'value="https://lrs.example.com/xapi/"' in form
    with reading(db) as tx:
        before = forwarding.target(tx, number)
    changed = browser.post(f"{made.location}/edit", data=FORM | {"name": "改名", "secret": ""})
    assert changed.status_code == 303
    with reading(db) as tx:
        after = forwarding.target(tx, number)
    assert before is not None and after is not None
    assert (after.name, after.secret_sealed, after.filter) == ("改名", before.secret_sealed, "{}")
    for what, state in (("pause", "已暂停"), ("resume", "正常")):
        browser.post(f"{made.location}/{what}")
        assert state in browser.get(made.location).text
    browser.post(f"{made.location}/remove")
    assert browser.get(made.location).status_code == 200, "only with the box ticked"
    browser.post(f"{made.location}/remove", data={"sure": "yes"})
    assert browser.get(made.location).status_code == 404
    assert "已删除的目标" not in browser.get("/admin/forwarding").text, "it never got anything"


def test_a_target_that_got_something_is_still_named_after_it_was_deleted(db: Engine, world: World, as_: LogIn) -> None:
    browser = as_("admin")
    with writing(db) as tx:
        forwarding.change_target(tx, world.target, sent=3, position=7)
    browser.post(f"/admin/forwarding/{world.target}/remove", data={"sure": "yes"})
    page = browser.get("/admin/forwarding").text
    assert "已删除的目标" in page and "教育局记录库" in page.split("已删除的目标", 1)[1]


def test_what_a_target_did_not_take_is_given_up_only_with_the_box_ticked(db: Engine, world: World, as_: LogIn) -> None:
    from uuid import UUID

    aside = {"target_id": world.target, "kind": "refused", "reason": "400", "at": NOW}
    with writing(db) as tx:
        forwarding.put_aside(tx, [aside | {"seq": n, "statement_id": UUID(int=n)} for n in range(1, 4)])
    browser, address = as_("admin"), f"/admin/forwarding/{world.target}"
    assert "/ 10,000" in browser.get(address).text
    browser.post(f"{address}/give_up")
    assert "请先勾选确认" in browser.get(address).text
    browser.post(f"{address}/give_up", data={"sure": "yes"})
    page = browser.get(address).text
    assert "已放弃 3 条" in page and "没有。发出的每一条对方都收下了" not in page
    with reading(db) as tx:
        row = forwarding.target(tx, world.target)
    assert row is not None and (row.aside, row.given_up) == (0, 3)


def test_a_secret_goes_to_no_other_address_than_that_for_which_it_was_entered(world: World, as_: LogIn) -> None:
    browser = as_("admin")
    made = browser.post("/admin/forwarding/new", data=FORM).location
    for address in ("https://elsewhere.example.com/xapi/", FORM["endpoint"].replace("https:", "http:")):
        refused = browser.post(f"{made}/edit", data=FORM | {"endpoint": address, "secret": ""})
        assert refused.status_code == 400 and "密钥要填写" in refused.text
        assert FORM["endpoint"] in browser.get(made).text
    moved = FORM | {"endpoint": "https://elsewhere.example.com/xapi/", "secret": "entered anew"}
    assert browser.post(f"{made}/edit", data=moved).status_code == 303
    assert "elsewhere.example.com" in browser.get(made).text


def test_everything_that_is_wrong_with_a_form_is_said_and_what_was_typed_stays(world: World, as_: LogIn) -> None:
    wrong = FORM | {"endpoint": "ftp://x", "name": "教育局记录库 ", "verbs": "played", "organisations": "不存在的单位"}
    answer = as_("admin").post("/admin/forwarding/new", data=wrong)
    assert answer.status_code == 400
    for said in ("地址须以", "played", "不存在的单位"):
        assert said in answer.text
    assert answer.text.count("<li>") >= 3 and "geheim" not in answer.text


def test_what_a_target_did_not_take_is_listed_page_by_page_and_sent_again(db: Engine, world: World, as_: LogIn) -> None:
    from uuid import UUID

    rows = [
        {
            "target_id": world.target,
            "seq": n,
            "statement_id": UUID(int=n),
            "kind": "refused",
            "reason": "<400>",
            "at": NOW,
        }
        for n in range(1, 251)
    ]
    with writing(db) as tx:
        forwarding.put_aside(tx, rows)
    browser = as_("admin")
    first = browser.get(f"/admin/forwarding/{world.target}").text
    assert "第 1–100 条，共 250 条" in first and "&lt;400&gt;" in first
    assert "第 201–250 条" in browser.get(f"/admin/forwarding/{world.target}?page=3").text
    assert browser.get(f"/admin/forwarding/{world.target}?page=999999999").status_code == 200
    browser.post(f"/admin/forwarding/{world.target}/again", data={"seq": "7"})
    with reading(db) as tx:
        assert [row.seq for row in forwarding.asked_again(tx, world.target, 10)] == [7]
    assert 'class="badge">1<' in browser.get("/admin").text


def _refuse(db: Engine, world: World, body: bytes, path: str | None, position: int | None = None) -> int:
    with reading(db) as tx:
        row = quarantine.one(tx, world.refused)
        assert row is not None
        source = source_of(tx, row.credential_id)
    keep_refused(db, source, body, path, "iri", "no <IRI>", NOW, status=400, version="1.0.3", position=position)
    with reading(db) as tx:
        return max(row.id for row in quarantine.find(tx)[0])


def test_a_faulty_statement_is_shown_with_its_place_marked_mended_and_stored(
    app: Flask, db: Engine, world: World, as_: LogIn
) -> None:
    batch = [make_statement(), make_statement(verb={"id": "none"})]
    number = _refuse(db, world, json.dumps(batch).encode(), "$[1].verb.id", 1)
    browser = as_("admin")
    page = browser.get(f"/admin/quarantine/{number}").text
    assert re.findall(r"<mark>(.*?)</mark>", page) == ["    &#34;id&#34;: &#34;none&#34;"]
    assert "第 2 条" in page and "no &lt;IRI&gt;" in page and batch[0]["id"] not in page
    mended = json.dumps(batch[1] | {"verb": {"id": "https://example.org/verbs/read"}})
    silent = browser.post(f"/admin/quarantine/{number}/mend", data={"json": mended})
    assert silent.status_code == 400 and "请写明理由" in silent.text and "verbs/read" in silent.text
    done = browser.post(f"/admin/quarantine/{number}/mend", data={"json": mended, "why": "动词写错"})
    assert done.status_code == 303
    after = browser.get(f"/admin/quarantine/{number}").text
    assert "<mark>" not in after and "修改之前的原文" in after and "&#34;none&#34;" in after
    assert "已存入 2 条" in after and "动词写错" in after and "管理员" in after and "已重放" in after


@pytest.mark.parametrize(
    ("body", "said", "told"),
    [
        (make_statement(verb={"id": "none"}), "例如 https://（收到：&#39;none&#39;）", "Data 2.2, 4.1"),
        (make_statement(result={"score": {"scaled": 3}}), "应在 -1 和 1 之间（收到：3）", "Data 2.4.5.1"),
        ({"actor": {"mbox": "mailto:li@example.org"}}, "缺少必填的属性", "missing"),
    ],
)
def test_why_a_request_was_refused_is_said_in_chinese_with_the_value_at_fault(
    app: Flask, db: Engine, world: World, as_: LogIn, body: object, said: str, told: str
) -> None:
    key, secret = create_credential(db, "school-lms", now=NOW)
    Client(app, key.key, secret).post(body)
    browser = as_("admin")
    with reading(db) as tx:
        number = max(row.id for row in quarantine.find(tx)[0])
    listed = browser.get("/admin/quarantine?source=school-lms").text
    assert said in listed and told not in listed
    page = browser.get(f"/admin/quarantine/{number}").text
    assert said in page and "来源得到的答复" in page and told in page
    browser.post("/language", data={"locale": "en"})
    english = browser.get("/admin/quarantine?source=school-lms").text
    assert "来源" not in english and said not in english


def test_a_mend_that_is_still_refused_says_why_and_waits_on(db: Engine, world: World, as_: LogIn) -> None:
    number = _refuse(db, world, json.dumps(make_statement(verb={"id": "none"})).encode(), "$.verb.id")
    browser = as_("admin")
    browser.post(f"/admin/quarantine/{number}/mend", data={"json": '{"actor": 1}', "why": "试试"})
    page = browser.get(f"/admin/quarantine/{number}").text
    assert "仍不合规则" in page and "待处理" in page and "$.actor" in page
    assert 'name="why" required maxlength="1000" value="试试"' in page, "the reason is still there to send again"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b"[" * 5000, b"[]", "{}".encode("utf-16")])
def test_no_body_breaks_the_page(db: Engine, world: World, as_: LogIn, body: bytes) -> None:
    number = _refuse(db, world, body, "$", 0)
    browser = as_("admin")
    assert browser.get(f"/admin/quarantine/{number}").status_code == 200
    assert browser.post(f"/admin/quarantine/{number}/replay").status_code == 303
    assert browser.post(f"/admin/quarantine/{number}/mend", data={"json": "[", "why": "x"}).status_code == 303


def test_the_list_is_filtered_by_source_rule_and_state_and_all_of_a_kind_are_replayed(
    db: Engine, world: World, as_: LogIn
) -> None:
    for _ in range(3):
        _refuse(db, world, json.dumps(make_statement()).encode(), None)
    browser = as_("admin")
    assert browser.get("/admin/quarantine").text.count('scope="row"') == 2 + 4
    only = browser.get("/admin/quarantine?source=city-lms&rule=iri").text
    assert only.count("应以协议开头") == 1 + 3 and "应写成 mailto:" not in only.split('id="requests"')[1]
    assert "没有这样的请求" in browser.get("/admin/quarantine?source=nobody").text
    done = browser.post("/admin/quarantine/replay", data={"source": "city-lms", "rule": "iri"})
    assert done.status_code == 303
    assert "重放了 3 个请求，还有 0 个没有通过" in browser.get("/admin/quarantine").text
    assert browser.get("/admin/quarantine?state=replayed").text.count("已重放") >= 4


def test_what_is_being_replayed_is_under_way(
    db: Engine, world: World, as_: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _refuse(db, world, json.dumps(make_statement()).encode(), None)
    browser, real, seen = as_("admin"), replaying.ingest, list[bool]()
    under_way = browser.application.extensions["xapi"].under_way

    def looked(*given: Any, **named: Any) -> Any:
        _, through = under_way.begin(lambda: named["now"] + timedelta(hours=1), "a question", stores=False)
        seen.append(through == named["now"])
        return real(*given, **named)

    monkeypatch.setattr(replaying, "ingest", looked)
    browser.post(f"/admin/quarantine/{number}/replay")
    browser.post("/admin/quarantine/replay", data={"source": "city-lms", "rule": "iri"})
    assert seen[:1] == [True] and all(seen)


def test_a_request_is_dismissed_with_a_reason(world: World, as_: LogIn) -> None:
    browser, address = as_("admin"), f"/admin/quarantine/{world.refused}"
    browser.post(f"{address}/dismiss", data={"why": " "})
    assert "请写明理由" in browser.get(address).text
    browser.post(f"{address}/dismiss", data={"why": "测试数据"})
    page = browser.get(address).text
    assert "已忽略" in page and "测试数据" in page and "<textarea" not in page
    assert browser.post("/admin/quarantine/99999/dismiss", data={"why": "x"}).status_code == 404
