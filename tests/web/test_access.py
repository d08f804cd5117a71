"""Who sees what: one who may, a team-mate, an outsider, for every route of the table."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert

from lms_tracker.store.db import writing
from lms_tracker.store.tables import enrolment
from lms_tracker.web.access import ANYBODY, OTHER_DOORS, ROUTES
from tests.web.conftest import LogIn
from tests.web.deeds import some_work, study
from tests.web.people import UNIT, World
from tests.web.who_gets_in import ELSEWHERE, EVERYBODY, GETS, POSTS


@pytest.fixture(autouse=True)
def handed_in(request: pytest.FixtureRequest) -> None:
    """Where there is study, there is also an assignment that was handed in."""
    if "studied" in request.fixturenames:
        some_work(request.getfixturevalue("db"), request.getfixturevalue("studied"))


def _ids(world: World) -> dict[str, int]:
    return {
        "programme": world.programme["p1"],
        "organisation": world.organisation["p1.district"],
        "event": world.event["p1"],
        "cohort": world.cohort["p1.one"],
        "learner": world.learner["p1.li"],
        "bulletin": world.bulletin["p1"],
        "assignment": world.assignment["p1.assignments"],
        "credential": world.credential,
        "target": world.target,
        "erasure": world.erasure,
        "refused": world.refused,
        "appeal": world.appeal,
        "appeal_file": world.appeal_file,
        "work": world.work,
        "submission": world.submission,
        "other_submission": world.other_submission,
        "work_file": world.work_file,
        "pair": world.pair,
        "mark_objection": world.mark_objection,
        "result": world.result,
        "notice": world.notice,
        "objection": world.objection,
        "certificate": world.certificate,
        "unit": world.unit["p1"],
        "meeting": world.meeting,
        "override": world.override,
        "declaration": world.declaration,
        "proof": world.proof,
        "exam": world.exam,
        "exam_note": world.exam_note,
        "output": world.output,
        "output_file": world.output_file,
        "book": world.book,
        "survey": world.survey,
        "ballot": world.ballot,
        "question": world.question,
    }


def test_every_route_is_in_the_table_and_every_line_of_the_table_is_a_route(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    ours = {endpoint for endpoint in routes if endpoint.split(".")[0] not in OTHER_DOORS}
    assert ours == set(ROUTES)


def test_every_closed_route_is_tried_by_everybody_below() -> None:
    closed = {endpoint for endpoint, rule in ROUTES.items() if rule is not ANYBODY}
    assert closed == set(GETS) | set(POSTS) | ELSEWHERE


@pytest.mark.parametrize("endpoint", [*GETS, *POSTS])
def test_a_stranger_is_sent_to_the_login(endpoint: str, client: FlaskClient, studied: World) -> None:
    address = (GETS | POSTS)[endpoint][0].format(**_ids(studied))
    answer = client.get(address) if endpoint in GETS else client.post(address)
    assert answer.status_code == 303
    assert answer.location.startswith("/login")


@pytest.mark.parametrize("login", EVERYBODY)
def test_each_person_sees_what_is_theirs_and_is_told_nothing_of_the_rest(
    login: str, as_: LogIn, studied: World
) -> None:
    browser, ids = as_(login), _ids(studied)
    for endpoint, (form, who) in GETS.items():
        with browser.get(form.format(**ids)) as answer:
            expected = {302, 200} if login in who else {404}
            assert answer.status_code in expected, (endpoint, answer.status_code)
    for endpoint, (form, who) in POSTS.items():
        status = browser.post(form.format(**ids), data={"mark": "77"}).status_code
        assert status in ({200, 303, 400} if login in who else {404}), (endpoint, status)


def test_what_is_not_yours_looks_like_what_does_not_exist(as_: LogIn, studied: World) -> None:
    outsider = as_("p2.staff")
    ids = _ids(studied)
    for form, _who in (GETS["cohort.show"], GETS["cohort.learner"], GETS["bulletins.show"]):
        closed = outsider.get(form.format(**ids))
        missing = outsider.get(form.format(**{key: 999_999 for key in ids}))
        assert (closed.status_code, closed.text.split("<main")[1]) == (404, missing.text.split("<main")[1])


def test_a_learner_of_another_class_is_not_found_under_ones_own_class(as_: LogIn, studied: World) -> None:
    zhao, one = studied.learner["p1.zhao"], studied.cohort["p1.one"]
    assert as_("p1.head_teacher").get(f"/cohorts/{one}/learners/{zhao}").status_code == 404


def test_a_team_mate_sees_nothing_of_a_class_mate(as_: LogIn, studied: World) -> None:
    one, wang = studied.cohort["p1.one"], studied.learner["p1.wang"]
    li = as_("p1.li")
    assert li.get(f"/cohorts/{one}/learners/{wang}").status_code == 404
    assert "王芳" not in li.get("/study").text


def test_a_monitor_sees_points_but_no_remarks(as_: LogIn, studied: World) -> None:
    address = f"/cohorts/{studied.cohort['p1.one']}/learners/{studied.learner['p1.li']}"
    remark = "论证充分"
    assert remark in as_("p1.li").get("/study").text
    assert remark in as_("p1.head_teacher").get(address).text
    monitor = as_("p1.wang").get(address).text
    assert remark not in monitor
    assert "91.5" in monitor


def test_lists_hold_only_what_is_within_ones_roles(as_: LogIn, studied: World) -> None:
    assert "西山区" not in as_("p1.staff").get("/cohorts").text
    assert "西山区" not in as_("p1.bureau").get("/bulletins").text
    assert "西山区" not in as_("p1.expert").get("/marking").text


def test_a_role_without_its_scope_opens_nothing(db, as_: LogIn, studied: World) -> None:  # type: ignore[no-untyped-def]
    from lms_tracker.store.db import writing
    from tests.web.people import add_account, add_role

    with writing(db) as tx:
        add_account(tx, studied, "loose", "无范围")
        for role in ("staff", "head_teacher", "bureau", "expert"):
            add_role(tx, studied, "loose", role)
    browser, ids = as_("loose"), _ids(studied)
    for endpoint in ("cohort.show", "cohort.learner", "bulletins.show", "marking.show"):
        assert browser.get(GETS[endpoint][0].format(**ids)).status_code == 404


def test_what_a_learner_studies_in_another_programme_is_not_for_this_ones_people(
    db: Engine, as_: LogIn, studied: World
) -> None:
    li, elsewhere, unknown = studied.learner["p1.li"], f"{UNIT}/2", "https://example.org/nobody-knows"
    with writing(db) as tx:
        study(tx, li, date(2026, 2, 10), credited=20, activity=elsewhere, hour=5)
        study(tx, li, date(2026, 3, 10), credited=20, activity=elsewhere, hour=6)
        study(tx, li, date(2026, 3, 10), credited=20, activity=unknown, hour=7)
        row = {"programme_id": studied.programme["p2"], "cohort_id": studied.cohort["p2.one"], "learner_id": li}
        tx.execute(insert(enrolment).values(row | {"enrolled_on": date(2026, 3, 1)}))
    pages = {}
    for slug in ("p1", "p2"):
        address = f"/cohorts/{studied.cohort[f'{slug}.one']}/learners/{li}?month=2026-03"
        pages[slug] = as_(f"{slug}.head_teacher").get(address).text
    assert "2026-03-10-6" not in pages["p1"] and "2026-03-10-6" in pages["p2"]
    assert "2026年2月" not in pages["p1"] and "2026年2月" in pages["p2"]
    assert all("2026-03-10-7" in page for page in pages.values()), "what nobody has catalogued may be either's"
    assert pages["p1"].count('class="session"') > pages["p2"].count('class="session"') == 2


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
@pytest.mark.parametrize(
    "address",
    [
        "/appeals/{}",
        "/review/1/{}",
        "/cohorts/{}",
        "/cohorts/1/learners/{}",
        "/bulletins/{}",
        "/bulletins/{}.json",
        "/marking/{}",
        "/marking/1/{}",
    ],
)
def test_a_number_that_no_database_can_hold_is_not_found(address: str, number: int, as_: LogIn, studied: World) -> None:
    browser = as_("p1.liaison")
    ask = browser.post if address == "/marking/1/{}" else browser.get
    assert ask(address.format(number)).status_code == 404
