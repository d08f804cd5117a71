"""Turns of forwarding, and what came of them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from lms_tracker.actions.forward import forward
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading
from lms_tracker.store.tables import statement
from tests.lrs.conftest import make_statement
from tests.stores import KEY, NOW, Other

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


class Clock:
    def __init__(self) -> None:
        self.at = NOW + timedelta(seconds=1)

    def __call__(self) -> Any:
        return self.at


def turn(db: Engine, target: int, clock: Clock, *, batch: int = 500) -> bool:
    return forward(db, target, secret_key=KEY, clock=clock, jitter=lambda: 0.0, batch=batch)


def drain(db: Engine, target: int, clock: Clock, *, batch: int = 500) -> None:
    while turn(db, target, clock, batch=batch):
        pass


def row(db: Engine, target: int) -> Any:
    with reading(db) as tx:
        return store.target(tx, target)


def ids(made: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in made]


def void(id: str) -> dict[str, Any]:
    return make_statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": id})


def voided_there(other: Other) -> set[str]:
    with reading(other.db) as tx:
        found = tx.scalars(select(statement.c.id).where(statement.c.voided_by.is_not(None)))
        return {str(id) for id in found}
