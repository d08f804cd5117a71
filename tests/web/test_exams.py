"""Exams, the panel, notes and books over HTTP: what each reads and may not read."""

import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World, add, add_account, add_role


def test_a_learner_reads_their_own_result_and_nobody_elses(world: World, as_: LogIn) -> None:
    address = f"/programmes/{world.programme['p1']}/my-exams"
    assert "84" in as_("p1.li").get(address).text
    assert "没有成绩" in as_("p1.wang").get(address).text and "84" not in as_("p1.wang").get(address).text
    assert as_("p2.li").get(address).status_code == 404


def test_a_resit_is_shown_to_who_did_not_pass_and_says_when_it_is_still_to_come(
    db: Engine, world: World, as_: LogIn
) -> None:
    with writing(db) as tx:
        first = tx.execute(select(t.exam).where(t.exam.c.id == world.exam)).one()
        values = first._asdict() | {"title": "补考", "attempt": 2, "resit_of": world.exam}
        values.pop("id")
        resit = add(tx, t.exam, **values | {"held_on": NOW.date() + timedelta(days=20)})
        again = {"title": "再补考", "attempt": 3, "resit_of": resit, "held_on": NOW.date() + timedelta(days=40)}
        add(tx, t.exam, **values | again)
    address = f"/programmes/{world.programme['p1']}/my-exams"
    assert "补考" not in re.sub("补考的成绩按", "", as_("p1.li").get(address).text), "passed with 84"
    other = as_("p1.wang").get(address).text
    assert "再补考" in other and "还没有举行" in other


def test_results_are_previewed_and_the_preview_sent_back_is_kept(db: Engine, world: World, as_: LogIn) -> None:
    staff, address = as_("p1.staff"), f"/exams/{world.exam}/import"
    sheet = {"file": (io.BytesIO("姓名,成绩\n李明,84\n王芳,55\n".encode()), "成绩.csv")}
    preview = staff.post(address, data=sheet).text
    assert "2 人，1 人的成绩会变化" in preview
    found = re.search(r'name="table" value="([^"]*)"', preview)
    assert found
    answer = staff.post(address, data={"what": "keep", "table": found[1].replace("&#34;", '"')}, follow_redirects=True)
    assert "1 人的成绩有变化" in answer.text and "不合格" in answer.text
    wrong = {"file": (io.BytesIO("姓名,成绩\n李明,840\n".encode()), "成绩.csv")}
    refused = staff.post(address, data=wrong)
    said = re.sub(r"<[^>]+>", " ", refused.text)
    assert refused.status_code == 400 and "B2" in said and "840" in said and "应是 0 到 100 之间的数" in said


def test_a_correction_without_a_reason_is_refused_where_it_was_typed(world: World, as_: LogIn) -> None:
    li = world.learner["p1.li"]
    answer = as_("p1.staff").post(f"/exams/{world.exam}", data={"learner": li, "mark": "90", "status": "sat"})
    assert answer.status_code == 400 and "请写明理由" in answer.text


def test_a_note_is_for_staff_and_says_that_it_is_no_verdict(world: World, as_: LogIn) -> None:
    page = as_("p1.staff").get(f"/exams/{world.exam}").text
    assert "同一设备有多人使用" in page and "不是结论" in page
    assert "同一设备" not in as_("p1.li").get(f"/programmes/{world.programme['p1']}/my-exams").text


def test_the_expert_grades_and_the_author_reads_the_level_without_a_name(db: Engine, world: World, as_: LogIn) -> None:
    expert = as_("p1.expert")
    assert "乡村小学作业设计" in expert.get(f"/programmes/{world.programme['p1']}/panel").text
    refused = expert.post(f"/panel/{world.output}", data={"level": "A", "words": ""})
    assert refused.status_code == 400 and "请写明意见" in refused.text
    assert expert.post(f"/panel/{world.output}", data={"level": "A", "words": "选题很好"}).status_code == 303
    own = as_("p1.li").get(f"/declarations/{world.output}").text
    assert "A 级" in own and "选题很好" in own and "东湖区expert" not in own
    staff = as_("p1.staff").get(f"/declarations/{world.output}").text
    assert "东湖区expert" in staff


