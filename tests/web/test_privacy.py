"""Pages of personal information: one's own copy, answering for others, and how long sources keep."""

import io
import json
import logging
import re
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select

from lms_tracker.core.erasure import is_sealed
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World, add


def page_of(browser: FlaskClient, world: World, login: str = "p1.li") -> tuple[str, str, str]:
    """(address, page, digest of what it shows) of the person to erase."""
    address = f"/admin/persons/{world.learner[login]}"
    page = browser.get(address).text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    return address, page, seen[1]


def erase(browser: FlaskClient, world: World, **typed: str) -> str:
    """Fills the form in; the address of the certificate."""
    address, _, seen = page_of(browser, world)
    answer = browser.post(f"{address}/erase", data={"seen": seen, "name": "李明", "reason": "本人请求"} | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_learner_reads_what_is_held_and_takes_a_copy_of_nothing_but_their_own(as_: LogIn, studied: World) -> None:
    li = as_("p1.li")
    assert "个人信息" in li.get("/privacy").text
    with li.get("/privacy/export") as answer:
        assert answer.mimetype == "application/zip" and "attachment" in answer.headers["Content-Disposition"]
        with ZipFile(io.BytesIO(answer.data)) as zip:
            everything = b"".join(zip.read(name) for name in zip.namelist()).decode()
    assert "李明" in everything and "论证充分" in everything
    assert [name for name in ("王芳", "赵强", "password_hash") if name in everything] == []


def test_a_person_is_erased_after_a_look_a_reason_and_the_name(db: Engine, as_: LogIn, studied: World) -> None:
    admin, li = as_("admin"), as_("p1.li")
    _, page, _ = page_of(admin, studied)
    assert "李明" in page and "p1.li" in page
    shown = admin.get(erase(admin, studied))
    assert shown.status_code == 200 and "本人请求" in shown.text and "李明" not in shown.text
    certificate = admin.get("/admin/erasures/2.json")
    assert is_sealed(certificate.text)
    assert json.loads(certificate.text)["ordered_by"] == "admin"
    assert li.get("/privacy").status_code == 303, "the session has ended"
    assert admin.get(f"/admin/persons/{studied.learner['p1.li']}").status_code == 404


def test_whoever_was_erased_is_no_longer_listed_and_issued_bulletins_stand(as_: LogIn, studied: World) -> None:
    head, cohort = as_("p1.head_teacher"), f"/cohorts/{studied.cohort['p1.one']}"
    bulletin = head.get(f"/bulletins/{studied.bulletin['p1']}.json").data
    assert "李明" in head.get(cohort).text
    erase(as_("admin"), studied)
    page = head.get(cohort).text
    assert "李明" not in page and "王芳" in page
    assert f'/learners/{studied.learner["p1.li"]}"' not in page
    for who in (head, as_("p1.wang"), as_("p1.liaison")):
        assert who.get(f"{cohort}/learners/{studied.learner['p1.li']}").status_code == 404, "nobody's study is shown"
    assert head.get(f"/bulletins/{studied.bulletin['p1']}.json").data == bulletin
    assert "李明" not in as_("p1.expert").get(f"/marking/{studied.assignment['p1.research']}").text


def test_an_erasure_wants_the_name_a_reason_and_the_person_of_this_moment(
    db: Engine, as_: LogIn, studied: World
) -> None:
    admin = as_("admin")
    address, _, seen = page_of(admin, studied)
    right = {"seen": seen, "name": "李明", "reason": "本人请求"}
    for wrong in ({"name": "李"}, {"reason": " "}, {"seen": "0"}):
        answer = admin.post(f"{address}/erase", data=right | wrong)
        assert answer.status_code == 400 and "什么也没有改变" in answer.text, wrong
    with writing(db) as tx:
        tx.execute(insert(t.identity).values(ifi="mbox:mailto:li@a.b", learner_id=studied.learner["p1.li"]))
    assert admin.post(f"{address}/erase", data=right).status_code == 400
    with reading(db) as tx:
        assert tx.scalar(select(t.learner.c.name).where(t.learner.c.id == studied.learner["p1.li"])) == "李明"


def test_who_took_or_erased_whose_data_is_logged_by_number(
    as_: LogIn, studied: World, caplog: pytest.LogCaptureFixture
) -> None:
    admin, li = as_("admin"), studied.learner["p1.li"]
    caplog.set_level(logging.INFO)
    with admin.get(f"/admin/persons/{li}/export") as answer:
        assert answer.status_code == 200
    admin.post(f"/admin/persons/{li}/erase", data={"reason": "without the name"})
    erase(admin, studied)
    by = f"account {studied.account['admin']}: admin."
    done = [line.message for line in caplog.records if line.message.startswith(by)]
    assert done == [f"{by}{what} learner_id={li}" for what in ("person_export", "person", "erase")]
    assert "李明" not in caplog.text


def test_a_reason_keeps_its_text_and_is_never_markup(as_: LogIn, studied: World) -> None:
    admin = as_("admin")
    page = admin.get(erase(admin, studied, reason="<script>x</script>")).text
    assert "&lt;script&gt;x" in page and "<script>x" not in page


def test_many_people_and_many_certificates_are_paged_through(db: Engine, as_: LogIn, studied: World) -> None:
    with writing(db) as tx:
        for n in range(250):
            add(tx, t.learner, name=f"阿依努尔·图尔荪江·买买提明 {n:03d}", actor="{}", created_at=NOW)
        gone = [add(tx, t.learner, actor="{}", created_at=NOW, erased_at=NOW) for _ in range(150)]
        row = {"at": NOW, "ordered_by": "admin", "reason": "r", "certificate": "{}"}
        tx.execute(insert(t.erasure), [row | {"learner_id": id} for id in gone])
    admin = as_("admin")
    first = admin.get("/admin/persons?q=阿依努尔").text
    assert first.count("阿依努尔·") == 100 and "共 250 人" in first
    assert admin.get("/admin/persons?q=阿依努尔&page=3").text.count("阿依努尔·") == 50
    older = re.search(r"before=(\d+)", first)
    assert older
    assert admin.get(f"/admin/persons?before={older[1]}").text.count("/admin/erasures/") == 51
    assert "没有找到" in admin.get("/admin/persons?q=nobody-at-all").text


def test_days_are_set_for_a_source_and_taken_away_again(db: Engine, as_: LogIn, studied: World) -> None:
    admin = as_("admin")
    for typed, kept in (("730", 730), ("", None)):
        answer = admin.post("/admin/retention", data={"name": "city-lms", "days": typed})
        assert answer.status_code == 303
        with reading(db) as tx:
            assert tx.scalar(select(t.credential.c.keep_days).where(t.credential.c.name == "city-lms")) == kept
    for name, typed in (("city-lms", "0"), ("city-lms", "x"), ("city-lms", "99999"), ("nobody", "5")):
        answer = admin.post("/admin/retention", data={"name": name, "days": typed})
        assert answer.status_code == 400 and "什么也没有改变" in answer.text


def test_many_sources_are_paged_through_and_a_change_leads_back_to_its_page(
    db: Engine, as_: LogIn, studied: World
) -> None:
    with writing(db) as tx:
        row = {"secret_sha256": "", "created_at": NOW}
        tx.execute(insert(t.credential), [row | {"name": f"来源 {n:03d}", "key": str(n)} for n in range(250)])
    admin = as_("admin")
    pages = [admin.get(f"/admin/retention?page={n}").text.count('name="days"') for n in (1, 2, 3, 4)]
    assert pages[:2] == [100, 100] and 50 <= pages[2] < 100 and pages[3] == 0
    right, wrong = (admin.post("/admin/retention?page=2", data={"name": "来源 150", "days": n}) for n in ("9", "x"))
    assert right.location.endswith("/admin/retention?page=2")
    assert 'aria-invalid="true"' in wrong.text
