"""Reviews and appeals over HTTP: what each person sees of them, and what a form refuses."""

import io
import json
import re
from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from lms_tracker.core.study.review import APPEAL_FILES
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.deeds import study
from tests.web.people import NOW, UNIT, ZONE, World, add, add_role

DAY = date(2026, 3, 18)
SIGNAL = "操作间隔几乎相同"


def hold(db: Engine, world: World, login: str, hour: int = 19, day: date = DAY) -> int:
    """Fifteen minutes of one evening are held, and posted so."""
    learner = world.learner[login]
    with writing(db) as tx:
        study(tx, learner, day, credited=0, held=15, gap=10, hour=hour)
        entry = tx.execute(
            select(t.ledger.c.session, t.ledger.c.intervals).where(
                t.ledger.c.session == f"s-{learner}-{day}-{hour}", t.ledger.c.held_us > 0
            )
        ).one()
        held = next(i for i in json.loads(entry.intervals) if i["verdict"] == "held")
        return add(
            tx, t.decision, learner_id=learner, activity=UNIT, session=entry.session, registration="",
            start_us=held["start_us"], end_us=held["end_us"], kind="hold", reason="automation", model="m@0",
            signals=json.dumps([{"key": "cadence", "zh": SIGNAL, "en": "equal intervals", "weight": 1}]), decided_at=NOW,
        )  # fmt: skip


def form(world: World, about: str, login: str = "p1.li", **more: Any) -> dict[str, Any]:
    session = f"s-{world.learner[login]}-{DAY}-19"
    target = {"activity": UNIT, "session": session, "registration": "", "date": DAY.isoformat(), "about": about}
    return target | {"words": "我在记笔记"} | more


def send(browser: FlaskClient, data: dict[str, Any]) -> TestResponse:
    """As a browser does. In memory: of a large form the test client leaves a file open."""
    boundary, body = encode_multipart(MultiDict(data))
    return browser.post("/appeals/new", data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def appeal(browser: FlaskClient, world: World, about: str, **more: Any) -> str:
    answer = send(browser, form(world, about, **more))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def case_of(world: World, login: str = "p1.li") -> str:
    return f"/review/{world.cohort['p1.one']}/{world.learner[login]}"


def seen(page: str) -> list[str]:
    """What a page's form says that its reader has seen."""
    return re.findall(r'name="seen" value="([\d-]+)"', page)


def decide(browser: FlaskClient, address: str, shown: str | None = None, /, **data: Any) -> TestResponse:
    """As a browser does whose page is `shown`; by default it has just been opened."""
    shown = browser.get(address).text if shown is None else shown
    where = f"{address}/decision" if address.startswith("/appeals/") else address
    return browser.post(where, data={"seen": seen(shown), "words": "看过"} | data)


def have_rejected(db: Engine) -> None:
    """What was held on that day is posted as rejected."""
    with writing(db) as tx:
        ledger = tx.execute(select(t.ledger).where(t.ledger.c.held_us > 0, t.ledger.c.date == DAY)).one()
        values = {
            "held_us": 0,
            "intervals": ledger.intervals.replace('"held"', '"rejected"'),
            "discounted": json.dumps({"rejected": ledger.held_us, **json.loads(ledger.discounted)}),
        }
        tx.execute(t.ledger.update().where(t.ledger.c.id == ledger.id).values(values))


def made(db: Engine, *holds: int) -> list[str]:
    """What was decided about these holds."""
    with reading(db) as tx:
        return list(tx.scalars(select(t.decision.c.kind).where(t.decision.c.replaces.in_(holds))))


def test_held_time_is_shown_with_its_reasons_to_the_learner_and_to_who_decides(
    db: Engine, world: World, as_: LogIn
) -> None:
    hold(db, world, "p1.li")
    page = as_("p1.li").get("/study").text
    assert SIGNAL in page and "/appeals/new?" in page
    head = as_("p1.head_teacher")
    assert "李明" in head.get("/review").text and SIGNAL in head.get(case_of(world)).text
    address = f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}"
    assert SIGNAL in head.get(address).text
    monitor = as_("p1.wang")
    assert SIGNAL not in monitor.get(address).text, "a class-mate reads no suspicion"
    assert "李明" not in monitor.get("/review").text
    for outsider in ("p1.head2", "p2.head_teacher", "p2.liaison"):
        assert "李明" not in as_(outsider).get("/review").text
        assert as_(outsider).get(case_of(world)).status_code == 404


