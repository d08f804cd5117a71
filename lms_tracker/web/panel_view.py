"""A panel as one person may see it: experts see no other's level before there is one, the author no names ever."""

from typing import Any

from flask_babel import lazy_gettext as N_
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.core.grading.kinds import LEVEL_WORDS
from lms_tracker.core.panel import LEVELS, Ruling
from lms_tracker.store import panels as store
from lms_tracker.store.places import Place, reaches
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.people import Person

RULES = {
    "waiting": N_("等待专家评定"),
    "unanimous": N_("各位专家一致"),
    "middle": N_("相差不超过一级，取中间（两者之间取较低）"),
    "third-needed": N_("相差超过一级，需要第三位专家"),
    "third": N_("相差较大，连同第三位专家取中间"),
    "chair": N_("由评审负责人裁定"),
}


class PanelView(Struct, frozen=True):
    """`seats`: with names for who runs the panel only. `candidates`: experts who may still be seated."""

    ruling: Ruling
    seats: list[Row[Any]]
    chair: Row[Any] | None
    runs: bool
    candidates: list[Row[Any]]
    mates: set[int]
    """Accounts of experts from the author's own school."""
    levels: tuple[str, ...] = LEVELS

    @property
    def level_words(self) -> dict[str, Any]:
        return LEVEL_WORDS

    @property
    def rules(self) -> dict[str, Any]:
        return RULES

    @property
    def shows_levels(self) -> bool:
        """Levels and comments are shown once the panel is done; who runs it sees them when all that are asked have graded."""
        return self.ruling.level is not None or (self.runs and self.ruling.rule == "third-needed")


def panel_view(db: Connection, row: Row[Any], person: Person, place: Place) -> PanelView:
    """Of a piece of research output."""
    own = person.learner_id is not None and person.learner_id == row.owner
    runs = not own and any(role.name in RUN_A_PROGRAMME and reaches(role, place) for role in person.roles)
    seats = store.seats_of(db, row.id)
    experts = store.experts_of(db, row.programme_id) if runs else []
    mates = {
        one.id for one in experts if one.organisation_id is not None and one.organisation_id == row.organisation_id
    }
    there = {seat.account_id for seat in seats}
    free = [one for one in experts if one.id not in there and one.learner_id != row.owner]
    return PanelView(store.ruling_on(db, row.id), seats, store.chair_of(db, row.id), runs, free, mates)
