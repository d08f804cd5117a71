"""What was refused is said to the learner and to the head teacher, and to nobody else."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.player.conftest import Clock, Page, log_in, settled
from tests.web.people import World


def test_refused_requests_stand_with_the_session(
    app: Flask, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    page.watch(120)
    page.send(page.beat(), n=1, p=page.opened["proof"])
    page.send(page.beat(), n=1, p=page.opened["proof"])
    page.send(page.beat(), p="x" * 32)
    settled(any_db, clock, world.learner["p1.li"])
    own = browser.get("/study").text
    assert "有 2 次提交重复了以前的记录" in own
    assert "有 1 次提交没有带上服务器发出的凭证" in own
    address = f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}"
    assert "有 2 次提交重复了以前的记录" in log_in(app, "p1.head_teacher").get(address).text
    monitor = log_in(app, "p1.wang").get(address)
    assert monitor.status_code == 200 and "次提交" not in monitor.text
    assert log_in(app, "p2.head_teacher").get(address).status_code == 404