def test_what_an_entry_was_before_is_told_with_who_when_and_why(db: Engine, world: World, as_: LogIn) -> None:
    hold(db, world, "p1.li")
    causes = (
        "hold 7: cadence, answers",
        f"released by account {world.account['p1.head_teacher']}, decision 8: 已问过; 是本人",
        "rejected by somebody, decision 9: 说不清",
        "released by decision 10: nobody decided in time",
        "policy p1@0123456789ab from 2026-03-01; granted (gap) by account 999, decision 11: 停电",
        "identities joined: 同一人",
        None,
        "newer evidence",
    )
    with writing(db) as tx:
        head = tx.scalar(select(t.account.c.name).where(t.account.c.id == world.account["p1.head_teacher"]))
        now_is = tx.execute(select(t.ledger).where(t.ledger.c.held_us > 0)).one()._asdict()
        for n, cause in enumerate(causes):
            was = now_is | {"id": None, "held_us": 0, "credited_us": (n + 1) * 60_000_000, "cause": cause}
            was["posted_at"], was["reversed_at"] = NOW, NOW.replace(year=2026, month=3, day=19, hour=1, minute=n)
            tx.execute(insert(t.ledger).values({key: value for key, value in was.items() if key != "id"}))
    told = as_("p1.li").get("/study").text
    address = f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}"
    assert "更正记录" in told and "冲销原记录（计入 2 分钟，待核 0 分钟）" in told and "3月19日 09:01" in told
    for why in (
        "系统认为疑似自动操作，暂存待核", f"{head}决定恢复计入：已问过; 是本人", "复核人决定不计入：说不清", "期限内无人决定，按规则处理",
        "自 2026年3月1日起改用新的计分规则重新计算（p1@0123456789ab）；复核人决定改为计入：停电", "账号合并：同一人", "原因已随个人信息删除",
    ):  # fmt: skip
        assert why in told, why
    assert "新的学习记录" not in told, "while somebody studies it grows every minute"
    assert "已问过; 是本人" in as_("p1.head_teacher").get(address).text
    assert "更正记录" not in as_("p1.wang").get(address).text, "a class-mate is not told"
    assert as_("p2.head_teacher").get(address).status_code == 404


def test_the_navigation_says_how_much_waits_for_whoever_may_decide(db: Engine, world: World, as_: LogIn) -> None:
    def waiting(login: str) -> int:
        found = re.search(r'class="count"[^>]*>(\d+)<', as_(login).get("/", follow_redirects=True).text)
        return int(found[1]) if found else 0

    people = ("p1.head_teacher", "p1.wang", "p1.head2", "p2.head_teacher", "p1.li")
    before = {who: waiting(who) for who in people}

    def more() -> list[int]:
        return [waiting(who) - before[who] for who in people]

    number = hold(db, world, "p1.li")
    hold(db, world, "p1.wang")  # the monitor's own
    assert more() == [2, 0, 0, 0, 0]
    appeal(as_("p1.li"), world, "held")
    assert more() == [3, 1, 1, 0, 0], "another head teacher of the programme is the second reviewer"
    decide(as_("p1.head_teacher"), case_of(world), hold=number, what="release")
    assert more() == [1, 0, 0, 0, 0], "what was released needs no second reviewer"


def test_a_head_teacher_who_studies_in_the_class_never_sees_the_own_case(db: Engine, world: World, as_: LogIn) -> None:
    with writing(db) as tx:
        add_role(tx, world, "p1.li", "head_teacher", cohort_id=world.cohort["p1.one"])
    number = hold(db, world, "p1.li")
    li = as_("p1.li")
    assert case_of(world) not in li.get("/review").text
    assert li.get(case_of(world)).status_code == 404
    data = {"hold": number, "words": "x", "what": "release"}
    assert li.post(case_of(world), data=data).status_code == 404
    address = appeal(li, world, "held")
    assert li.post(f"{address}/decision", data={"words": "x", "what": "uphold"}).status_code == 404
    assert li.post(f"{address}/statement", data={"words": "x"}).status_code == 404
    assert li.get(address).status_code == 200


