"""Surveys on both databases: once each, and nothing in the tables that links a person to answers. Questions to experts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, inspect, select

from lms_tracker.actions.questions import answer_question, ask, take_back
from lms_tracker.actions.surveys import SurveyForm, answer_survey, close_survey, create_survey, shuffle_closed
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import Question
from lms_tracker.store import questions as asked
from lms_tracker.store import surveys as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.person_work import forget_work
from tests.programme import add_programme

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
QUESTIONS = [Question("scale", "平台稳定", "网络与平台"), Question("text", "建议")]
GOOD = {0: ["1"], 1: ["很好"]}


@pytest.fixture
def world(any_db: Engine) -> Engine:
    add_programme(any_db)
    with writing(any_db) as tx:
        for id in (11, 12):
            row = {"id": id, "login": f"e{id}", "name": f"专家{id}", "password_hash": "", "session_token": ""}
            tx.execute(insert(t.account).values(row | {"created_at": NOW}))
        tx.execute(insert(t.organisation).values(id=20, name="东部中心", kind="centre", parent_id=1))
        tx.execute(t.organisation.update().where(t.organisation.c.id == 2).values(parent_id=20))
    create_survey(any_db, 1, form(), by=None, now=NOW)
    return any_db


def form(**more: Any) -> SurveyForm:
    given: dict[str, Any] = {"kind": "satisfaction", "title": "期中", "words": "", "questions": QUESTIONS}
    return SurveyForm(**given | {"opens_at": NOW, "closes_at": NOW + timedelta(days=7)} | more)


def test_each_answers_once_and_where_they_belong_is_kept_as_the_survey_says(world: Engine) -> None:
    answer_survey(world, 1, 1, GOOD, now=NOW)
    answer_survey(world, 1, 3, {0: ["4"]}, now=NOW)
    with pytest.raises(NotAllowed, match="answered"):
        answer_survey(world, 1, 1, GOOD, now=NOW)
    with reading(world) as tx:
        sheets = store.sheets_of(tx, 1)
        assert store.turnout_by_class(tx, 1, 1, NOW) == [("一班", 2, 4)]
        assert (store.has_answered(tx, 1, 1), store.has_answered(tx, 1, 2)) == (True, False)
    groups = sorted((tuple(sorted(sheet.groups.items())) for sheet in sheets), key=len)
    assert groups == [
        (("class", "一班"), ("school_kind", "town")),
        (("centre", "东部中心"), ("class", "一班"), ("school_kind", "city")),
    ]


def test_no_column_of_the_answers_speaks_of_a_person_or_a_time(world: Engine) -> None:
    columns = {
        table: {column["name"] for column in inspect(world).get_columns(table)}
        for table in ("survey_sheet", "survey_turnout")
    }
    assert columns == {
        "survey_sheet": {"id", "survey_id", "groups", "answers"},
        "survey_turnout": {"survey_id", "learner_id"},
    }


def test_nothing_in_the_order_of_rows_links_people_and_answers_once_it_is_over(world: Engine) -> None:
    for learner in (3, 1, 4, 2):
        answer_survey(world, 1, learner, {0: [str(learner)]}, now=NOW)
    with reading(world) as tx:
        before = set(tx.scalars(select(t.survey_sheet.c.id)))
    assert shuffle_closed(world, NOW + timedelta(days=1)) == 0, "it is still open"
    assert shuffle_closed(world, NOW + timedelta(days=8)) == 1
    assert shuffle_closed(world, NOW + timedelta(days=8)) == 0
    with reading(world) as tx:
        after = list(tx.scalars(select(t.survey_sheet.c.id)))  # as the rows lie
        people = list(tx.scalars(select(t.survey_turnout.c.learner_id)))
        steps = sorted(sheet.answers[0] for sheet in store.sheets_of(tx, 1))  # type: ignore[type-var]
    assert (before.isdisjoint(after), after == sorted(after), people, steps) == (True, True, [1, 2, 3, 4], [1, 2, 3, 4])


def test_in_sqlite_rows_lie_by_their_random_number_from_the_start(db: Engine) -> None:
    with reading(db) as tx:
        for table in ("survey_sheet", "survey_turnout"):
            made = tx.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").scalar()
            assert "WITHOUT ROWID" in str(made)


def test_it_is_answered_only_while_it_is_open_and_by_who_is_asked(world: Engine) -> None:
    for learner, at, why in (
        (1, NOW - timedelta(seconds=1), "closed"),
        (1, NOW + timedelta(days=7), "closed"),
        (77, NOW, "stranger"),
    ):
        with pytest.raises(NotAllowed, match=why):
            answer_survey(world, 1, learner, GOOD, now=at)
    with pytest.raises(NotAllowed, match="answer:0"):
        answer_survey(world, 1, 1, {}, now=NOW)
    close_survey(world, 1, now=NOW + timedelta(hours=1))
    with pytest.raises(NotAllowed, match="closed"):
        answer_survey(world, 1, 1, GOOD, now=NOW + timedelta(hours=1))
    with reading(world) as tx:
        assert store.sheets_of(tx, 1) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"kind": "exam"}, "kind"),
        ({"title": " "}, "title"),
        ({"closes_at": NOW}, "times"),
        ({"groups": ["name"]}, "groups"),
        ({"questions": []}, "questions"),
        ({"questions": [*QUESTIONS, Question("single", "x")]}, "options:3"),
    ],
)
def test_a_survey_that_makes_no_sense_is_refused(world: Engine, more: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        create_survey(world, 1, form(**more), by=None, now=NOW)


def test_an_erased_person_is_no_longer_among_those_who_answered_and_the_answers_stay(world: Engine) -> None:
    answer_survey(world, 1, 1, GOOD, now=NOW)
    with writing(world) as tx:
        forget_work(tx, [1])
    with reading(world) as tx:
        assert not store.has_answered(tx, 1, 1) and len(store.sheets_of(tx, 1)) == 1


def question(db: Engine, learner: int = 1, topic: str = "作业设计") -> int:
    return ask(db, 1, learner, topic=topic, words="低年级作业怎样分层？", meeting_id=None, now=NOW)


def test_what_experts_answered_stands_in_their_files_and_is_found_by_its_words(world: Engine) -> None:
    one, two = question(world), question(world, topic="校园安全")
    answer_question(world, one, words="先分目标，再分数量", by=11, now=NOW)
    answer_question(world, one, words="先分目标，再分难度", by=11, now=NOW + timedelta(hours=1))
    answer_question(world, two, words="看一看预案", by=12, now=NOW)
    answer_question(world, two, words="每月演练", by=11, now=NOW)
    with reading(world) as tx:
        files = asked.expert_files(tx, 1)
        assert [(name, sorted(row.topic for row in rows)) for name, rows in files] == [
            ("专家11", ["作业设计", "校园安全"]), ("专家12", ["校园安全"]),
        ]  # fmt: skip
        assert [row.id for row in asked.questions_of(tx, 1, "难度")] == [one]
        assert asked.questions_of(tx, 1, "数量") == [], "what was replaced is not found"
        assert [row.id for row in asked.questions_of(tx, 1, "100%")] == []
        assert (asked.count_open(tx, 1), asked.questions_of(tx, 1, open_only=True)) == (0, [])


def test_a_question_is_taken_back_only_before_it_is_answered(world: Engine) -> None:
    one, two = question(world), question(world)
    answer_question(world, one, words="先分目标", by=11, now=NOW)
    with pytest.raises(NotAllowed, match="answered"):
        take_back(world, one, now=NOW)
    take_back(world, two, now=NOW)
    with pytest.raises(NotAllowed, match="gone"):
        answer_question(world, two, words="x", by=11, now=NOW)


def test_who_is_not_enrolled_asks_nothing_and_an_erased_askers_question_is_nobodys(world: Engine) -> None:
    with pytest.raises(NotAllowed, match="stranger"):
        question(world, 77)
    with pytest.raises(NotAllowed, match="stranger"):
        ask(world, 1, 1, topic="x", words="x", meeting_id=99, now=NOW)
    one = question(world)
    with writing(world) as tx:
        forget_work(tx, [1])
    with reading(world) as tx:
        row = asked.question_by_id(tx, one)
    assert row is not None and (row.owner, row.name, row.words) == (None, None, "低年级作业怎样分层？")
