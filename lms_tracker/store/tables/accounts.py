"""Accounts of people who log in, their roles, and runs of jobs."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, UniqueConstraint, false

from lms_tracker.store.tables.types import Instant, metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("session_token", Text, nullable=False),  # in the cookie; changing it ends all sessions of the account
    Column("locale", Text),
    Column("learner_id", ForeignKey("learner.id"), unique=True),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("must_change", Boolean, nullable=False, server_default=false()),  # the password was given: choose one first
    Column("mail", Text),  # where reminders go; null: nowhere
    Column("mail_chosen", Boolean, nullable=False, server_default=false()),  # by the person: no roster changes it
)

login_failure = Table(
    "login_failure",  # of known and unknown logins alike, so that a lock does not tell which logins exist
    metadata,
    Column("login_sha256", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
    Column("locked_until", Instant),
)

role = Table(
    "role",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),  # a key of actions.create_account.SCOPES
    Column("programme_id", ForeignKey("programme.id")),  # scope of liaison, expert, staff
    Column("cohort_id", ForeignKey("cohort.id")),  # scope of monitor, head_teacher
    Column("organisation_id", ForeignKey("organisation.id")),  # scope of leading_group, centre, bureau
    Column("from_at", Instant),  # null: from the beginning
    Column("until_at", Instant),  # of itself; null: until somebody ends it
    Column("ended_at", Instant),  # by somebody; a role that has ended stays, and opens nothing
)

job_run = Table(
    "job_run",  # one row per job and due time: whoever inserts it runs the job, everybody else does not
    metadata,
    Column("job", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", Text),
)

mail = Table(
    "mail",  # what is to be told by mail, once each; sent by the worker
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("kind", Text, nullable=False),  # a key of core.mail.TEXTS
    Column("about", Text, nullable=False),  # of one account and kind, each comes once
    Column("facts", Text, nullable=False),  # JSON: the values in its text
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant, index=True),  # when it is tried next; null: it is sent, or given up
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("trouble", Text),  # what the server said the last time
    UniqueConstraint("account_id", "kind", "about"),
)