def test_a_decision_needs_a_reason_and_something_chosen(db: Engine, world: World, as_: LogIn) -> None:
    number, head = hold(db, world, "p1.li"), as_("p1.head_teacher")
    for wrong in (
        {"words": "  "},
        {"words": "\u200b\u2060\ufeff"},
        {"hold": "999"},
        {"hold": []},
        {"words": "字" * 2001},
        {"what": "both"},
    ):
        answer = decide(head, case_of(world), **{"hold": number, "what": "reject"} | wrong)
        assert answer.status_code == 400, wrong
    assert made(db, number) == []
    shown = head.get(case_of(world)).text
    assert decide(head, case_of(world), shown, hold=number, what="reject").status_code == 303
    assert decide(head, case_of(world), shown, hold=number, what="reject").status_code == 400, "only once"
    assert made(db, number) == ["reject"]


def test_a_case_that_changed_since_it_was_seen_is_shown_anew_and_nothing_is_decided(
    db: Engine, world: World, as_: LogIn
) -> None:
    first, second = hold(db, world, "p1.li"), hold(db, world, "p1.li", hour=21)
    head, liaison = as_("p1.head_teacher"), as_("p1.liaison")
    stale = head.get(case_of(world)).text
    assert decide(liaison, case_of(world), hold=first, what="release").status_code == 303
    third = hold(db, world, "p1.li", hour=23)
    appeal(as_("p1.li"), world, "held", session=f"s-{world.learner['p1.li']}-{DAY}-21")
    answer = decide(head, case_of(world), stale, hold=[first, second], what="reject", words="间隔过于规律")
    assert answer.status_code == 400
    with reading(db) as tx:
        who = tx.scalar(select(t.account.c.name).where(t.account.c.id == world.account["p1.liaison"]))
    for told in (f"1 段已由{who}决定恢复计入", "新增 1 段", "学员对 1 段提出了申诉", "没有保存"):
        assert told in answer.text, told
    assert "间隔过于规律" in answer.text, "the words stay"
    assert answer.text.count("刚有变化") == 2, "the part that is new, and the part with an appeal"
    assert made(db, second, third) == []
    assert decide(head, case_of(world), answer.text, hold=second, what="reject").status_code == 303, "seen now"
    assert made(db, second, third) == ["reject"]


def test_a_form_that_shows_nothing_or_another_amount_decides_nothing(db: Engine, world: World, as_: LogIn) -> None:
    number, head = hold(db, world, "p1.li"), as_("p1.head_teacher")
    stale = head.get(case_of(world)).text
    for said in ([], ["x"], ["9" * 18 + "-0-0"], [f"{number}-1-0"], [f"{number}"]):
        answer = head.post(case_of(world), data={"hold": number, "words": "x", "what": "reject", "seen": said})
        assert answer.status_code == 400 and "没有保存" in answer.text, said
    with writing(db) as tx:
        half = t.decision.update().where(t.decision.c.id == number)
        tx.execute(half.values(end_us=t.decision.c.end_us - 300_000_000))
    assert "1 段的待核时长不同了" in decide(head, case_of(world), stale, hold=number, what="reject").text
    assert made(db, number) == []


def test_words_about_a_case_that_is_no_more_are_given_back(db: Engine, world: World, as_: LogIn) -> None:
    number, head = hold(db, world, "p1.li"), as_("p1.head_teacher")
    stale = head.get(case_of(world)).text
    decide(as_("p1.liaison"), case_of(world), hold=number, what="reject")
    answer = decide(head, case_of(world), stale, hold=number, what="release", words="是本人")
    assert answer.status_code == 400 and "决定不计入" in answer.text and "是本人" in answer.text
    english = as_("p1.head_teacher")
    english.post("/language", data={"locale": "en"})
    answer = decide(english, case_of(world), stale, hold=number, what="release", words="x")
    assert "1 part: " in answer.text and "Nothing was saved" in answer.text


