"""Contact notes: kept with who and when, part of a person's copy, gone with the person."""

import io
import json
from datetime import UTC, date, datetime
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, func, insert, select

from lms_tracker.actions.announce import make_calendar_key
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.export_person import export_person
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.leave_programme import leave_programme
from lms_tracker.actions.move_learner import MoveError, move_learner
from lms_tracker.actions.note_contact import note_contact, withdraw_contact
from lms_tracker.store import tables as t
from lms_tracker.store.contacts import latest_notes, notes_of, notes_within
from lms_tracker.store.db import reading, writing
from tests.programme import add_programme

NOW = datetime(2026, 4, 5, 4, tzinfo=UTC)
TODAY = date(2026, 4, 5)


@pytest.fixture
def p1(any_db: Engine) -> Engine:
    add_programme(any_db)
    with writing(any_db) as tx:
        row = {"name": "班主任", "password_hash": "!", "session_token": "x", "created_at": NOW}
        tx.execute(insert(t.account), [row | {"id": n, "login": f"t{n}"} for n in (1, 2)])
        tx.execute(insert(t.account).values(row | {"id": 3, "login": "p1", "name": "李一凡", "learner_id": 1}))
    return any_db


def note(db: Engine, learner_id: int = 1, by: int = 1, words: str = "家里有事") -> int:
    return note_contact(
        db, 1, learner_id, on=TODAY, way="phone", reached=True, words=words, by=by, today=TODAY, now=NOW
    )


def test_the_last_note_that_stands_is_the_latest_and_a_withdrawn_one_stays_without_counting(p1: Engine) -> None:
    first, second = note(p1), note(p1, words="第二次")
    with reading(p1) as tx:
        assert latest_notes(tx, 1, [1, 2], NOW)[1].words == "第二次"
    assert not withdraw_contact(p1, second, by=2, now=NOW), "of somebody else"
    assert withdraw_contact(p1, second, by=1, now=NOW) and not withdraw_contact(p1, second, by=1, now=NOW)
    with reading(p1) as tx:
        assert latest_notes(tx, 1, [1, 2], NOW)[1].id == first
        assert [row.id for row in notes_of(tx, 1, 1)] == [second, first]


def test_nothing_is_noted_about_somebody_who_is_not_in_the_programme(p1: Engine) -> None:
    with pytest.raises(MoveError):
        note(p1, learner_id=99)


def test_a_copy_of_a_person_holds_notes_and_moves_and_an_erasure_deletes_the_notes(p1: Engine) -> None:
    note(p1)
    note(p1, learner_id=2)
    move_learner(p1, 1, 1, school="第3中学", on=TODAY, reason="调动", by=1, now=NOW)
    make_calendar_key(p1, 3, now=NOW)
    buffer = io.BytesIO()
    export_person(p1, 1, buffer, NOW)
    with ZipFile(buffer) as zip:
        assert [one["words"] for one in json.loads(zip.read("contacts.json"))] == ["家里有事"]
        assert [one["what"] for one in json.loads(zip.read("changes.json"))] == ["began", "moved"]
    erase_person(p1, 1, ordered_by="admin", reason="本人书面请求", now=NOW)
    with reading(p1) as tx:
        assert list(tx.scalars(select(t.contact_note.c.learner_id))) == [2]
        assert tx.scalar(select(func.count()).select_from(t.calendar_key)) == 0


def test_who_was_called_is_known_after_a_transfer_and_after_learners_were_joined(p1: Engine) -> None:
    note(p1, words="在一班时")
    note(p1, learner_id=2, words="另一个标识")
    with writing(p1) as tx:
        tx.execute(insert(t.cohort).values(id=2, programme_id=1, name="二班"))
    move_learner(p1, 1, 1, cohort_id=2, on=TODAY, reason="调班", by=1, now=NOW)
    with reading(p1) as tx:
        assert latest_notes(tx, 1, [1], NOW)[1].words == "在一班时"
        assert [row.words for row in notes_within(tx, 1, [2], (), 9)] == ["在一班时"], "the new head teacher reads it"
        assert len(notes_within(tx, 1, [1], (), 9)) == 2, "and so does the one who wrote it"
    leave_programme(p1, 2, 1, on=TODAY, reason="重复登记", now=NOW)
    join_learners(p1, 2, into=1, made_by=None, reason="同一个人", now=NOW)
    with reading(p1) as tx:
        assert latest_notes(tx, 1, [1], NOW)[1].words == "另一个标识", "the later one"
        assert latest_notes(tx, 1, [2], NOW) == {}


def test_the_last_contact_is_the_one_of_the_latest_day_whenever_it_was_written_down(p1: Engine) -> None:
    note(p1, words="今天")
    note_contact(
        p1, 1, 1, on=date(2026, 3, 20), way="visit", reached=True, words="补记", by=1, today=TODAY, now=NOW
    )  # fmt: skip
    with reading(p1) as tx:
        assert latest_notes(tx, 1, [1], NOW)[1].words == "今天"
