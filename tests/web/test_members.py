"""Learners of a programme: who sees whom, moving them on a page, and contact notes."""

import pytest
from sqlalchemy import Engine, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import World

NAMES = ("李明", "王芳", "赵强")


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("staff", "李明 王芳 赵强"),
        ("liaison", "李明 王芳 赵强"),
        ("leading", "李明 王芳 赵强"),
        ("bureau", "李明 王芳 赵强"),  # the programme is run for it
        ("head_teacher", "李明 王芳"),
        ("head2", "赵强"),
        ("centre", "李明 王芳"),
        ("district", "李明 王芳"),
    ],
)
def test_each_sees_just_the_learners_within_the_role(who: str, sees: str, as_: LogIn, world: World) -> None:
    page = as_(f"p1.{who}").get(f"/programmes/{world.programme['p1']}/learners").text
    assert [name for name in NAMES if f">{name}</a>" in page] == sees.split()


def test_a_search_finds_by_name_school_and_login(as_: LogIn, world: World) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/learners?q="
    for text, found in (("李", "李明"), ("王芳所在", "王芳"), ("p1.zhao", "赵强")):
        page = staff.get(address + text).text
        assert [name for name in NAMES if f">{name}</a>" in page] == [found]
    assert "没有符合条件的学员" in staff.get(address + "%").text, "a sign of patterns is a sign like any other"


def test_a_move_is_noted_with_date_reason_and_who_and_the_learner_page_shows_it(
    db: Engine, as_: LogIn, world: World
) -> None:
    address = f"/programmes/{world.programme['p1']}/learners/{world.learner['p1.li']}"
    data = {"cohort": str(world.cohort["p1.two"]), "on": "2026-04-01", "reason": "工作调动"}
    assert as_("p1.staff").post(f"{address}/move", data=data).status_code == 303
    page = as_("p1.staff").get(address).text
    assert "工作调动" in page and "东湖区staff" in page and "东湖区two班" in page
    assert as_("p1.head_teacher").get(address).status_code == 404, "not in the class any more"
    assert as_("p1.head2").get(address).status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"on": "2026-04-06"}, "日期不能晚于今天"),
        ({"on": "nonsense"}, "日期不对"),
        ({"reason": ""}, "请写明原因"),
        ({"school": "没有的学校"}, "没有这所学校"),
        ({"cohort": "999"}, "请选择本项目的一个班级"),
    ],
)
def test_a_move_that_cannot_be_is_refused_in_words_and_what_was_typed_stays(
    db: Engine, as_: LogIn, world: World, change: dict[str, str], said: str
) -> None:
    address = f"/programmes/{world.programme['p1']}/learners/{world.learner['p1.li']}/move"
    data = {"cohort": str(world.cohort["p1.two"]), "on": "2026-04-01", "reason": "工作调动"} | change
    answer = as_("p1.staff").post(address, data=data)
    assert answer.status_code == 400 and said in answer.text
    if change.get("reason") != "":
        assert "工作调动" in answer.text
    with reading(db) as tx:
        assert tx.scalar(select(t.enrolment_event.c.id)) is None


def test_leaving_and_coming_back(as_: LogIn, world: World) -> None:
    address = f"/programmes/{world.programme['p1']}/learners/{world.learner['p1.li']}"
    staff = as_("p1.staff")
    staff.post(f"{address}/leave", data={"on": "2026-03-20", "reason": "病假"})
    assert "登记回来" in staff.get(address).text
    assert "李明" not in as_("p1.head_teacher").get(f"/cohorts/{world.cohort['p1.one']}").text
    staff.post(f"{address}/back", data={"on": "2026-04-02", "reason": "康复", "cohort": world.cohort["p1.one"]})
    assert "李明" in as_("p1.head_teacher").get(f"/cohorts/{world.cohort['p1.one']}").text


NOTE = {"way": "phone", "on": "2026-04-03", "reached": "1", "words": "家里有事，下周补上。", "again_on": "2026-04-05"}