def test_a_case_of_many_days_says_which_pictures_are_missing_and_leads_to_them(
    db: Engine, world: World, as_: LogIn
) -> None:
    days = [DAY - timedelta(days=n) for n in range(9)]
    head = as_("p1.head_teacher")
    for day in days[:7]:
        hold(db, world, "p1.li", hour=21, day=day)
    assert "仅显示" not in head.get(case_of(world)).text
    for day in days[7:]:
        hold(db, world, "p1.li", hour=21, day=day)
    page = head.get(case_of(world)).text
    assert page.count('<figure class="strip">') == 7
    assert "仅显示最近 7 天的时间条，共 9 天" in page
    found = re.findall(r'href="(/cohorts/\d+/learners/\d+\?day=[\d-]+)#', page)
    assert [address[-10:] for address in found] == [day.isoformat() for day in days[7:]]
    for address in found:
        assert head.get(address).text.count('<figure class="strip">') == 1


def test_what_lapsed_and_what_is_another_programmes_now_is_told(db: Engine, world: World, as_: LogIn) -> None:
    lapsed, gone, left = (hold(db, world, "p1.li", hour=hour) for hour in (19, 21, 23))
    head = as_("p1.head_teacher")
    stale = head.get(case_of(world)).text
    with writing(db) as tx:
        row = dict(tx.execute(select(t.decision).where(t.decision.c.id == lapsed)).mappings().one())
        del row["id"]
        add(tx, t.decision, **row | {"kind": "release", "reason": "lapsed", "replaces": lapsed})
        tx.execute(t.decision.update().where(t.decision.c.id == gone).values(activity=f"{UNIT}/2"))
    answer = decide(head, case_of(world), stale, hold=[lapsed, gone, left], what="reject")
    assert answer.status_code == 400
    assert "1 段无人按时决定，已按规则恢复计入" in answer.text and "1 段已不归本班复核" in answer.text
    assert made(db, gone, left) == []


def test_one_of_something_is_said_so_in_english(db: Engine, world: World, as_: LogIn) -> None:
    number, head = hold(db, world, "p1.li"), as_("p1.head_teacher")
    with writing(db) as tx:
        tx.execute(t.decision.update().where(t.decision.c.id == number).values(decided_at=NOW - timedelta(days=6)))
    head.post("/language", data={"locale": "en"})
    page = head.get("/review").text
    assert "1 person" in page and "1 day left" in page
    with writing(db) as tx:
        tx.execute(t.decision.update().where(t.decision.c.id == number).values(decided_at=NOW - timedelta(days=5)))
    assert "2 days left" in head.get(case_of(world)).text


def test_another_learners_decisions_are_not_told_of(db: Engine, world: World, as_: LogIn) -> None:
    other, head = hold(db, world, "p1.zhao"), as_("p1.head_teacher")
    hold(db, world, "p1.li")
    with writing(db) as tx:
        row = dict(tx.execute(select(t.decision).where(t.decision.c.id == other)).mappings().one())
        row |= {"id": None, "kind": "reject", "replaces": other, "decided_by": world.account["p1.head2"]}
        tx.execute(insert(t.decision).values({key: value for key, value in row.items() if key != "id"}))
    answer = head.post(case_of(world), data={"words": "x", "what": "reject", "seen": f"{other}-0-0"})
    assert answer.status_code == 400 and "决定不计入" not in answer.text


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
    assert answer.status_code == 413
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
    db: Engine, world: World, as_: LogIn
) -> None:
    number, li = hold(db, world, "p1.li"), as_("p1.li")
    address = appeal(li, world, "held")
    assert "有 15 分 疑似自动操作" in li.get(address).text
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


def test_what_is_studied_in_another_programme_is_reviewed_there(db: Engine, world: World, as_: LogIn) -> None:
    elsewhere = f"{UNIT}/2"
    hold(db, world, "p1.li")
    with writing(db) as tx:
        row = {"programme_id": world.programme["p2"], "cohort_id": world.cohort["p2.one"]}
        tx.execute(insert(t.enrolment).values(row | {"learner_id": world.learner["p1.li"], "enrolled_on": DAY}))
        tx.execute(t.decision.update().where(t.decision.c.session != "s-held").values(activity=elsewhere))
    assert "李明" not in as_("p1.head_teacher").get("/review").text
    assert "李明" in as_("p2.head_teacher").get("/review").text
