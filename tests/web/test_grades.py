"""How a grade came about, on pages: for the learner and who follows the class, for nobody else; results set by hand."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, update

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.overrides import overrides_until
from tests.web.conftest import LogIn
from tests.web.people import NOW, World, add


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def of_li(world: World, more: str = "") -> str:
    return f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}/grade{more}"


@pytest.fixture
def carded(db: Engine, studied: World) -> World:
    """The first programme gives points by the annual card: Li has attended five classes, failed and passed the exam."""
    with writing(db) as tx:
        tx.execute(
            update(t.programme).where(t.programme.c.id == studied.programme["p1"]).values(policy="p3-credit-card")
        )

        def did(kind: str, item: str, value: str | None = None, attempt: int = 1, level: str | None = None) -> None:
            new = Achieved(
                learner_id=studied.learner["p1.li"], kind=kind, item=item, happened_on=date(2026, 3, 20), attempt=attempt,
                value=Decimal(value) if value else None, level=level,
            )  # fmt: skip
            post_achievement(tx, studied.programme["p1"], new, recorded_by=None, now=NOW - timedelta(days=3))

        for n in range(5):
            did("attendance", f"周末课堂<{n}>")
        did("exam", "政治理论", "48")
        did("exam", "政治理论", "90", attempt=2)
        did("training", "省级骨干班", level="province")
    return studied


def test_the_learner_sees_where_each_point_comes_from_and_what_is_missing(as_: LogIn, studied: World) -> None:
    page = as_("p1.li").get("/study/grade").text
    said = words(page)
    assert "成绩怎么来的" in said and "占 40 分，60 学时得满分" in said and "还差" in said
    assert "人工更正一项结果" not in said, "nobody sets their own result"
    assert "/study/grade?programme=" in as_("p1.li").get("/study").text


def test_a_card_of_points_unfolds_too(as_: LogIn, carded: World) -> None:
    page = as_("p1.li").get("/study/grade").text
    said = words(page)
    assert "基本分 80.0 / 目标 80" in said and "总分 113.0" in said and "达标" in said
    assert "补考分数封顶" in said and "未达到及格线" in said and "周末课堂&lt;4&gt;" in said
    assert "各项要求都已达到" in said
    study = words(as_("p1.li").get("/study").text)
    assert "目前基本分 80.0 / 80" in study and "加分 33.0，总分 113.0" in study
    klass = words(as_("p1.head_teacher").get(f"/cohorts/{carded.cohort['p1.one']}").text)
    assert "80.0 / 80" in klass and "113.0" in klass
    programme = words(as_("p1.li").get(f"/programmes/{carded.programme['p1']}").text)
    assert "80.0 / 目标 80" in programme


def test_who_follows_the_class_sees_it_and_nobody_else_does(as_: LogIn, studied: World) -> None:
    for login in ("p1.head_teacher", "p1.liaison", "p1.staff"):
        for more in ("", ".json"):
            assert as_(login).get(of_li(studied, more)).status_code == 200, login
    for login in ("p1.wang", "p1.zhao", "p2.staff", "p2.head_teacher", "p1.bureau", "p1.expert"):
        for more in ("", ".json"):
            assert as_(login).get(of_li(studied, more)).status_code == 404, login


def test_the_same_is_to_be_had_as_json(as_: LogIn, carded: World) -> None:
    body = as_("p1.li").get("/study/grade.json").json
    assert (body["base"], body["final"], body["status"]) == (80.0, 113.0, "passed")
    base, bonus, _status = body["explained"]["children"]
    assert [sum(child["points"] for child in one["children"]) for one in (base, bonus)] == [80.0, 33.0]
    assert {way["part"] for way in body["ways"]} >= {"second_course", "publication"}


def test_a_past_day_shows_what_stood_then(as_: LogIn, carded: World) -> None:
    # All was recorded three days ago, on April 2.
    page = as_("p1.li").get("/study/grade?as_of=2026-04-01").text
    assert "基本分 0.0 / 目标 80" in words(page) and "回到现在" in page
    assert as_("p1.li").get("/study/grade.json?as_of=2026-04-02").json["base"] == 80.0
    for wrong in ("gestern", "2026-13-01", "9999-12-31", "2026-04-02T00:00", "2020-01-01"):
        assert as_("p1.li").get(f"/study/grade?as_of={wrong}").status_code == 200, wrong


def test_a_year_is_shown_to_who_came_in_the_middle_of_it(as_: LogIn, carded: World) -> None:
    # The programme began in March, as did Li: the year 2026 did in January.
    assert "基本分 80.0 / 目标 80" in words(as_("p1.li").get("/study/grade?year=2026").text)
    assert as_("p1.li").get("/study/grade.json?year=2026").json["base"] == 80.0
    standing = words(as_("p1.staff").get(f"/programmes/{carded.programme['p1']}/standing?year=2026").text)
    assert "李明" in standing and "113.0" in standing
    for login in ("p1.wang", "p2.staff"):
        assert as_(login).get(f"/programmes/{carded.programme['p1']}/standing?year=2026").status_code == 404


def test_totals_and_standing_are_shown_as_of_any_day(as_: LogIn, carded: World) -> None:
    address = f"/programmes/{carded.programme['p1']}/standing"
    staff = as_("p1.staff")
    page = words(staff.get(address).text)
    assert "113.0" in page and "回到现在" not in page
    page = words(staff.get(f"{address}?as_of=2026-04-01").text)
    assert "113.0" not in page and "回到现在" in page and "李明" in page, "all was recorded on April 2"
    assert "113.0" in words(staff.get(f"{address}?as_of=2026-04-02").text)
    for wrong in ("gestern", "2020-01-01", "9999-12-31", "2026-04-02T00:00"):
        assert staff.get(f"{address}?as_of={wrong}").status_code == 200, wrong
    for login in ("p1.li", "p1.head_teacher", "p2.staff"):
        assert as_(login).get(f"{address}?as_of=2026-04-02").status_code == 404, login


def set_to(as_: LogIn, login: str, world: World, **form: str) -> tuple[int, str]:
    answer = as_(login).post(of_li(world, "/set"), data=form)
    return answer.status_code, words(answer.text)


def test_staff_set_a_result_with_a_reason_and_it_stands_in_the_tree(as_: LogIn, db: Engine, studied: World) -> None:
    before = as_("p1.staff").get(of_li(studied, ".json")).json["final"]
    status, _ = set_to(as_, "p1.staff", studied, part="research", after="29.5", reason="在他校已<通过>")
    assert status == 303
    page = as_("p1.li").get("/study/grade").text
    assert "在他校已&lt;通过&gt;" in page and "东湖区staff" in page and "→ 29.5" in words(page)
    after = as_("p1.staff").get(of_li(studied, ".json")).json["final"]
    assert after > before
    with reading(db) as tx:
        row = list(overrides_until(tx, studied.programme["p1"], NOW))[-1]
    withdraw = of_li(studied, f"/set/{row.id}/withdraw")
    assert as_("p1.staff").post(withdraw, data={"reason": ""}).status_code == 400
    assert as_("p2.staff").post(withdraw, data={"reason": "x"}).status_code == 404
    assert as_("p1.liaison").post(withdraw, data={"reason": "弄错了人"}).status_code == 303
    assert as_("p1.staff").get(of_li(studied, ".json")).json["final"] == before
    assert "失效：弄错了人" in words(as_("p1.li").get("/study/grade").text)


def test_what_cannot_be_set_is_refused_with_the_reason_and_what_was_typed(as_: LogIn, studied: World) -> None:
    for form, message in (
        ({"part": "research", "after": "31", "reason": "x"}, "分数不能超出这一项的范围"),
        ({"part": "research", "after": "zwanzig", "reason": "x"}, "分数不能超出这一项的范围"),
        ({"part": "research", "after": "20", "reason": " "}, "请写明理由"),
        ({"part": "thesis", "after": "20", "reason": "x"}, "没有这一项"),
        ({"part": "status", "status": "in_progress", "reason": "x"}, "与现在的结果相同"),
        ({"part": "status", "status": "great", "reason": "x"}, "更正后的结果不对"),
    ):
        status, said = set_to(as_, "p1.staff", studied, **form)
        assert (status, message in said) == (400, True), form
    for login in ("p1.head_teacher", "p1.wang", "p1.li", "p2.staff"):
        assert set_to(as_, login, studied, part="research", after="20", reason="x")[0] == 404, login


def test_everybody_among_the_others_is_for_who_runs_the_programme(as_: LogIn, carded: World) -> None:
    address = f"/programmes/{carded.programme['p1']}/standing"
    said = words(as_("p1.staff").get(address).text)
    assert "学习标兵 1 人" in said and "113.0" in said and "还差 80 分（基本分）" in said
    for login in ("p1.li", "p1.head_teacher", "p2.staff"):
        assert as_(login).get(address).status_code == 404, login
    assert as_("p1.staff").get(f"{address}?year=2026").status_code == 200
    assert as_("p1.staff").get(f"{address}?year=abc").status_code == 200


def test_pages_speak_english(as_: LogIn, carded: World) -> None:
    client = as_("p1.li")
    client.post("/language", data={"locale": "en", "next": "/study/grade"})
    said = words(client.get("/study/grade").text)
    assert "How the grade came about" in said and "a resit earns no more" in said and "target reached" in said


def test_hundreds_are_shown_in_pages_that_keep_the_filters_and_all_of_them_are_printed(
    db: Engine, as_: LogIn, carded: World
) -> None:
    programme, cohort = carded.programme["p1"], carded.cohort["p1.two"]
    with writing(db) as tx:
        for n in range(250):
            learner = add(tx, t.learner, name=f"学员{n:03}", actor="{}", created_at=NOW)
            where = {"programme_id": programme, "cohort_id": cohort, "enrolled_on": date(2026, 3, 1)}
            add(tx, t.enrolment, learner_id=learner, **where)
    staff, address = as_("p1.staff"), f"/programmes/{programme}/standing"
    first = staff.get(address).text
    assert "253 人" in first and first.count('<tr class="beyond">') == 153, "there, for the printer"
    assert "第 1 页，共 3 页" in first and first.index("李明") < first.index("学员000")
    filtered = staff.get(f"{address}?cohort={cohort}&q=学员&state=in_progress&page=2&year=2026").text
    assert "250 人，共 253 人" in filtered and "第 2 页，共 3 页" in filtered
    following = re.search(r'href="([^"]+)">下一页', filtered)
    assert following and all(
        part in following[1] for part in (f"cohort={cohort}", "state=in_progress", "page=3", "year=2026", "q=")
    )
    assert "没有符合条件的学员" in staff.get(f"{address}?q=谁也不是").text
    for odd in ("?page=99", "?page=-1", "?page=x", "?state=x", "?cohort=999999"):
        assert staff.get(address + odd).status_code == 200, odd


def test_a_total_set_by_hand_does_not_reach_the_target_of_base_points(as_: LogIn, db: Engine, carded: World) -> None:
    # Training and a resit leave 80 base points; without two of the classes the base is 30 of 80.
    staff = as_("p1.staff")
    staff.post(of_li(carded, "/set"), data={"part": "weekend", "after": "0", "reason": "签到有误"})
    staff.post(of_li(carded, "/set"), data={"part": "final", "after": "150", "reason": "按原件更正总分"})
    said = words(staff.get(of_li(carded)).text)
    assert "基本分 30.0 / 目标 80" in said and "总分 150.0" in said
    assert "各项要求都已达到" not in said and "基本分：还差 50 分" in said and "进行中" in said


def test_a_past_day_keeps_its_year_everywhere_and_says_that_it_is_past(as_: LogIn, carded: World) -> None:
    staff = as_("p1.staff")
    page = staff.get(of_li(carded, "?year=2026&as_of=2026-03-30")).text
    assert "这是 2026年3月30日 23:59 的样子" in words(page)
    assert '<input type="hidden" name="year" value="2026">' in page
    json = re.search(r'href="([^"]*grade\.json[^"]*)"', page)
    assert json and "year=2026" in json[1] and "as_of=2026-03-30" in json[1]
    staff.post(of_li(carded, "/set"), data={"part": "exam", "after": "40", "reason": "更正"})
    assert "人工更正的记录" not in words(staff.get(of_li(carded, "?as_of=2026-03-30")).text), "it had not been set then"
