"""The story of peer review under P2, over the pages alone: whoever reviews sees it count in the part 互评, at once."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.conftest import LogIn
from tests.web.people import NOW, World
from tests.web.test_assignments import send, set_one, words

TRIO = ("p1.li", "p1.wang", "p1.zhao")
JUDGED = {"level-0": "0", "level-1": "0", "comment": "很好"}


def reviews_of(browser: FlaskClient, as_of: str = "") -> tuple[float, list[str]]:
    """Points of the part, and what stands in it."""
    tree = browser.get(f"/study/grade.json{as_of}").json["explained"]
    base = next(child for child in tree["children"] if child["title"]["en"] == "Points of the parts")
    part = next(child for child in base["children"] if child["ref"] == "part:reviews")
    return part["points"], [child["title"]["zh"] for child in part["children"] if child["kind"] == "evidence"]


def under_review(app: Flask, db: Engine, as_: LogIn, world: World) -> tuple[int, dict[str, list[Any]]]:
    """An assignment of P2 that everybody handed in, on the day after its deadline; pairs by login of who reviews."""
    with writing(db) as tx:
        p1 = t.programme.c.id == world.programme["p1"]
        tx.execute(update(t.programme).where(p1).values(policy="p2-municipal"))
    id = set_one(as_, world, peer="1", peer_due_at="2026-04-12T18:00", reviews="2")
    for login in TRIO:
        send(as_(login), f"/tasks/{id}", f"{login[3:]} 写的设计")
    at_day(app, db, NOW + timedelta(days=2))
    with reading(db) as tx:
        rows = list(tx.execute(select(t.peer_pair).order_by(t.peer_pair.c.id)))
    return id, {who: [row for row in rows if row.learner_id == world.learner[who]] for who in TRIO}


def at_day(app: Flask, db: Engine, at: datetime) -> None:
    app.extensions["now"] = lambda: at
    keep_assignments(db, at)


def test_reviews_that_are_done_count_by_themselves(app: Flask, db: Engine, as_: LogIn, world: World) -> None:
    _id, pairs = under_review(app, db, as_, world)
    li = as_("p1.li")
    assert reviews_of(li) == (0, [])
    first, second = pairs["p1.li"]
    assert li.post(f"/peer-reviews/{first.id}", data=JUDGED).status_code == 303
    # One of six: 5 / 6 = 0.83 points, printed 0.8.
    assert reviews_of(li) == (0.8, ["互评：校本研修设计（第 1 份）"])
    assert li.post(f"/peer-reviews/{first.id}", data=JUDGED | {"comment": "改了评语"}).status_code == 303
    assert reviews_of(li)[0] == 0.8, "one review, though it was changed"
    at_day(app, db, NOW + timedelta(days=3))
    assert li.post(f"/peer-reviews/{second.id}", data=JUDGED).status_code == 303
    assert reviews_of(li) == (1.7, ["互评：校本研修设计（第 1 份）", "互评：校本研修设计（第 2 份）"])
    assert reviews_of(li, "?as_of=2026-04-07")[0] == 0.8, "as of the day before"
    page = words(li.get("/study/grade").text)
    assert "互评：校本研修设计（第 2 份）" in page and "王芳" not in page and "赵强" not in page
    # A team-mate who has done none has nothing; whose work it was cannot be told from anything; outsiders see nothing.
    assert reviews_of(as_("p1.wang")) == (0, [])
    for login in ("p1.zhao", "p2.li", "p2.staff", "p1.bureau"):
        grade = f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}/grade.json"
        assert as_(login).get(grade).status_code == 404, login
    # Reviewing is no mark here: the terms name no component for it.
    at_day(app, db, NOW + timedelta(days=9))
    with reading(db) as tx:
        assert "（互评）" not in "".join(tx.scalars(select(t.assignment.c.title)))
    assert reviews_of(li)[0] == 1.7


def test_a_work_that_the_reviewer_may_not_judge_counts_nothing(
    app: Flask, db: Engine, as_: LogIn, world: World
) -> None:
    _id, pairs = under_review(app, db, as_, world)
    wang = as_("p1.wang")
    foreign = pairs["p1.li"][0]
    assert wang.post(f"/peer-reviews/{foreign.id}", data=JUDGED).status_code == 404
    own = pairs["p1.wang"][0]
    assert wang.post(f"/peer-reviews/{own.id}", data={"level-0": "0"}).status_code == 400
    at_day(app, db, NOW + timedelta(days=9))
    wang.post(f"/peer-reviews/{own.id}", data=JUDGED)
    assert reviews_of(wang) == (0, []), "reviewing is over"
