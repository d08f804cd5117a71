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

EVERYBODY = (
    [
        f"{slug}.{role}"
        for slug in ("p1", "p2")
        for role in (
            *("li", "wang", "zhao", "head_teacher", "head2", "liaison", "expert", "staff", "bureau"),
            *("leading", "centre", "district"),
        )
    ]
    + ["admin"]
    + ["admin"]
)

# Endpoint -> (address in the first district, who of everybody gets in). Whoever is not named must get 404.
P1_LEADERS = {"p1.head_teacher", "p1.liaison", "p1.staff", "p1.leading", "p1.centre"}
OVERSEERS = ("bureau", "leading", "centre", "district")
P1_MEMBERS = P1_LEADERS | {"p1.head2", "p1.bureau", "p1.district"}
P1_READERS = P1_LEADERS | {"p1.head2", *(f"p1.{who}" for who in OVERSEERS)}
BOTH = ("p1", "p2")
REVIEWERS = ("head_teacher", "head2", "liaison", "staff")
SECOND_REVIEWERS = {f"p1.{who}" for who in REVIEWERS}
NO_TIME = "activity=urn:x&session=s&registration=&date=2026-03-02&about=gap"
P1_TALK = {f"p1.{who}" for who in ("li", "wang", "zhao", "head_teacher", "head2", "liaison", "expert", "staff")}
P1_LEARNERS = {f"p1.{who}" for who in ("li", "wang", "zhao")}
WATCH_P1 = {f"p1.{who}" for who in ("head_teacher", "head2", "liaison", "staff")}
LEARNERS = {f"{p}.{who}" for p in BOTH for who in ("li", "wang", "zhao")}
RUN_P1 = {"p1.liaison", "p1.staff"}
OWN_P1 = {"p1.li", "p1.wang", "p1.zhao"}
OF_P1 = {who for who in EVERYBODY if who.startswith("p1.")}
P1_HOLDERS = {"p1.head_teacher", "p1.liaison", "p1.staff"}
"""Who holds meetings of class one, and decides about what its learners declare."""
P1_LEARNERS = {f"p1.{who}" for who in ("li", "wang", "zhao")}
GETS = {
    "home.index": ("/", set(EVERYBODY)),
    "auth.password": ("/password", set(EVERYBODY)),
    "auth.mail": ("/mail", set(EVERYBODY)),
    "study.mine": ("/study", {f"{p}.{who}" for p in BOTH for who in ("li", "wang", "zhao")}),
    "grades.mine": ("/study/grade", LEARNERS),
    "grades.mine_json": ("/study/grade.json", LEARNERS),
    "grades.show": ("/cohorts/{cohort}/learners/{learner}/grade", P1_HOLDERS),
    "grades.show_json": ("/cohorts/{cohort}/learners/{learner}/grade.json", P1_HOLDERS),
    "grades.standing": ("/programmes/{programme}/standing", RUN_P1),
    "cohort.listing": (
        "/cohorts",
        {
            f"{p}.{who}"
            for p in BOTH
            for who in ("wang", "head_teacher", "head2", "liaison", "staff", "leading", "centre")
        },
    ),
    "cohort.show": ("/cohorts/{cohort}", P1_LEADERS | {"p1.wang"}),
    "cohort.learner": ("/cohorts/{cohort}/learners/{learner}", P1_LEADERS | {"p1.wang"}),
    "bulletins.listing": (
        "/bulletins",
        {f"{p}.{who}" for p in BOTH for who in ("head_teacher", "head2", "liaison", "staff", *OVERSEERS)},
    ),
    "bulletins.show": ("/bulletins/{bulletin}", P1_READERS),
    "bulletins.download": ("/bulletins/{bulletin}.json", P1_READERS),
    "programmes.listing": ("/programmes", set(EVERYBODY) - {"admin"}),
    "programmes.show": ("/programmes/{programme}", {who for who in EVERYBODY if who.startswith("p1.")}),
    "results.listing": ("/programmes/{programme}/results", RUN_P1),
    "results.show": ("/results/{result}", RUN_P1),
    "results.download": ("/results/{result}.json", RUN_P1),
    "notices.listing": ("/programmes/{programme}/notices", OF_P1),
    "notices.show": ("/notices/{notice}", OF_P1),
    "archives.mine": ("/study/archive.pdf?programme={programme}", OWN_P1),
    "archives.learner": ("/cohorts/{cohort}/learners/{learner}/archive.pdf", RUN_P1),
    "certificates.mine": ("/certificates", LEARNERS),
    "certificates.pdf": ("/certificates/{certificate}.pdf", RUN_P1 | {"p1.li"}),
    "members.listing": ("/programmes/{programme}/learners", P1_MEMBERS),
    "members.show": ("/programmes/{programme}/learners/{learner}", P1_LEADERS | {"p1.district", "p1.bureau"}),
    "contacts.listing": ("/cohorts/{cohort}/learners/{learner}/contacts", P1_LEADERS | {"p1.wang"}),
    "contacts.log": ("/programmes/{programme}/contacts", P1_LEADERS | {"p1.head2"}),
    "responsible.show": ("/programmes/{programme}/people", P1_MEMBERS),
    "classes.show": ("/programmes/{programme}/classes", {"p1.staff"}),
    "organisations.listing": ("/programmes/{programme}/organisations", {"p1.staff"}),
    "organisations.show": ("/programmes/{programme}/organisations/{organisation}", {"p1.staff"}),
    "calendar.show": ("/programmes/{programme}/calendar", {who for who in EVERYBODY if who.startswith("p1.")}),
    "calendar.download": ("/programmes/{programme}/calendar.ics", {w for w in EVERYBODY if w.startswith("p1.")}),
    "calendar.new": ("/programmes/{programme}/calendar/new", {"p1.staff", "p1.liaison"}),
    "calendar.edit": ("/programmes/{programme}/calendar/{event}", {"p1.staff", "p1.liaison"}),
    "questions.listing": ("/programmes/{programme}/questions", {"p1.liaison", "p1.staff"}),
    "roster.upload": ("/programmes/{programme}/roster", {"p1.staff"}),
    "roster.template": ("/programmes/{programme}/roster/template.xlsx", {"p1.staff"}),
    "policies.history": ("/programmes/{programme}/policies", {"p1.liaison", "p1.staff", "p1.leading"}),
    "courses.listing": ("/courses", LEARNERS),
    "courses.unit": ("/courses/units/{unit}", P1_LEARNERS | WATCH_P1),
    "content.listing": ("/programmes/{programme}/content", {"p1.liaison", "p1.staff"}),
    "content.unit": (f"/programmes/{{programme}}/content/unit?activity={UNIT}", {"p1.liaison", "p1.staff"}),
    "content.received": (
        f"/programmes/{{programme}}/content/upload?activity={UNIT}&name=a&size=9",
        {"p1.liaison", "p1.staff"},
    ),
    "attendance.listing": ("/programmes/{programme}/meetings", P1_HOLDERS | {"p1.head2", "p1.wang"}),
    "attendance.new": ("/programmes/{programme}/meetings/new", P1_HOLDERS | {"p1.head2"}),
    "attendance.show": ("/meetings/{meeting}", P1_HOLDERS | {"p1.wang"}),
    "attendance.code": ("/meetings/{meeting}/code", P1_HOLDERS | {"p1.wang"}),
    "attendance.bring_in": ("/meetings/{meeting}/import", P1_HOLDERS | {"p1.wang"}),
    "sign_in.mine": ("/programmes/{programme}/attendance", P1_LEARNERS),
    "sign_in.form": ("/attendance/sign-in?meeting={meeting}", LEARNERS),
    "exams.mine": ("/programmes/{programme}/my-exams", P1_LEARNERS),
    "exams.listing": ("/programmes/{programme}/exams", RUN_P1),
    "exams.show": ("/exams/{exam}", RUN_P1),
    "exams.bring_in": ("/exams/{exam}/import", RUN_P1),
    "panels.listing": ("/programmes/{programme}/panel", {"p1.expert"}),
    "panels.show": ("/panel/{output}", {"p1.expert"}),
    "panels.download": ("/panel/{output}/files/{output_file}", {"p1.expert"}),
    "panels.publications": ("/programmes/{programme}/publications", OF_P1),
    "panels.export": ("/programmes/{programme}/publications.xlsx", RUN_P1),
    "books.listing": ("/programmes/{programme}/books", P1_HOLDERS | {"p1.head2"}),
    "surveys.mine": ("/programmes/{programme}/surveys", P1_LEARNERS),
    "surveys.show": ("/surveys/{survey}", P1_LEARNERS),
    "surveys.listing": ("/programmes/{programme}/surveys/manage", P1_READERS),
    "surveys.new": ("/programmes/{programme}/surveys/new", RUN_P1),
    "surveys.export": ("/surveys/{survey}/results.xlsx", P1_READERS),
    "surveys.results": ("/surveys/{survey}/results", P1_READERS),
    "achievements.form": ("/programmes/{programme}/achievements/import", RUN_P1),
    "ballots.listing": ("/programmes/{programme}/ballots", RUN_P1),
    "ballots.new": ("/programmes/{programme}/ballots/new", RUN_P1),
    "ballots.show": ("/ballots/{ballot}", RUN_P1),
    "answers.listing": ("/programmes/{programme}/qa", P1_TALK),
    "answers.show": ("/qa/{question}", P1_TALK),
    "answers.experts": ("/programmes/{programme}/experts", RUN_P1 | {"p1.expert"}),
    "declarations.leave": ("/programmes/{programme}/leave", P1_LEARNERS),
    "declarations.research": ("/programmes/{programme}/research", P1_LEARNERS),
    "declarations.note": ("/programmes/{programme}/notes", P1_LEARNERS),
    "declarations.reading": ("/programmes/{programme}/reading", P1_LEARNERS),
    "declarations.report": ("/programmes/{programme}/reports", P1_LEARNERS),
    "declarations.analysis": ("/programmes/{programme}/analysis", P1_LEARNERS),
    "declarations.new": ("/programmes/{programme}/declare/leave", P1_LEARNERS),
    "declarations.queue": ("/programmes/{programme}/confirm", P1_HOLDERS | {"p1.head2"}),
    "declarations.show": ("/declarations/{declaration}", P1_HOLDERS | {"p1.li"}),
    "declarations.download": ("/declarations/{declaration}/files/{proof}", P1_HOLDERS | {"p1.li"}),
    "marking.listing": ("/marking", {f"{p}.{who}" for p in BOTH for who in ("expert", "liaison")}),
    "marking.show": ("/marking/{assignment}", {"p1.expert", "p1.liaison"}),
    "appeals.listing": ("/appeals", LEARNERS),
    "appeals.new": (f"/appeals/new?{NO_TIME}", LEARNERS),
    "appeals.show": ("/appeals/{appeal}", {"p1.zhao", *SECOND_REVIEWERS}),
    "appeals.download": ("/appeals/{appeal}/files/{appeal_file}", {"p1.zhao", *SECOND_REVIEWERS}),
    "review.queue": ("/review", {f"{p}.{who}" for p in BOTH for who in ("wang", *REVIEWERS)}),
    "review.show": ("/review/{cohort}/{learner}", {"p1.head_teacher", "p1.liaison", "p1.staff"}),
    "admin.index": ("/admin", {"admin"}),
    "admin.api": ("/admin/api", {"admin"}),
    "admin.credentials": ("/admin/credentials", {"admin"}),
    "admin.new_credential": ("/admin/credentials/new", {"admin"}),
    "admin.credential": ("/admin/credentials/{credential}", {"admin"}),
    "admin.identities": ("/admin/identities", {"admin"}),
    "admin.identity": ("/admin/identities/{learner}", {"admin"}),
    "admin.compare": ("/admin/identities/{learner}/join", {"admin"}),
    "admin.identity_history": ("/admin/identities/history", {"admin"}),
    "admin.namesakes": ("/admin/identities/namesakes", {"admin"}),
    "admin.identity_rules": ("/admin/identities/rules", {"admin"}),
    "admin.persons": ("/admin/persons", {"admin"}),
    "admin.person": ("/admin/persons/{learner}", {"admin"}),
    "admin.person_export": ("/admin/persons/{learner}/export", {"admin"}),
    "admin.erasure": ("/admin/erasures/{erasure}", {"admin"}),
    "admin.certificate": ("/admin/erasures/{erasure}.json", {"admin"}),
    "admin.retention": ("/admin/retention", {"admin"}),
    "privacy.mine": ("/privacy", {f"{p}.{who}" for p in BOTH for who in ("li", "wang", "zhao")}),
    "privacy.export": ("/privacy/export", {f"{p}.{who}" for p in BOTH for who in ("li", "wang", "zhao")}),
    "admin.forwarding": ("/admin/forwarding", {"admin"}),
    "admin.new_target": ("/admin/forwarding/new", {"admin"}),
    "admin.target": ("/admin/forwarding/{target}", {"admin"}),
    "admin.edit_target": ("/admin/forwarding/{target}/edit", {"admin"}),
    "admin.quarantine": ("/admin/quarantine", {"admin"}),
    "admin.refused": ("/admin/quarantine/{refused}", {"admin"}),
}
P1_LEARNERS = {"p1.li", "p1.wang", "p1.zhao"}
P1_MARKERS = {"p1.expert", "p1.liaison"}
P1_RUN = {"p1.liaison", "p1.staff"}
GETS |= {
    "tasks.listing": ("/tasks", LEARNERS),
    "tasks.show": ("/tasks/{work}", P1_LEARNERS),
    "tasks.download": ("/tasks/{work}/files/{work_file}", {"p1.zhao"}),
    "peers.show": ("/peer-reviews/{pair}", {"p1.li"}),
    "peers.download": ("/peer-reviews/{pair}/files/{work_file}", {"p1.li"}),
    "assignments.listing": ("/programmes/{programme}/assignments", P1_RUN),
    "assignments.new": ("/programmes/{programme}/assignments/new", P1_RUN),
    "assignments.show": ("/assignments/{work}", P1_RUN),
    "assignments.edit": ("/assignments/{work}/edit", P1_RUN),
    "marking.work": ("/marking/{work}/works/{submission}", P1_MARKERS),
    "marking.download": ("/marking/{work}/works/{submission}/files/{work_file}", P1_MARKERS),
    "marking.match": ("/marking/{work}/works/{submission}/matches/{other_submission}", P1_MARKERS),
}
POSTS = {
    "members.change": ("/programmes/{programme}/learners/{learner}/move", {"p1.staff"}),
    "contacts.add": (
        "/cohorts/{cohort}/learners/{learner}/contacts",
        {"p1.wang", "p1.head_teacher", "p1.liaison", "p1.staff"},
    ),
    "contacts.withdraw": ("/cohorts/{cohort}/learners/{learner}/contacts/999/withdraw", set()),
    "responsible.add": ("/programmes/{programme}/people", {"p1.staff"}),
    "responsible.end": ("/programmes/{programme}/people/999/end", {"p1.staff"}),
    "responsible.account": ("/programmes/{programme}/accounts/999/bar", {"p1.staff"}),
    "classes.form": ("/programmes/{programme}/classes", {"p1.staff"}),
    "classes.size": ("/programmes/{programme}/classes/size", {"p1.staff"}),
    "organisations.add": ("/programmes/{programme}/organisations", {"p1.staff"}),
    "organisations.import_": ("/programmes/{programme}/organisations/import", {"p1.staff"}),
    "organisations.change": ("/programmes/{programme}/organisations/{organisation}/move", {"p1.staff"}),
    "calendar.key": (
        "/programmes/{programme}/calendar/unsubscribe",
        {who for who in EVERYBODY if who.startswith("p1.")},
    ),
    "questions.import_": ("/programmes/{programme}/questions", {"p1.liaison", "p1.staff"}),
    "roster.preview": ("/programmes/{programme}/roster/preview", {"p1.staff"}),
    "roster.import_": ("/programmes/{programme}/roster", {"p1.staff"}),
    "tasks.hand_in_work": ("/tasks/{work}", P1_LEARNERS),
    "tasks.draft": ("/tasks/{work}/draft", P1_LEARNERS),
    "tasks.object_to_it": ("/tasks/{work}/objection", P1_LEARNERS),
    "peers.record": ("/peer-reviews/{pair}", {"p1.li"}),
    "assignments.add": ("/programmes/{programme}/assignments/new", P1_RUN),
    "assignments.change": ("/assignments/{work}/edit", P1_RUN),
    "assignments.hand_on": ("/assignments/{work}/pass-on", P1_RUN),
    "assignments.decide": ("/assignments/{work}/objections/{mark_objection}", P1_RUN),
    "marking.assess": ("/marking/{work}/works/{submission}", P1_MARKERS),
    "marking.send_back": ("/marking/{work}/works/{submission}/return", P1_MARKERS),
    "results.freeze": ("/programmes/{programme}/results", RUN_P1),
    "results.publish": ("/results/{result}/notice", RUN_P1),
    "results.certify": ("/results/{result}/certificates", RUN_P1),
    "notices.object_": ("/notices/{notice}/objections", OF_P1),
    "notices.answer": ("/notices/{notice}/objections/{objection}", RUN_P1),
    "notices.withdraw": ("/notices/{notice}/withdraw", RUN_P1),
    "certificates.revoke": ("/certificates/{certificate}/revoke", RUN_P1),
    "attendance.create": ("/programmes/{programme}/meetings/new", P1_HOLDERS | {"p1.head2"}),
    "attendance.record": ("/meetings/{meeting}", P1_HOLDERS | {"p1.wang"}),
    "attendance.cancel": ("/meetings/{meeting}/cancel", P1_HOLDERS),
    "sign_in.enter": ("/attendance/sign-in?meeting={meeting}", LEARNERS),
    "exams.create": ("/programmes/{programme}/exams", RUN_P1),
    "exams.record": ("/exams/{exam}", RUN_P1),
    "exams.close": ("/exams/{exam}/notes/{exam_note}", RUN_P1),
    "panels.grade": ("/panel/{output}", {"p1.expert"}),
    "panels.seat": ("/declarations/{output}/panel", RUN_P1),
    "panels.rule": ("/declarations/{output}/ruling", RUN_P1),
    "books.bring_in": ("/programmes/{programme}/books/import", RUN_P1),
    "books.add": ("/programmes/{programme}/books/add", RUN_P1),
    "books.retire": ("/programmes/{programme}/books/{book}/retire", RUN_P1),
    "surveys.answer": ("/surveys/{survey}", P1_LEARNERS),
    "surveys.create": ("/programmes/{programme}/surveys/new", RUN_P1),
    "surveys.close": ("/surveys/{survey}/close", RUN_P1),
    "achievements.bring_in": ("/programmes/{programme}/achievements/import", RUN_P1),
    "ballots.call": ("/programmes/{programme}/ballots/new", RUN_P1),
    "ballots.change": ("/ballots/{ballot}/annul", RUN_P1),
    "answers.put": ("/programmes/{programme}/qa", P1_LEARNERS),
    "answers.reply": ("/qa/{question}/answer", {"p1.expert"}),
    "answers.withdraw": ("/qa/{question}/withdraw", {"p1.li"}),
    "declarations.hand_in": ("/programmes/{programme}/declare/leave", P1_LEARNERS),
    "declarations.decide": ("/declarations/{declaration}/decision", P1_HOLDERS),
    "declarations.again": ("/declarations/{declaration}/again", {"p1.li"}),
    "declarations.withdraw": ("/declarations/{declaration}/withdraw", {"p1.li"}),
    "admin.add_credential": ("/admin/credentials/new", {"admin"}),
    "admin.rotate_credential": ("/admin/credentials/{credential}/rotate", {"admin"}),
    "admin.revoke_a_credential": ("/admin/credentials/{credential}/revoke", {"admin"}),
    "admin.split_identity": ("/admin/identities/{learner}/split", {"admin"}),
    "admin.join": ("/admin/identities/{learner}/join", {"admin"}),
    "admin.judge_namesakes": ("/admin/identities/namesakes/dismiss", {"admin"}),
    "admin.add_rule": ("/admin/identities/rules", {"admin"}),
    "admin.drop_a_rule": ("/admin/identities/rules/1/drop", {"admin"}),
    "admin.apply_all_rules": ("/admin/identities/rules/apply", {"admin"}),
    "admin.erase": ("/admin/persons/{learner}/erase", {"admin"}),
    "admin.clean": ("/admin/persons/clean", {"admin"}),
    "admin.keep": ("/admin/retention", {"admin"}),
    "admin.add_target": ("/admin/forwarding/new", {"admin"}),
    "admin.change_target": ("/admin/forwarding/{target}/edit", {"admin"}),
    "admin.steer_target": ("/admin/forwarding/{target}/pause", {"admin"}),
    "admin.decide": ("/admin/quarantine/{refused}/replay", {"admin"}),
    "admin.replay_kind": ("/admin/quarantine/replay", {"admin"}),
    "appeals.file": (f"/appeals/new?{NO_TIME}", LEARNERS),
    "appeals.state": ("/appeals/{appeal}/statement", {"p1.head2"}),
    "appeals.decide": ("/appeals/{appeal}/decision", SECOND_REVIEWERS),
    "review.decide": ("/review/{cohort}/{learner}", {"p1.head_teacher", "p1.liaison", "p1.staff"}),
    "content.move": ("/programmes/{programme}/content", {"p1.liaison", "p1.staff"}),
    "content.change": (f"/programmes/{{programme}}/content/unit?activity={UNIT}", {"p1.liaison", "p1.staff"}),
    "grades.set_result": ("/cohorts/{cohort}/learners/{learner}/grade/set", RUN_P1),
    "grades.withdraw_result": ("/cohorts/{cohort}/learners/{learner}/grade/set/{override}/withdraw", RUN_P1),
    "marking.record": ("/marking/{assignment}/{learner}", {"p1.expert", "p1.liaison"}),
    "auth.logout": ("/logout", set(EVERYBODY)),
}

ELSEWHERE = {"media.show", "content.upload"}
"""Tried by everybody in test_media.py and test_content.py: a signed address, and a PUT."""


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
