"""Held time, and what people send about it: for tests of reviews and of appeals."""

import json
import re
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse, encode_multipart

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.web.deeds import study
from tests.web.people import NOW, UNIT, World, add

DAY = date(2026, 3, 18)
SIGNAL = "操作间隔几乎相同"


def hold(db: Engine, world: World, login: str, hour: int = 19, day: date = DAY) -> int:
    """Fifteen minutes of one evening are held, and posted so."""
    learner = world.learner[login]
    with writing(db) as tx:
        study(tx, learner, day, credited=0, held=15, gap=10, hour=hour)
        entry = tx.execute(
            select(t.ledger.c.session, t.ledger.c.intervals).where(
                t.ledger.c.session == f"s-{learner}-{day}-{hour}", t.ledger.c.held_us > 0
            )
        ).one()
        held = next(i for i in json.loads(entry.intervals) if i["verdict"] == "held")
        return add(
            tx, t.decision, learner_id=learner, activity=UNIT, session=entry.session, registration="",
            start_us=held["start_us"], end_us=held["end_us"], kind="hold", reason="automation", model="m@0",
            signals=json.dumps([{"key": "cadence", "zh": SIGNAL, "en": "equal intervals", "weight": 1}]), decided_at=NOW,
        )  # fmt: skip


def form(world: World, about: str, login: str = "p1.li", **more: Any) -> dict[str, Any]:
    session = f"s-{world.learner[login]}-{DAY}-19"
    target = {"activity": UNIT, "session": session, "registration": "", "date": DAY.isoformat(), "about": about}
    return target | {"words": "我在记笔记"} | more


def send(browser: FlaskClient, data: dict[str, Any]) -> TestResponse:
    """As a browser does. In memory: of a large form the test client leaves a file open."""
    boundary, body = encode_multipart(MultiDict(data))
    return browser.post("/appeals/new", data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def appeal(browser: FlaskClient, world: World, about: str, **more: Any) -> str:
    answer = send(browser, form(world, about, **more))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def case_of(world: World, login: str = "p1.li") -> str:
    return f"/review/{world.cohort['p1.one']}/{world.learner[login]}"


def seen(page: str) -> list[str]:
    """What a page's form says that its reader has seen."""
    return re.findall(r'name="seen" value="([\d-]+)"', page)


def decide(browser: FlaskClient, address: str, shown: str | None = None, /, **data: Any) -> TestResponse:
    """As a browser does whose page is `shown`; by default it has just been opened."""
    shown = browser.get(address).text if shown is None else shown
    where = f"{address}/decision" if address.startswith("/appeals/") else address
    return browser.post(where, data={"seen": seen(shown), "words": "看过"} | data)


def have_rejected(db: Engine) -> None:
    """What was held on that day is posted as rejected."""
    with writing(db) as tx:
        ledger = tx.execute(select(t.ledger).where(t.ledger.c.held_us > 0, t.ledger.c.date == DAY)).one()
        values = {
            "held_us": 0,
            "intervals": ledger.intervals.replace('"held"', '"rejected"'),
            "discounted": json.dumps({"rejected": ledger.held_us, **json.loads(ledger.discounted)}),
        }
        tx.execute(t.ledger.update().where(t.ledger.c.id == ledger.id).values(values))


def made(db: Engine, *holds: int) -> list[str]:
    """What was decided about these holds."""
    with reading(db) as tx:
        return list(tx.scalars(select(t.decision.c.kind).where(t.decision.c.replaces.in_(holds))))