def test_who_is_not_seated_finds_no_such_work(db: Engine, world: World, as_: LogIn) -> None:
    with writing(db) as tx:
        add_account(tx, world, "p1.expert2", "另一位专家")
        add_role(tx, world, "p1.expert2", "expert", programme_id=world.programme["p1"])
    other = as_("p1.expert2")
    assert other.get(f"/panel/{world.output}").status_code == 404
    assert other.get(f"/panel/{world.output}/files/{world.output_file}").status_code == 404
    seat = {"expert": world.account["p1.expert2"], "part": "expert"}
    as_("p1.staff").post(f"/declarations/{world.output}/panel", data=seat)
    assert other.get(f"/panel/{world.output}").status_code == 200
    as_("p1.expert").post(f"/panel/{world.output}", data={"level": "D", "words": "空洞"})
    blind = other.get(f"/panel/{world.output}").text
    assert "空洞" not in blind and "看不到其他专家" in blind
    assert "空洞" not in as_("p1.li").get(f"/declarations/{world.output}").text, "the author reads when it is done"
    other.post(f"/panel/{world.output}", data={"level": "A", "words": "扎实"})
    page = as_("p1.staff").get(f"/declarations/{world.output}").text
    assert "需要第三位专家" in page and "没有别的专家可请" in page, "there are two in all"


def test_an_expert_from_the_authors_school_is_flagged(db: Engine, world: World, as_: LogIn) -> None:
    with writing(db) as tx:
        mate = add(tx, t.learner, name="同事", actor="{}", created_at=NOW)
        school = tx.scalar(
            select(t.enrolment.c.organisation_id).where(t.enrolment.c.learner_id == world.learner["p1.li"])
        )
        add(
            tx, t.enrolment, programme_id=world.programme["p1"], cohort_id=world.cohort["p1.two"], learner_id=mate,
            organisation_id=school, enrolled_on=NOW.date(),
        )  # fmt: skip
        add_account(tx, world, "p1.mate", "同校专家", learner_id=mate)
        add_role(tx, world, "p1.mate", "expert", programme_id=world.programme["p1"])
    assert "同校专家（与作者同校）" in as_("p1.staff").get(f"/declarations/{world.output}").text


def test_the_list_of_output_is_for_the_programme_and_its_export_for_who_runs_it(world: World, as_: LogIn) -> None:
    address = f"/programmes/{world.programme['p1']}/publications"
    assert "乡村小学作业设计" in as_("p1.wang").get(address).text
    assert as_("p2.wang").get(address).status_code == 404
    assert as_("p1.wang").get(f"{address}.xlsx").status_code == 404
    with as_("p1.staff").get(f"{address}.xlsx") as answer:
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert [cell.value for cell in sheet[2]][:5] == [
        "李明",
        "李明所在学校（p1.li）",
        "东湖区one班",
        "乡村小学作业设计",
        "论文",
    ]


def test_a_book_of_the_list_is_declared_with_the_lists_author_and_flag(db: Engine, world: World, as_: LogIn) -> None:
    li, address = as_("p1.li"), f"/programmes/{world.programme['p1']}/declare/reading"
    assert "给教师的建议" in li.get(address).text
    form = {"about": world.book, "monograph": "no", "happened_on": "2026-04-01", "words": "三点体会"}
    assert li.post(address, data=form).status_code == 303
    with reading(db) as tx:
        row = tx.execute(select(t.declaration).where(t.declaration.c.kind == "reading")).one()
    assert (row.title, row.facts) == ("给教师的建议", '{"author":"苏霍姆林斯基","monograph":"yes"}')
    again = li.post(address, data=form)
    assert again.status_code == 400 and "已经申报过" in again.text


@pytest.mark.parametrize("address", ["/exams/999", "/panel/999", "/programmes/{}/books/999/retire"])
def test_what_is_not_there_is_not_found(world: World, as_: LogIn, address: str) -> None:
    browser = as_("p1.staff")
    ask = browser.post if "retire" in address else browser.get
    assert ask(address.format(world.programme["p1"])).status_code in (400, 404)
