"""The calendar: what is for whom, versions, and addresses to subscribe to."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.create_account import disable_account
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World

EVENT = {"title": "第二场答疑", "kind": "live", "on": "2026-04-08", "starts": "19:00", "ends": "20:30", "place": "线上"}


def page(world: World, rest: str = "") -> str:
    return f"/programmes/{world.programme['p1']}/calendar{rest}"


def ics(text: str) -> str:
    return text.replace("\r\n ", "")


def test_staff_announce_and_everybody_of_the_programme_reads_it(as_: LogIn, world: World) -> None:
    assert as_("p1.staff").post(page(world, "/new"), data=EVENT).status_code == 303
    shown = as_("p1.li").get(page(world, "?month=2026-04")).text
    assert "第二场答疑" in shown and "19:00–20:30" in shown and ">修改</a>" not in shown
    assert "DTSTART:20260408T110000Z" in ics(as_("p1.li").get(page(world, ".ics")).text), "19:00 in Shanghai"


def test_what_is_for_one_class_is_not_for_the_other(as_: LogIn, world: World) -> None:
    as_("p1.staff").post(page(world, "/new"), data=EVENT | {"cohort": str(world.cohort["p1.one"])})
    seen = {who: "第二场答疑" in as_(f"p1.{who}").get(page(world, "?month=2026-04")).text for who in WHO}
    assert seen == {"li": True, "head_teacher": True, "zhao": False, "head2": False, "liaison": True, "leading": True}


WHO = ("li", "head_teacher", "zhao", "head2", "liaison", "leading")


def test_a_change_is_a_new_version_and_the_one_before_stays_to_be_seen(db: Engine, as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    staff.post(page(world, "/new"), data=EVENT)
    with reading(db) as tx:
        number = tx.scalars(select(t.calendar_event.c.number).order_by(t.calendar_event.c.id.desc())).first()
    assert 'value="19:00"' in staff.get(page(world, f"/{number}")).text
    staff.post(page(world, f"/{number}"), data=EVENT | {"title": "改期的答疑", "on": "2026-04-15"})
    shown = staff.get(page(world, "?month=2026-04")).text
    assert "改期的答疑" in shown and "第二场答疑" not in shown
    assert "第二场答疑" in staff.get(page(world, f"/{number}")).text
    staff.post(page(world, f"/{number}"), data=EVENT | {"cancel": "1"})
    assert "改期的答疑" not in staff.get(page(world, "?month=2026-04")).text
    assert staff.post(page(world, f"/{number}"), data=EVENT).status_code == 400
    text = ics(staff.get(page(world, ".ics")).text)
    event = text.split(f"UID:event-{number}@")[1].split("END:VEVENT")[0]
    assert "STATUS:CANCELLED" in event and "SEQUENCE:2" in event, "subscribers are told"


def test_another_programmes_event_is_not_found_under_ones_own(as_: LogIn, world: World) -> None:
    assert as_("p1.staff").get(page(world, f"/{world.event['p2']}")).status_code == 404
    assert as_("p1.staff").post(page(world, f"/{world.event['p2']}"), data=EVENT).status_code in (400, 404)


def test_deadlines_of_work_stand_in_the_calendar(db: Engine, as_: LogIn, world: World) -> None:
    one = t.assignment.c.id == world.assignment["p1.assignments"]
    with writing(db) as tx:
        tx.execute(update(t.assignment).where(one).values(due_on=date(2026, 4, 20)))
    assert "作业一（截止" in as_("p1.li").get(page(world, "?month=2026-04")).text


def test_meetings_and_exams_flow_in_and_a_meeting_of_another_class_does_not(
    db: Engine, as_: LogIn, world: World
) -> None:
    times = {"starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=1, hours=1), "made_at": NOW}
    rest = {"kind": "live", "place": "", "late_min": 5, "least_pct": 80, "secret": "00", **times}
    with writing(db) as tx:
        for key, title in (("one", "一班课"), ("two", "二班课")):
            where = {"programme_id": world.programme["p1"], "cohort_id": world.cohort[f"p1.{key}"]}
            tx.execute(insert(t.meeting).values(title=title, **where, **rest))
        row = {"title": "期末考试", "counts_as": "exam", "held_on": date(2026, 4, 20), "attempt": 1, "made_at": NOW}
        marks = {"out_of": Decimal(100), "pass_mark": Decimal(60)}
        tx.execute(insert(t.exam).values(programme_id=world.programme["p1"], **row, **marks))
    shown = as_("p1.li").get(page(world, "?month=2026-04")).text
    assert "一班课" in shown and "期末考试" in shown and "二班课" not in shown


def test_the_address_to_subscribe_to_needs_no_login_and_can_be_revoked(app: Flask, as_: LogIn, world: World) -> None:
    li, program = as_("p1.li"), app.test_client()
    shown = li.post(page(world, "/subscribe")).text
    address = re.search(r"(/calendar/[\w-]+\.ics)</code>", shown)
    assert address and len(address[1]) > 50
    answer = program.get(address[1])
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    assert "东湖区答疑直播" in ics(answer.text) and "西山区" not in ics(answer.text)
    assert "SUMMARY:培训开始" in ics(answer.text)
    li.post("/language", data={"locale": "en", "next": "/"})
    assert "SUMMARY:Begins" in ics(program.get(address[1]).text), "in the language of whose calendar it is"
    assert address[1] not in li.get(page(world)).text, "it is shown once"
    li.post(page(world, "/subscribe"))
    assert program.get(address[1]).status_code == 404, "a new address closes the one before"


@pytest.mark.parametrize("how", ["revoked", "disabled"])
def test_a_closed_address_is_nothing(db: Engine, app: Flask, as_: LogIn, world: World, how: str) -> None:
    li = as_("p1.li")
    address = re.search(r"(/calendar/[\w-]+\.ics)</code>", li.post(page(world, "/subscribe")).text)
    assert address
    if how == "revoked":
        li.post(page(world, "/unsubscribe"))
    else:
        disable_account(db, "p1.li", now=NOW)
    program = app.test_client()
    assert program.get(address[1]).status_code == program.get("/calendar/nothing.ics").status_code == 404


def agenda(text: str) -> dict[str, str | None]:
    """Titles of the agenda, each with the address that it leads to."""
    found = re.findall(r"<b>([^<]+)</b>.*?</li>", text, re.DOTALL)
    items = re.findall(r'<li class="k-.*?</li>', text, re.DOTALL)
    links = [re.search(r'href="([^"]+)" aria-label', item) for item in items]
    return {title: link and link[1] for title, link in zip(found, links, strict=True)}


def test_each_entry_leads_to_its_page_where_the_reader_may_go(as_: LogIn, db: Engine, world: World) -> None:
    with writing(db) as tx:
        tx.execute(update(t.result_notice).values(opens_at=NOW, closes_at=NOW + timedelta(days=7)))
    for who in ("li", "wang", "head_teacher", "liaison", "staff", "expert", "bureau", "leading", "head2"):
        browser = as_(f"p1.{who}")
        found = agenda(browser.get(page(world, "?month=2026-04")).text)
        for title, address in found.items():
            if address is not None:
                assert browser.get(address).status_code in (200, 302), (who, title, address)
        assert found["期中满意度（截止）"] == {
            "li": f"/surveys/{world.survey}", "wang": f"/surveys/{world.survey}", "expert": None,
        }.get(who, f"/surveys/{world.survey}/results"), who  # fmt: skip
        assert found["成绩公示"] == f"/notices/{world.notice}", who
        ballot = f"/ballots/{world.ballot}" if who in ("liaison", "staff") else None
        assert found.get("2026 年度满意度（截止）") == ballot, f"{who}: nobody else is told of it"


def test_the_file_names_the_same_pages(as_: LogIn, world: World) -> None:
    text = ics(as_("p1.staff").get(page(world, ".ics")).text)
    assert f"/ballots/{world.ballot}\r\n" in text.split("URL:")[-1] or f"/ballots/{world.ballot}" in text
    assert f"UID:survey-{world.survey}@" in text and f"UID:notice-{world.notice}@" in text
    assert f"ballot-{world.ballot}@" not in ics(as_("p1.li").get(page(world, ".ics")).text)


def test_ballots_that_were_called_together_are_one_entry(as_: LogIn, db: Engine, world: World) -> None:
    with writing(db) as tx:
        row = tx.execute(select(t.ballot)).mappings().one()
        tx.execute(insert(t.ballot).values({**row, "id": None, "organisation_id": world.organisation["p1.centre"]}))
    text = as_("p1.staff").get(page(world, "?month=2026-04")).text
    assert agenda(text)["2026 年度满意度（截止）"] == f"/programmes/{world.programme['p1']}/ballots"
    assert text.count("<b>2026 年度满意度") == 1
