"""Surveys: the answers know nothing of who gave them, and who has answered knows nothing of the answers.

Neither table of answers has a number that grows, a time, or (in SQLite) an order of arrival; after closing both are
written anew in random order (`actions.surveys.shuffle_closed`), so that no order of rows links them.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from lms_tracker.store.tables.types import Instant, metadata

survey = Table(
    "survey",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # needs | satisfaction | other
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column(
        "groups", Text, nullable=False
    ),  # JSON list of what is kept with the answers: keys of actions.surveys.GROUPS
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("made_by", ForeignKey("account.id"), index=True),
    Column("made_at", Instant, nullable=False),
    Column("shuffled_at", Instant),
)

survey_question = Table(
    "survey_question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("survey_id", ForeignKey("survey.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # of core.survey.KINDS
    Column("topic", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON list
    Column("required", Boolean, nullable=False),
    UniqueConstraint("survey_id", "position"),
)

survey_turnout = Table(
    "survey_turnout",  # who has answered: not what, not when
    metadata,
    Column("survey_id", ForeignKey("survey.id"), primary_key=True, autoincrement=False),
    Column("learner_id", ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

survey_sheet = Table(
    "survey_sheet",  # what was answered: not by whom, not when
    metadata,
    Column("id", Text, primary_key=True),  # 128 random bits
    Column("survey_id", ForeignKey("survey.id"), nullable=False, index=True),
    Column("groups", Text, nullable=False),  # JSON: what the survey says that it keeps, nothing else
    Column("answers", Text, nullable=False),  # JSON by position
    sqlite_with_rowid=False,
)

expert_question = Table(
    "expert_question",  # to the experts
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("learner_id", ForeignKey("learner.id"), index=True),  # null: whose asker was erased
    Column("meeting_id", ForeignKey("meeting.id"), index=True),  # asked in a live session; null: at any time
    Column("topic", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)

expert_answer = Table(
    "expert_answer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question_id", ForeignKey("expert_question.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), index=True),  # null: whose account is gone
    Column("words", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("replaced_at", Instant),  # never edited: the expert's next answer to the same question replaces it
)
