"""Results from freezing to the certificate that a stranger verifies."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import Engine, select, update

from lms_tracker.core.sealed import opened
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.deeds import study
from tests.web.people import CODE, NOW, World, add


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _at(app: Flask, days: float) -> None:
    app.extensions["now"] = lambda: NOW + timedelta(days=days)


def _freeze(staff: FlaskClient, world: World, **form: str) -> Any:
    return staff.post(f"/programmes/{world.programme['p1']}/results", data={"reason": "结业评定", **form})


@pytest.fixture
def passed(db: Engine, studied: World) -> World:
    """Li has passed by hand of nobody: everything that the policy asks for is there."""
    with writing(db) as tx:
        li = studied.learner["p1.li"]
        for day in range(30):
            study(tx, li, (NOW - timedelta(days=day + 2)).date(), credited=100, hour=6)
        for number in range(2, 8):
            work = add(
                tx, t.assignment, programme_id=studied.programme["p1"], component="assignments", title=f"作业{number}"
            )
            row = {"assignment_id": work, "learner_id": li, "mark": 90, "marked_at": NOW - timedelta(days=1)}
            tx.execute(t.mark.insert().values(row))
    return studied


def test_freezing_publishing_objecting_answering_and_certifying(
    app: Flask, as_: LogIn, db: Engine, passed: World, client: FlaskClient
) -> None:
    staff = as_("p1.staff")
    frozen = _freeze(staff, passed).location
    page = _words(staff.get(frozen).text)
    assert "成绩第 2 版" in page and "合格 1" in page and "李明" in page
    assert "先公示，公示期满后才能发证书。" in _words(staff.post(f"{frozen}/certificates").text)

    notice = staff.post(f"{frozen}/notice", data={"days": "7", "contact": "继教中心 王老师"}).location
    shown = _words(as_("p1.zhao").get(notice).text)
    assert "李明" in shown and "继教中心 王老师" in shown and "2026年4月12日 24:00" in shown
    assert "88" not in shown.split("名单")[1], "no mark stands in a notice"
    assert as_("p2.li").get(notice).status_code == 404

    zhao = as_("p1.zhao")
    zhao.post(f"{notice}/objections", data={"about": str(passed.learner["p1.li"]), "words": "他的学时有误。"})
    assert "他的学时有误。" in zhao.get(notice).text
    assert "他的学时有误。" not in as_("p1.wang").get(notice).text, "an objection is for the staff alone"
    mine = re.search(r"/objections/(\d+)", staff.get(notice).text)
    assert mine

    _at(app, 8)
    assert "还有异议没有答复" in staff.post(f"{frozen}/certificates").text
    assert "公示已经结束" in zhao.post(f"{notice}/objections", data={"words": "太晚了"}).text
    staff.post(f"{notice}/objections/{mine[1]}", data={"outcome": "rejected", "words": "已核对，无误。"})
    assert "已核对，无误。" in zhao.get(notice).text
    assert (
        "已经有人答复" in staff.post(f"{notice}/objections/{mine[1]}", data={"outcome": "upheld", "words": "改了"}).text
    )

    staff.post(f"{frozen}/certificates")
    with reading(db) as tx:
        rows = tx.execute(select(t.certificate).order_by(t.certificate.c.id.desc())).all()
    assert [row.number for row in rows] == ["P1-2026-00002", "P1-2026-00001"]
    staff.post(f"{frozen}/certificates")
    with reading(db) as tx:
        assert len(tx.execute(select(t.certificate)).all()) == 2, "nobody gets a second one"

    new = rows[0]
    text = PdfReader(io.BytesIO(as_("p1.li").get(f"/certificates/{new.id}.pdf").data)).pages[0].extract_text()
    assert "结业证书" in text and "李明" in text and new.number in text
    found = client.get("/verify", query_string={"code": f"{new.code[:4]}-{new.code[4:8].lower()} {new.code[8:]}"})
    genuine = _words(client.get(found.location).text)
    assert "现在有效" in genuine and "李明" in genuine and new.number in genuine


def test_an_upheld_objection_asks_for_results_anew(app: Flask, as_: LogIn, passed: World) -> None:
    staff = as_("p1.staff")
    frozen = _freeze(staff, passed).location
    notice = staff.post(f"{frozen}/notice", data={"days": "1", "contact": "王老师"}).location
    as_("p1.li").post(f"{notice}/objections", data={"words": "漏了一次作业"})
    number = re.search(r"/objections/(\d+)", staff.get(notice).text)
    assert number
    staff.post(f"{notice}/objections/{number[1]}", data={"outcome": "upheld", "words": "补录"})
    _at(app, 3)
    assert "重新冻结成绩" in staff.post(f"{frozen}/certificates").text
    again = _freeze(staff, passed).location
    assert again != frozen
    assert "已被取代" in staff.get(frozen).text
    assert "已被更新的一份取代" in staff.post(f"{frozen}/certificates").text


def test_the_frozen_list_is_a_file_that_proves_itself_and_a_workbook_of_lists(as_: LogIn, passed: World) -> None:
    staff = as_("p1.staff")
    frozen = _freeze(staff, passed, as_of="2026-04-05T12:00").location
    content = opened(staff.get(f"{frozen}.json").data)
    assert content["counts"] == {"learners": 3, "passed": 1, "failed": 0, "in_progress": 2, "honoured": 0, "out": 0}
    assert content["as_of"] == "2026-04-05T04:00:00Z"
    book = load_workbook(io.BytesIO(staff.get(f"{frozen}.xlsx").data))
    assert [sheet.title for sheet in book] == ["全部", "合格", "未合格", "优秀学员", "说明"]
    assert [row[0] for row in book["合格"].iter_rows(min_row=2, values_only=True)] == ["李明"]
    assert book["优秀学员"].max_row == 1
    only = _words(staff.get(f"{frozen}?list=passed").text)
    assert "李明" in only and "赵强" not in only


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": " "}, "请写明理由。"),
        ({"as_of": "gestern"}, "截止时间没有看懂"),
        ({"as_of": "2026-04-06T12:00"}, "截止时间不能晚于现在。"),
    ],
)
def test_what_cannot_be_frozen_is_said_and_nothing_is(
    form: dict[str, str], said: str, as_: LogIn, db: Engine, studied: World
) -> None:
    answer = _freeze(as_("p1.staff"), studied, **form)
    assert answer.status_code == 400 and said in answer.text
    with reading(db) as tx:
        assert len(tx.execute(select(t.frozen_result)).all()) == 1, "only the one of before"


@pytest.mark.parametrize(
    ("days", "contact", "said"), [("0", "王", "1 至 90 天"), ("x", "王", "1 至 90 天"), ("7", " ", "联系人")]
)
def test_a_notice_needs_days_and_somebody_to_turn_to(
    days: str, contact: str, said: str, as_: LogIn, studied: World
) -> None:
    staff = as_("p1.staff")
    frozen = _freeze(staff, studied).location
    answer = staff.post(f"{frozen}/notice", data={"days": days, "contact": contact})
    assert answer.status_code == 400 and said in answer.text


def test_nobody_answers_an_objection_about_themselves(db: Engine, as_: LogIn, world: World) -> None:
    with writing(db) as tx:
        tx.execute(
            update(t.account).where(t.account.c.id == world.account["p1.li"]).values(learner_id=None)
        )  # Li turns out to be the staff member
        tx.execute(
            update(t.account)
            .where(t.account.c.id == world.account["p1.staff"])
            .values(learner_id=world.learner["p1.li"])
        )
    answer = as_("p1.staff").post(
        f"/notices/{world.notice}/objections/{world.objection}", data={"outcome": "rejected", "words": "不成立"}
    )
    assert answer.status_code == 400 and "不能答复" in answer.text


def test_each_name_of_a_list_leads_to_how_the_result_came_about_at_that_instant(as_: LogIn, passed: World) -> None:
    staff = as_("p1.staff")
    frozen = _freeze(staff, passed).location
    of_li = f"/cohorts/{passed.cohort['p1.one']}/learners/{passed.learner['p1.li']}/grade"
    then = re.search(rf'href="({of_li}\?as_of=[^"]+)"', staff.get(frozen).text)
    assert then and staff.get(then[1]).status_code == 200
    assert f'href="{of_li}"' in staff.get(f"/programmes/{passed.programme['p1']}/results").text, "now"


def test_notices_tell_from_when_to_when_they_are_open(as_: LogIn, world: World) -> None:
    listed = _words(as_("p1.wang").get(f"/programmes/{world.programme['p1']}/notices").text)
    assert re.search(r"2026年\d+月\d+日 \d\d:\d\d – 2026年\d+月\d+日", listed)
    assert "提出异议 ↓" in _words(as_("p1.wang").get(f"/notices/{world.notice}").text)


def test_a_withdrawn_notice_is_gone_for_everybody_but_the_staff(as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    staff.post(f"/notices/{world.notice}/withdraw", data={"why": "名单有误"})
    assert "名单有误" in staff.get(f"/notices/{world.notice}").text
    assert as_("p1.wang").get(f"/notices/{world.notice}").status_code == 404
    assert "李明" not in as_("p1.wang").get(f"/programmes/{world.programme['p1']}/notices").text


def test_a_badge_is_signed_with_a_key_that_can_be_had_at_its_address(client: FlaskClient, world: World) -> None:
    token = client.get(f"/verify/{CODE}.jwt").text
    header = jwt.get_unverified_header(token)
    key = client.get(header["kid"]).get_json()
    assert header["alg"] == "RS256" and set(key) == {"kty", "n", "e", "alg", "use"}, "no private part"
    claims = jwt.decode(token, jwt.PyJWK(key).key, ["RS256"])
    assert claims["credentialSubject"]["achievement"]["humanCode"] == "P1-2026-00001"
    assert client.get(claims["issuer"]["id"]).get_json()["id"] == claims["iss"]
    assert client.get(f"/verify/{CODE}.jwt").text == token, "signed by the same key, to the same bytes"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token[:-8] + "AAAAAAAA", jwt.PyJWK(key).key, ["RS256"])


def test_a_revoked_certificate_says_so_everywhere(as_: LogIn, client: FlaskClient, world: World) -> None:
    address = f"/certificates/{world.certificate}"
    as_("p1.staff").post(f"{address}/revoke", data={"why": "姓名有误"})
    assert "不再有效" in client.get(f"/verify/{CODE}").text
    assert client.get(f"/verify/{CODE}.jwt").status_code == 404
    li = as_("p1.li")
    assert "姓名有误" in li.get("/certificates").text and li.get(f"{address}.pdf").status_code == 404
    revoked = client.get("/badges/revocations").get_json()["revokedCredential"]
    assert [one["id"].rpartition("/")[2] for one in revoked] == [CODE]


@pytest.mark.parametrize("code", ["P1-2026-00001", "7K4QWXYZ23AC", "x" * 500, "%00"])
def test_a_number_or_a_guess_opens_nothing(code: str, client: FlaskClient, world: World) -> None:
    answer = client.get(f"/verify/{code}")
    assert answer.status_code == 404 and "李明" not in answer.text


def test_who_types_the_number_is_told_that_it_is_no_check_code(client: FlaskClient) -> None:
    assert "不是查验码" in _words(client.get("/verify", query_string={"code": "P1-2026-00001"}).text)


def test_the_copy_of_a_person_has_their_lines_certificates_and_objections(db: Engine, world: World) -> None:
    from zipfile import ZipFile

    from lms_tracker.actions.export_person import export_person

    out = io.BytesIO()
    export_person(db, world.learner["p1.li"], out, NOW)
    told = json.loads(ZipFile(out).read("results.json"))
    assert [one["result"]["name"] for one in told["results"]] == ["李明"]
    assert [one["code"] for one in told["certificates"]] == [CODE]
    assert [one["words"] for one in told["objections"]] == ["学时少算了一节。"]


def test_who_is_erased_leaves_figures_without_a_name(db: Engine, client: FlaskClient, world: World) -> None:
    from lms_tracker.actions.erase_person import erase_person

    erase_person(db, world.learner["p1.li"], ordered_by="admin", reason="本人请求", now=NOW)
    with reading(db) as tx:
        kept = tx.execute(select(t.frozen_result.c.content)).scalar_one()
        assert tx.execute(select(t.certificate)).all() == tx.execute(select(t.objection)).all() == []
    content = opened(kept)
    assert content["people"][0]["name"] == "—" and content["people"][0]["school"] is None
    assert content["redacted"][0]["was_sha256"] and "李明" not in kept
    assert client.get(f"/verify/{CODE}").status_code == 404


def test_the_archive_file_holds_what_the_result_rests_on_and_is_the_learners_and_the_staffs(
    as_: LogIn, db: Engine, passed: World
) -> None:
    cohort, li = passed.cohort["p1.one"], passed.learner["p1.li"]
    address = f"/cohorts/{cohort}/learners/{li}/archive.pdf"
    assert address in as_("p1.staff").get(f"/cohorts/{cohort}/learners/{li}").text
    assert address not in as_("p1.wang").get(f"/cohorts/{cohort}/learners/{li}").text, "a monitor is a class-mate"
    file = as_("p1.staff").get(address)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file.data)).pages)
    for words in ("李明", "学习档案", "作业一", "91.5", "2026-03", "P1-2026-00001", "合格", "有效"):
        assert words in text
    own = as_("p1.li").get(f"/study/archive.pdf?programme={passed.programme['p1']}")
    assert own.data == file.data, "the same file, the same bytes"
    assert as_("p1.li").get(f"/study/archive.pdf?programme={passed.programme['p2']}").status_code == 404


def test_results_of_points_tell_who_is_honoured_and_who_is_out_and_who_is_honoured_gets_a_certificate(
    app: Flask, as_: LogIn, db: Engine, world: World
) -> None:
    from datetime import date
    from decimal import Decimal

    from lms_tracker.actions.achievements import post_achievement
    from lms_tracker.core.grading.kinds import Achieved

    programme, li, wang = world.programme["p2"], world.learner["p2.li"], world.learner["p2.wang"]
    day = date(2026, 3, 20)
    achieved = [
        Achieved(learner_id=li, kind="certification", item="任职资格", value=Decimal(75), happened_on=day),
        Achieved(learner_id=li, kind="exam", item="第一学期", value=Decimal(90), happened_on=day),
        Achieved(learner_id=wang, kind="exam", item="第一学期", value=Decimal(50), happened_on=day),
        Achieved(learner_id=wang, kind="exam", item="第二学期", value=Decimal(55), happened_on=day),
    ]
    with writing(db) as tx:
        tx.execute(update(t.programme).where(t.programme.c.id == programme).values(policy="p5-reserve"))
        for one in achieved:
            post_achievement(tx, programme, one, recorded_by=None, now=NOW - timedelta(days=1))
    staff = as_("p2.staff")
    frozen = staff.post(f"/programmes/{programme}/results", data={"reason": "年度评定"}).location
    content = opened(staff.get(f"{frozen}.json").data)
    by_name = {one["name"]: one for one in content["people"]}
    assert by_name["李明"]["honours"] == ["qualified"] and content["counts"]["honoured"] == 1
    assert any("两次学期考试不合格" in one["zh"] for one in by_name["王芳"]["out"])
    page = _words(staff.get(f"{frozen}?list=honours").text)
    assert "校长任职资格" in page and "李明" in page and "王芳" not in page
    staff.post(f"{frozen}/notice", data={"days": "1", "contact": "王老师"})
    _at(app, 3)
    staff.post(f"{frozen}/certificates")
    with reading(db) as tx:
        rows = tx.execute(select(t.certificate).where(t.certificate.c.kind == "honour")).all()
    assert [row.learner_id for row in rows] == [li]
    text = PdfReader(io.BytesIO(staff.get(f"/certificates/{rows[0].id}.pdf").data)).pages[0].extract_text()
    assert "荣誉证书" in text and "校长任职资格" in text
