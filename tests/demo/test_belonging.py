"""What the demo shows around its class."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine, func, select

from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_roster import import_people
from lms_tracker.core.organisations_sheet import parse_organisations
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.demo.belonging import show_belonging
from lms_tracker.demo.term import term
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import enrolments

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)


def test_the_tree_has_a_leading_group_a_bureau_a_centre_and_two_districts_over_every_school() -> None:
    rows = parse_organisations(cast.organisations_table()).rows
    kinds = [row.kind for row in rows if row.kind != "school"]
    assert kinds == ["leading_group", "bureau", "centre", "district", "district"]
    assert {row.name for row in rows if row.kind == "school"} == {p.school for p in cast.learners()}


def test_moves_notes_and_the_calendar_are_there_once_however_often_it_is_done(db: Engine) -> None:
    so_far = term(date(2026, 4, 20))
    programme = create_programme(
        db, "p1", cast.PROGRAMME, "p1-principals", so_far.starts_on, so_far.ends_on, cast.BUREAU, now=NOW
    )
    options = {"home_page": "https://a.example", "now": NOW, "new_password": lambda: cast.PASSWORD}
    import_people(db, parse_roster(cast.roster_table()), "p1", **options)
    counts = []
    for _ in range(2):
        show_belonging(db, programme, so_far, lambda: NOW)
        with reading(db) as tx:
            tables = (t.organisation, t.enrolment_event, t.calendar_event, t.contact_note, t.role, t.account)
            counts.append([tx.scalar(select(func.count()).select_from(table)) for table in tables])
    assert counts[0] == counts[1]
    assert counts[0][1:4] == [5, 7, 4]
    with reading(db) as tx:
        assert len(enrolments(tx, programme, on=so_far.as_of.date())) == 53
