"""Surveys stand in the calendar of their programme, on the local day on which they close."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from lms_tracker.actions.surveys import SurveyForm, create_survey
from lms_tracker.core.survey import Question
from lms_tracker.store.calendar import entries_of
from lms_tracker.store.db import reading
from tests.programme import add_programme

EVE = datetime(2026, 3, 13, 22, 30, tzinfo=UTC)  # half past six on March 14 in Shanghai


def test_a_survey_is_due_on_the_local_day_on_which_it_closes(any_db: Engine) -> None:
    add_programme(any_db)
    asked = SurveyForm("needs", "需求", "", EVE, EVE + timedelta(days=7), [Question("scale", "x")])
    create_survey(any_db, 1, asked, by=None, now=EVE)
    with reading(any_db) as tx:
        found = {entry.key: entry for entry in entries_of(tx, 1, {1}, ZoneInfo("Asia/Shanghai"))}
    due = found["survey-1"]
    assert (due.kind, due.on, due.starts_at) == ("deadline", date(2026, 3, 21), EVE + timedelta(days=7))
