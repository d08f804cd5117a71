"""Which policies a programme has had from which date on, and what each adoption changed. For liaison and staff."""

from datetime import date
from typing import Any

import msgspec
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.actions.programme_policy import InForce, adopted, in_force_on, on_day, policies_of
from lms_tracker.core.grading.compare import Change, Totals, changes
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.policies import adoptions_of
from lms_tracker.web.clock import now
from lms_tracker.web.provisions import said_of

bp = Blueprint("policies", __name__)
_totals = msgspec.json.Decoder(Totals)


class Step(Struct, frozen=True):
    """One adoption. `state`: in_force | to_come | past (another followed from a later date) | superseded.

    `before`: the policy that was in force on its first date before; None for the beginning. `effect` and `changed` are
    against that.
    """

    row: Row[Any]
    policy: Policy
    before: Policy | None
    state: str
    effect: Totals | None
    changed: list[Change]


@bp.get("/programmes/<int:programme_id>/policies")
def history(programme_id: int) -> ResponseReturnValue:
    """The latest adoption first."""
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        in_force = policies_of(db, programme_id, programme.policy)
        rows = adoptions_of(db, programme_id)
    zone = in_force[0].policy.study.zone
    today = now().astimezone(zone).date()
    return render_template(
        "policies/history.html",
        programme=programme,
        policy=on_day(in_force, today),
        steps=steps_of(rows, in_force, today)[::-1],
        zone=zone,
        said_of=said_of,
    )


def steps_of(rows: list[Row[Any]], in_force: list[InForce], today: date) -> list[Step]:
    """Rows of store.policies.adoptions_of, each with what it says and what it changed; in their order."""
    return [
        Step(
            row=one.row,
            policy=one.policy,
            before=one.before,
            state=_state(one.row, in_force, today),
            effect=_totals.decode(one.row.effect) if one.row.effect else None,
            changed=changes(one.before, one.policy) if one.before else [],
        )
        for one in adopted(rows)
    ]


def _state(row: Row[Any], in_force: list[InForce], today: date) -> str:
    if all(one.row != row.id for one in in_force):
        return "superseded"
    if row.from_on is not None and row.from_on > today:
        return "to_come"
    judging = in_force_on(in_force, today)
    return "in_force" if judging and judging.row == row.id else "past"
