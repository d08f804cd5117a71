"""The same pages over PostgreSQL."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.app import create_app
from lms_tracker.settings import Settings
from tests.web import deeds, people
from tests.web.people import NOW, PASSWORD


@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("p1.li", ["/study"]),
        ("p1.wang", ["/study", "/cohorts", "/cohorts/{cohort}?sort=final", "/cohorts/{cohort}/learners/{learner}"]),
        ("p1.bureau", ["/bulletins", "/bulletins/{bulletin}", "/bulletins/{bulletin}.json"]),
        ("p1.expert", ["/marking", "/marking/{assignment}"]),
    ],
)
def test_every_page_reads_as_well_from_postgresql(login: str, paths: list[str], pg: Engine, tmp_path: Path) -> None:
    world = people.build(pg)
    deeds.some_study(pg, world)
    bulletin = issue_bulletin(pg, world.programme["p1"], "2026-03-H2", as_of=NOW, now=NOW).id
    url = pg.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, var_dir=str(tmp_path), secret_key="k" * 40, worker=False))
    app.extensions["now"] = lambda: NOW
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    assert browser.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    ids = {
        "cohort": world.cohort["p1.one"],
        "learner": world.learner["p1.li"],
        "bulletin": bulletin,
        "assignment": world.assignment["p1.research"],
    }
    for path in paths:
        assert browser.get(path.format(**ids)).status_code == 200, path
    if login == "p1.expert":
        address = f"/marking/{ids['assignment']}/{ids['learner']}"
        assert browser.post(address, data={"mark": "90", "comment": "好\0"}).status_code == 303
        assert "好" in browser.get(f"/marking/{ids['assignment']}").text
        assert browser.post("/login", data={"login": "p1\0", "password": "\0"}).status_code == 401
    app.extensions["db"].dispose()
