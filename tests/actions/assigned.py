"""One assignment of the small world, as its tests find it, and what they do with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from lms_tracker.actions.assess import Judgement, assess
from lms_tracker.actions.hand_in import HandedIn, WorkRefused, hand_in
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.actions.standing import Standings, standings
from lms_tracker.core.assignments.rubric import parse_rubric
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.store import assignments
from lms_tracker.store.db import reading, writing
from lms_tracker.store.marks import marks_in_force
from tests.web import people
from tests.web.people import NOW, World, enrol

DAY = timedelta(days=1)
DUE = NOW + 5 * DAY
RUBRIC = parse_rubric("论证：有数据 | 优 60 | 良 45 | 差 15\n结构 | 好 40 | 差 10")
TERMS = Terms("校本研修案例", "assignments", "写一个案例。", RUBRIC, due_at=DUE)
PDF = b"%PDF-1.4 a"


@dataclass
class Case:
    """The small world with one assignment; people by login."""

    db: Engine
    world: World
    id: int

    def hand_in(self, login: str, text: str = "我的案例", now: datetime = NOW, **more: Any) -> HandedIn:
        return hand_in(self.db, self.id, self.world.learner[login], text=text, now=now, **more)

    def change(self, now: datetime = NOW, **values: Any) -> None:
        with reading(self.db) as tx:
            setting = assignments.setting_of(tx, self.id)
        assert setting is not None
        terms = msgspec.structs.replace(setting.terms, **values)
        set_terms(self.db, self.world.programme["p1"], terms, assignment_id=self.id, by=None, now=now)

    def assess(self, submission: int, *levels: int, by: str = "p1.expert", now: datetime = NOW, **more: Any) -> D:
        made = Judgement(dict(enumerate(levels)), more.pop("remarks", {}), more.pop("comment", None))
        return assess(self.db, self.id, submission, made, by=self.world.account[by], now=now)

    def all(self, now: datetime = NOW) -> Standings:
        with reading(self.db) as tx:
            setting = assignments.setting_of(tx, self.id)
            assert setting is not None
            return standings(tx, setting, now)

    def marks(self, assignment_id: int | None = None) -> dict[str, D]:
        names = {id: login for login, id in self.world.learner.items()}
        with reading(self.db) as tx:
            return {names[who]: row.mark for who, row in marks_in_force(tx, assignment_id or self.id).items()}

    def crowd(self, count: int) -> list[str]:
        """More learners of class one; their logins."""
        logins = [f"p1.n{n}" for n in range(count)]
        with writing(self.db) as tx:
            for login in logins:
                enrol(
                    tx,
                    self.world,
                    self.world.programme["p1"],
                    self.world.cohort["p1.one"],
                    login,
                    login,
                    "town",
                    NOW.date(),
                )
        return logins


@pytest.fixture
def case(any_db: Engine) -> Case:
    world = people.build(any_db)
    id = set_terms(any_db, world.programme["p1"], TERMS, by=world.account["p1.staff"], now=NOW)
    return Case(any_db, world, id)


def refused(action: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(WorkRefused) as caught:
        action(*args, **more)
    return caught.value.why
