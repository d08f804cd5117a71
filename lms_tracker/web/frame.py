"""What pages within a programme share: its row, its time zone, today's date there, and whose classes a person may see."""

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request
from msgspec import Struct
from sqlalchemy import Connection, Row

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.store.places import Place, reaches
from lms_tracker.store.programmes import programme_by_id
from lms_tracker.web.people import Person


class Frame(Struct, frozen=True):
    """A programme as a page sees it at an instant."""

    programme: Row[Any]
    zone: ZoneInfo
    today: date
    at: datetime


def frame_of(db: Connection, programme_id: int, at: datetime) -> Frame:
    """Of a programme that the access table has let the person into."""
    programme = programme_by_id(db, programme_id)
    if programme is None:
        abort(404)
    zone = policy_of_programme(db, programme, at).study.zone
    return Frame(programme, zone, at.astimezone(zone).date(), at)


def classes_of(person: Person, place: Place, who: Collection[str]) -> set[int] | None:
    """The classes of a place that the person's roles among `who` reach; None: all there are, now and to come."""
    mine = [role for role in person.roles if role.name in who and reaches(role, place)]
    if any(role.cohort_id is None for role in mine):
        return None
    return {role.cohort_id for role in mine if role.cohort_id is not None}


def typed_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """What an input of type datetime-local holds, as a moment; None when that is no time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def typed_day(text: str) -> date | None:
    """What an input of type date holds; None when that is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def hidden_numbers(name: str, count: int) -> list[tuple[int, ...]]:
    """What a form's hidden fields of a name hold: so many whole numbers each, as "7-0-12"; no others."""
    fields = [text.split("-") for text in request.form.getlist(name)]
    sound = (
        found for found in fields if len(found) == count and all(re.fullmatch("[0-9]{1,18}", one) for one in found)
    )
    return [tuple(map(int, found)) for found in sound]


def typed_number(text: str, otherwise: int | None = None) -> int | None:
    """A whole number of at most nine digits."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 9 else otherwise
