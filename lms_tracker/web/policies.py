"""Which policies a programme has had from which date on, and what each adoption changed. For liaison and staff."""

from datetime import date
from typing import Any

import msgspec
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from msgspec import Struct
from sqlalchemy import Row

from lms_tracker.actions.policies import policy_of_text
from lms_tracker.actions.programme_policy import InForce, on_day, policies_of, superseded
from lms_tracker.core.grading.compare import Change, Totals, changes
from lms_tracker.core.grading.policy import Policy
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.store.policies import adoptions_of
from lms_tracker.web.clock import now

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
    )


def steps_of(rows: list[Row[Any]], in_force: list[InForce], today: date) -> list[Step]:
    """Rows of store.policies.adoptions_of, each with what it says and what it changed; in their order."""
    steps, so_far = [], list[InForce]()
    for row in rows:
        policy = policy_of_text(row.content, row.name, f"policy {row.policy}, as it was adopted")
        earlier = _on(so_far, row.from_on)
        before = earlier.policy if earlier else None
        steps.append(
            Step(
                row=row,
                policy=policy,
                before=before,
                state=_state(row, in_force, today),
                effect=_totals.decode(row.effect) if row.effect else None,
                changed=changes(before, policy) if before else [],
            )
        )
        so_far = superseded(so_far, InForce(row.from_on, policy, row.id))
    return steps


def _on(policies: list[InForce], day: date | None) -> InForce | None:
    if day is None:
        return None
    return next((one for one in reversed(policies) if one.first is None or one.first <= day), None)


def _state(row: Row[Any], in_force: list[InForce], today: date) -> str:
    if all(one.row != row.id for one in in_force):
        return "superseded"
    if row.from_on is not None and row.from_on > today:
        return "to_come"
    judging = _on(in_force, today)
    return "in_force" if judging and judging.row == row.id else "past"
