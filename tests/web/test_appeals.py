"""Appeals over HTTP: what each person sees of them, and what a form refuses."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.datastructures import FileStorage

from lms_tracker.core.study.review import APPEAL_FILES, ReviewPolicy, clock_of
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.settling import unsettled_among
from lms_tracker.web.review_words import unless_decided
from tests.web.conftest import LogIn
from tests.web.people import NOW, ZONE, World, add
from tests.web.reviewing import DAY, appeal, case_of, decide, form, have_rejected, hold, send


def test_an_appeal_that_changed_since_it_was_seen_is_not_decided(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    address, second = appeal(as_("p1.li"), world, "gap"), as_("p1.head2")
    stale = second.get(address).text
    as_("p1.wang").post(f"{address}/statement", data={"words": "那天确实停电"})
    answer = decide(second, address, stale, what="decline", words="没有凭据")
    assert answer.status_code == 400 and "有人补充了说明" in answer.text
    assert "那天确实停电" in answer.text and "没有凭据" in answer.text
    assert second.post(f"{address}/decision", data={"words": "x", "what": "decline"}).status_code == 400
    assert decide(second, address, answer.text, what="uphold").status_code == 303
    again = decide(as_("p1.liaison"), address, stale, what="decline", words="我看不像")
    assert again.status_code == 400 and "已有人处理过" in again.text and "我看不像" in again.text


def test_words_that_show_nothing_are_no_words(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li, nothing = as_("p1.li"), "\u200b \u2060\n\ufeff\x07"
    answer = send(li, form(world, "gap", words=nothing))
    assert answer.status_code == 400 and "请写明理由" in answer.text
    address = appeal(li, world, "gap")
    assert as_("p1.wang").post(f"{address}/statement", data={"words": nothing}).status_code == 400
    assert decide(as_("p1.liaison"), address, what="decline", words=nothing).status_code == 400


def test_what_is_handed_in_is_bounded_and_given_out_as_a_download(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li = as_("p1.li")

    def files(*contents: bytes) -> dict[str, Any]:
        return {"files": [FileStorage(io.BytesIO(content), "../<img src=x>.html") for content in contents]}

    for wrong in (
        files(b"MZ\x00"),
        files(*[b"%PDF-"] * (APPEAL_FILES.files + 1)),
        files(b"%PDF-" + b"0" * APPEAL_FILES.file_bytes),
    ):
        answer = send(li, form(world, "held", **wrong))
        assert answer.status_code == 400 and "没有保存" in answer.text and "我在记笔记" in answer.text
    huge = files(b"0" * (APPEAL_FILES.files + 1) * APPEAL_FILES.file_bytes)
    answer = send(li, form(world, "held", **huge))
    assert answer.status_code == 413 and "最多 6.2 MB" in answer.text and "后退" in answer.text
    address = appeal(li, world, "held", **files(b"<script>x</script>"))
    with reading(db) as tx:
        row = tx.execute(select(t.appeal_file).order_by(t.appeal_file.c.id.desc())).first()
    assert row is not None and (row.name, row.kind) == ("img src=x.txt", "txt")
    for login, status in (
        ("p1.li", 200), ("p1.head_teacher", 200), ("p1.staff", 200), ("p1.wang", 404), ("p1.zhao", 404), ("p2.staff", 404),
    ):  # fmt: skip
        with as_(login).get(f"{address}/files/{row.id}") as answer:
            assert answer.status_code == status, login
            if status == 200:
                assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
                assert answer.headers["Content-Disposition"].startswith("attachment")
                assert "sandbox" in answer.headers["Content-Security-Policy"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert li.get(f"{address}/files/{world.appeal_file}").status_code == 404, "of another appeal"


def test_words_are_never_markup(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    address = appeal(as_("p1.li"), world, "gap", words="<b>停电</b>")
    page = as_("p1.liaison").get(address).text
    assert "&lt;b&gt;停电" in page and "<b>停电" not in page


def test_an_appeal_can_be_filed_once_for_each_reason(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li = as_("p1.li")
    for about in ("gap", "held"):
        appeal(li, world, about)
        again = li.post("/appeals/new", data=form(world, about))
        assert again.status_code == 400 and "已经申诉过" in again.text
    page = li.get("/appeals").text
    assert page.count("处理中") == 2
    study_page = li.get("/study").text
    assert "/appeals/new?" not in study_page
    assert as_("p1.wang").post("/appeals/new", data=form(world, "gap")).status_code == 400, "not one's own"


def test_the_seconds_that_an_appeal_is_about_stay_on_its_page_once_they_are_rejected(
    db: Engine, world: World, as_: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, li = hold(db, world, "p1.li"), as_("p1.li")
    address = appeal(li, world, "held")
    assert "有 15 分 疑似自动操作" in li.get(address).text
    monkeypatch.setattr("lms_tracker.web.review.settle_now", lambda *_: None)  # the entry rests on no statement
    decide(as_("p1.head_teacher"), case_of(world), hold=number, what="reject")
    have_rejected(db)
    assert "有 15 分 先被暂存待核，经人工核实不计入" in li.get(address).text


def test_who_appeals_too_late_reads_by_when_it_was_and_whom_to_ask(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li, target = as_("p1.li"), form(world, "gap")
    assert "about=gap" in li.get("/study").text
    with writing(db) as tx:
        tx.execute(t.ledger.update().values(posted_at=NOW - timedelta(days=15)))
        head = tx.scalar(select(t.account.c.name).where(t.account.c.id == world.account["p1.head_teacher"]))
    last = (NOW - timedelta(days=1)).astimezone(ZONE).date()
    for answer in (li.get("/appeals/new", query_string=target), send(li, target), send(li, target | {"words": " "})):
        assert f"申诉期限到{last.month}月{last.day}日" in answer.text and "现在已过" in answer.text
        assert str(head) in answer.text
    assert "我在记笔记" in send(li, target).text, "the words are given back"
    page = li.get("/study").text
    assert "about=gap" not in page and "about=held" in page, "held time may be appealed as long as it is held"
    li.post("/language", data={"locale": "en"})
    said = li.get("/appeals/new", query_string=target).text
    assert f"by {last:%a} {last.day} {last:%b}" in said and "is over" in said and f"head teacher, {head}" in said


def test_of_two_rejections_in_a_session_the_one_that_can_still_be_appealed_is_offered(
    db: Engine, world: World, as_: LogIn
) -> None:
    number, li = hold(db, world, "p1.li"), as_("p1.li")
    with writing(db) as tx:
        row = dict(tx.execute(select(t.decision).where(t.decision.c.id == number)).mappings().one())
        del row["id"]
        other = add(tx, t.decision, **row | {"start_us": row["end_us"] - 60_000_000})
        for hold_id, days in ((number, 20), (other, 1)):
            answer = {"kind": "reject", "replaces": hold_id, "decided_at": NOW - timedelta(days=days), "words": "x"}
            add(tx, t.decision, **row | answer)
    have_rejected(db)
    assert "about=rejected" in li.get("/study").text
    assert "提交申诉" in li.get("/appeals/new", query_string=form(world, "rejected")).text
    with writing(db) as tx:
        tx.execute(
            t.decision.update().where(t.decision.c.replaces == other).values(decided_at=NOW - timedelta(days=20))
        )
    page = li.get("/study").text
    assert "about=rejected" not in page and "期限" in page and "已过" in page
    assert "现在已过" in li.get("/appeals/new", query_string=form(world, "rejected")).text


def test_addresses_that_mean_nothing_are_answered(world: World, as_: LogIn) -> None:
    li = as_("p1.li")
    target = form(world, "gap")
    for wrong in ({"date": "x"}, {"date": ""}, {"session": "\0"}, {"activity": "x" * 3000}):
        assert li.get("/appeals/new", query_string=target | wrong).status_code == 404, wrong
    for wrong in ({"about": "nonsense"}, {"about": "credited"}, {"session": "y"}):
        page = li.get("/appeals/new", query_string=target | wrong)
        assert page.status_code == 200 and "没有需要申诉的内容" in page.text


def test_a_first_reviewer_is_not_the_second_and_the_second_ends_it(db: Engine, world: World, as_: LogIn) -> None:
    number, head = hold(db, world, "p1.li"), as_("p1.head_teacher")
    address = appeal(as_("p1.li"), world, "held")
    assert "等待初核" in head.get("/review").text
    assert "还没有初核" in decide(head, address, what="uphold").text
    decide(head, case_of(world), hold=number, what="reject")
    said = decide(head, address, what="decline")
    assert said.status_code == 400 and "不能再做复核人" in said.text
    liaison = as_("p1.liaison")
    assert decide(liaison, address, what="uphold", words="属实").status_code == 303
    assert "申诉成立" in as_("p1.li").get(address).text
    assert decide(liaison, address, what="decline").status_code == 400


def test_the_ledger_is_brought_up_to_date_before_the_page_that_tells_of_a_decision(
    db: Engine, world: World, as_: LogIn
) -> None:
    number, li = hold(db, world, "p1.li"), world.learner["p1.li"]
    address = appeal(as_("p1.li"), world, "held")
    for login, where, chosen in (
        ("p1.head_teacher", case_of(world), {"hold": number, "what": "reject"}),
        ("p1.liaison", address, {"what": "uphold"}),
    ):
        assert decide(as_(login), where, **chosen).status_code == 303
        with reading(db) as tx:
            assert unsettled_among(tx, [li]) == set()
    assert "学习账正在按这项决定更新" not in as_("p1.liaison").get(address).text


def test_a_ledger_that_lags_behind_a_decision_is_said_to_and_contradicts_nothing(
    db: Engine, world: World, as_: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in ("review", "appeals"):
        monkeypatch.setattr(f"lms_tracker.web.{page}.settle_now", lambda *_: None)
    number, address = hold(db, world, "p1.li"), ""
    address = appeal(as_("p1.li"), world, "held")
    decide(as_("p1.head_teacher"), case_of(world), hold=number, what="reject")
    have_rejected(db)
    assert "经人工核实不计入，" not in (before := as_("p1.liaison").get(address).text) and "学习账正在" not in before
    assert decide(as_("p1.liaison"), address, what="uphold").status_code == 303
    after = as_("p1.liaison").get(address).text
    assert "学习账正在按这项决定更新" in after and "申诉成立" in after
    assert "先被暂存待核，经人工核实不计入" in before and "先被暂存待核，经人工核实不计入" not in after


def test_who_waits_for_the_first_review_reads_until_when_and_what_follows(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li = as_("p1.li")
    address = appeal(li, world, "held")
    appeal(li, world, "gap")
    page = li.get(address).text
    assert "初核期限：" in page and "24 时前 · 还有 7 天" in page
    assert "仍无人决定的，自动恢复计入，不会作废" in page
    listing = li.get("/appeals").text
    assert listing.count("初核：") == 1 == listing.count("复核：") and listing.count("还有 7 天") == 2
    queue = as_("p1.head_teacher").get("/review").text
    assert queue.count("还有 7 天") == 4, "the learner, an appeal before the first review, two before the second"
    li.post("/language", data={"locale": "en"})
    english = li.get(address).text
    assert "First review" in english and "by the end of" in english and "counts again by itself" in english


def test_where_the_policy_waits_nobody_reads_that_time_comes_back_by_itself(app: Flask) -> None:
    rules, since = ReviewPolicy(undecided="wait"), NOW
    with app.test_request_context():
        said = unless_decided(clock_of(since, rules, ZONE, NOW), rules, ZONE)
    assert "继续待核" in said and "自动恢复" not in said


def test_the_sentence_about_time_has_its_moments_and_statements_beneath(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    li = as_("p1.li")
    address = appeal(li, world, "gap")
    with reading(db) as tx:
        intervals = json.loads(tx.scalars(select(t.ledger.c.intervals).where(t.ledger.c.date == DAY)).one())
    names = next(i["statements"] for i in intervals if i["verdict"] == "gap")
    for page in (li.get(address).text, li.get("/study").text):
        beneath = page.split("没有收到任何信号", 1)[1].split("</details>", 1)[0]
        assert all(f"<code>{name}</code>" in beneath for name in names) and "10 分钟" in beneath
    proof = li.get("/study").text.split('class="proof"', 1)[1]
    assert "未计入：学习记录中断" in proof and "待核" in proof
