"""Roles bound to organisations reach what stands under them, and roles end by themselves."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import Engine, select, update

from lms_tracker.actions.create_account import Term, grant_role
from lms_tracker.actions.end_role import end_role
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World


def test_a_centre_sees_the_class_whose_people_are_all_under_it_and_no_other(as_: LogIn, studied: World) -> None:
    page = as_("p1.centre").get("/cohorts", follow_redirects=True).text
    assert "东湖区one班" in page and "东湖区two班" not in page
    assert as_("p1.centre").get(f"/cohorts/{studied.cohort['p1.two']}").status_code == 404


def test_a_class_with_one_learner_of_elsewhere_is_closed_to_the_centre_its_own_learners_are_not(
    db: Engine, as_: LogIn, studied: World
) -> None:
    zhao = t.enrolment.c.learner_id == studied.learner["p1.zhao"]
    with writing(db) as tx:
        tx.execute(update(t.enrolment).where(zhao).values(cohort_id=studied.cohort["p1.one"]))
    browser, one = as_("p1.centre"), studied.cohort["p1.one"]
    assert browser.get(f"/cohorts/{one}").status_code == 404
    assert browser.get(f"/cohorts/{one}/learners/{studied.learner['p1.li']}").status_code == 200
    assert browser.get(f"/cohorts/{one}/learners/{studied.learner['p1.zhao']}").status_code == 404


def test_the_leading_group_sees_every_class_of_its_programme_and_decides_nothing(as_: LogIn, studied: World) -> None:
    browser = as_("p1.leading")
    page = browser.get("/cohorts").text
    assert "东湖区one班" in page and "东湖区two班" in page and "西山区" not in page
    held = f"/review/{studied.cohort['p1.one']}/{studied.learner['p1.li']}"
    assert browser.post(held, data={"what": "release"}).status_code == 404


def test_a_district_reads_the_bulletin_of_a_programme_with_people_of_its_own_and_no_class(
    as_: LogIn, studied: World
) -> None:
    browser = as_("p1.district")
    assert browser.get(f"/bulletins/{studied.bulletin['p1']}").status_code == 200
    assert browser.get(f"/bulletins/{studied.bulletin['p2']}").status_code == 404
    assert browser.get(f"/cohorts/{studied.cohort['p1.one']}").status_code == 404


def test_a_role_for_a_time_opens_nothing_before_and_nothing_after(
    app: Flask, db: Engine, as_: LogIn, studied: World
) -> None:
    expert, one = studied.account["p1.expert"], studied.cohort["p1.one"]
    term = Term(from_at=NOW + timedelta(days=1), until_at=NOW + timedelta(days=3))
    grant_role(db, expert, "head_teacher", cohort_id=one, term=term, now=NOW)
    browser = as_("p1.expert")
    opened = []
    for days in (0, 1, 2, 3):
        app.extensions["now"] = lambda at=NOW + timedelta(days=days): at
        opened.append(browser.get(f"/cohorts/{one}").status_code)
    assert opened == [404, 200, 200, 404]


def test_a_role_that_was_taken_opens_nothing_at_once_and_who_took_it_stays_written(
    db: Engine, as_: LogIn, studied: World
) -> None:
    one, staff = studied.cohort["p1.one"], studied.account["p1.staff"]
    grant_role(db, studied.account["p1.expert"], "head_teacher", cohort_id=one, now=NOW - timedelta(days=1))
    browser = as_("p1.expert")
    assert browser.get(f"/cohorts/{one}").status_code == 200
    with reading(db) as tx:
        role_id = tx.scalars(select(t.role.c.id).order_by(t.role.c.id.desc()).limit(1)).one()
    end_role(db, role_id, by=staff, reason="换人", now=NOW)
    assert browser.get(f"/cohorts/{one}").status_code == 404
    with reading(db) as tx:
        rows = tx.execute(select(t.role_event).where(t.role_event.c.role_id == role_id)).all()
    assert [(row.what, row.reason, row.made_by) for row in rows] == [("granted", "", None), ("ended", "换人", staff)]