def notes(world: World, who: str = "li") -> str:
    return f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner[f'p1.{who}']}/contacts"


def test_a_note_of_the_head_teacher_is_read_by_who_runs_it_and_its_words_not_by_the_monitor(
    as_: LogIn, world: World
) -> None:
    assert as_("p1.head_teacher").post(notes(world), data=NOTE).status_code == 303
    for who in ("head_teacher", "liaison", "staff", "centre", "leading"):
        assert NOTE["words"] in as_(f"p1.{who}").get(notes(world)).text, who
    monitor = as_("p1.wang").get(notes(world)).text
    assert NOTE["words"] not in monitor and "已联系上" in monitor
    log = f"/programmes/{world.programme['p1']}/contacts"
    assert NOTE["words"] in as_("p1.centre").get(log).text
    assert NOTE["words"] not in as_("p1.head2").get(log).text


def test_a_monitor_notes_calls_to_others_and_not_to_oneself(as_: LogIn, world: World) -> None:
    wang = as_("p1.wang")
    assert wang.post(notes(world), data=NOTE).status_code == 303
    assert NOTE["words"] in wang.get(notes(world)).text, "one's own words"
    assert wang.post(notes(world, "wang"), data=NOTE).status_code == 404
    assert as_("p1.li").get(notes(world)).status_code == 404


def test_whom_one_promised_to_call_again_stands_in_the_class_as_to_be_called(as_: LogIn, studied: World) -> None:
    head = as_("p1.head_teacher")
    head.post(notes(studied), data=NOTE)
    page = head.get(f"/cohorts/{studied.cohort['p1.one']}").text
    line = page.split(">李明</a>")[1].split("</tr>")[0]
    assert "约定今天或之前再联系" in line and "4/3 联系过" in line
    head.post(notes(studied), data=NOTE | {"on": "2026-04-05", "again_on": ""})
    page = head.get(f"/cohorts/{studied.cohort['p1.one']}").text
    assert "约定今天或之前再联系" not in page.split(">李明</a>")[1].split("</tr>")[0]


def test_a_note_is_taken_back_by_its_author_alone(db: Engine, as_: LogIn, world: World) -> None:
    head = as_("p1.head_teacher")
    head.post(notes(world), data=NOTE)
    with reading(db) as tx:
        note = tx.scalar(select(t.contact_note.c.id))
    assert as_("p1.staff").post(f"{notes(world)}/{note}/withdraw").status_code == 404
    assert head.post(f"{notes(world)}/{note}/withdraw").status_code == 303
    page = head.get(notes(world)).text
    assert NOTE["words"] not in page and "已由本人撤回" in page


@pytest.mark.parametrize(
    "change", [{"words": " "}, {"way": "telepathy"}, {"on": "2026-04-06"}, {"again_on": "2026-04-03"}, {"on": "x"}]
)
def test_a_note_that_cannot_be_is_refused(as_: LogIn, world: World, change: dict[str, str]) -> None:
    assert as_("p1.head_teacher").post(notes(world), data=NOTE | change).status_code == 400


def test_a_class_is_shown_as_it_was_at_the_end_of_a_day(as_: LogIn, studied: World) -> None:
    staff, one = as_("p1.staff"), f"/cohorts/{studied.cohort['p1.one']}"
    address = f"/programmes/{studied.programme['p1']}/learners/{studied.learner['p1.li']}/move"
    data = {"cohort": str(studied.cohort["p1.two"]), "on": "2026-04-03", "reason": "调班"}
    assert staff.post(address, data=data).status_code == 303
    assert "李明" not in staff.get(one).text
    assert "李明" in staff.get(f"{one}?as_of=2026-04-02").text, "what was known then: no word of the move"
    for text in ("2026-04-05", "2027-01-01", "nonsense", "2020-01-01"):
        assert "回到今天" not in staff.get(f"{one}?as_of={text}").text, text
