"""Whom an operator means."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert

from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.learners import learner_of
from lms_tracker.store.tables import account

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mailto:li@example.org", [1]),
        ("li@example.org", [1]),
        ('{"mbox": "mailto:li@example.org"}', [1]),
        ("李明", [1]),
        ("1", [2]),  # the account that a source calls 1, not the first learner
        ("https://lms.example.org 1", [2]),
        ('{"account": {"homePage": "https://lms.example.org", "name": "1"}}', [2]),
        ("2", [3]),  # a login
        ("3", [3]),  # nobody is called so: our own number
        ("4", []),
        ("9" * 30, []),
        ("²", []),
        ("{", []),
        ('{"account": 1}', []),
        ("", []),
    ],
)
def test_names_that_people_use_come_before_our_numbers(any_db: Engine, text: str, found: list[int]) -> None:
    with writing(any_db) as tx:
        learner_of(tx, {"mbox": "mailto:li@example.org", "name": "李明"}, NOW)
        learner_of(tx, {"account": {"homePage": "https://lms.example.org", "name": "1"}}, NOW)
        third = learner_of(tx, {"mbox": "mailto:zhao@example.org"}, NOW)
        values = {"login": "2", "name": "赵", "password_hash": "!", "session_token": "t", "created_at": NOW}
        tx.execute(insert(account).values(values | {"learner_id": third}))
    with reading(any_db) as tx:
        assert find_learners(tx, text) == found
