"""Reviews of held time over HTTP: what each person sees of them, and what a form refuses."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, UNIT, World, add, add_role
from tests.web.reviewing import DAY, SIGNAL, appeal, case_of, decide, hold, made


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
    db: Engine, world: World, as_: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_tracker.web.review.settle_now", lambda *_: None)  # the entries rest on no statement
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


def test_what_is_studied_in_another_programme_is_reviewed_there(db: Engine, world: World, as_: LogIn) -> None:
    elsewhere = f"{UNIT}/2"
    hold(db, world, "p1.li")
    with writing(db) as tx:
        row = {"programme_id": world.programme["p2"], "cohort_id": world.cohort["p2.one"]}
        tx.execute(insert(t.enrolment).values(row | {"learner_id": world.learner["p1.li"], "enrolled_on": DAY}))
        tx.execute(t.decision.update().where(t.decision.c.session != "s-held").values(activity=elsewhere))
    assert "李明" not in as_("p1.head_teacher").get("/review").text
    assert "李明" in as_("p2.head_teacher").get("/review").text
