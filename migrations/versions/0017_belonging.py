"""Organisations as a tree, classes of a size, roles that end, histories of belonging, contact notes, the calendar.

Expand: the tables of store.tables.belonging and store.tables.calendar; columns for closed organisations, the size of
classes, passwords that must be changed, and the time of roles. Contract: nothing.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

ADDED = (
    ("organisation", "closed_at", sa.BigInteger),
    ("role", "from_at", sa.BigInteger),
    ("role", "until_at", sa.BigInteger),
    ("role", "ended_at", sa.BigInteger),
)


def upgrade() -> None:
    for table, name, kind in ADDED:
        op.add_column(table, sa.Column(name, kind))
    op.add_column("programme", sa.Column("cohort_size", sa.Integer, nullable=False, server_default="40"))
    op.add_column("account", sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()))
    _histories()
    _contact_notes()
    _calendar()


def _histories() -> None:
    for name, of, *columns in (
        (
            "organisation_event",
            "organisation",
            sa.Column("what", sa.Text, nullable=False),
            sa.Column("before", sa.Text),
            sa.Column("after", sa.Text),
        ),
        (
            "role_event",
            "role",
            sa.Column("what", sa.Text, nullable=False),
            sa.Column("reason", sa.Text, nullable=False),
        ),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.Integer, nullable=False),
            sa.Column(f"{of}_id", sa.Integer, nullable=False),
            *columns,
            sa.Column("made_by", sa.Integer),
            sa.Column("made_at", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
            *_keys(name, **{f"{of}_id": of, "made_by": "account"}),
        )
        op.create_index(f"ix_{name}_{of}_id", name, [f"{of}_id"])
    op.create_table(
        "enrolment_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("enrolment_id", sa.Integer, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("cohort_id", sa.Integer, nullable=False),
        sa.Column("organisation_id", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_event"),
        *_keys(
            "enrolment_event",
            enrolment_id="enrolment",
            cohort_id="cohort",
            organisation_id="organisation",
            made_by="account",
        ),
    )
    for column in ("enrolment_id", "cohort_id"):
        op.create_index(f"ix_enrolment_event_{column}", "enrolment_event", [column])


def _contact_notes() -> None:
    op.create_table(
        "contact_note",
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("programme_id", "cohort_id", "learner_id")),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("reached", sa.Boolean, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("again_on", sa.Date),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_contact_note"),
        *_keys("contact_note", programme_id="programme", cohort_id="cohort", learner_id="learner", made_by="account"),
    )
    for column in ("programme_id", "cohort_id", "learner_id"):
        op.create_index(f"ix_contact_note_{column}", "contact_note", [column])


def _calendar() -> None:
    op.create_table(
        "calendar_event",
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("programme_id", "number", "version")),
        sa.Column("cohort_id", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "title")),
        *(sa.Column(name, sa.Date, nullable=False) for name in ("on", "until_on")),
        *(sa.Column(name, sa.BigInteger) for name in ("starts_at", "ends_at")),
        *(sa.Column(name, sa.Text) for name in ("place", "words")),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("made_by", sa.Integer),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("replaced_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_event"),
        sa.UniqueConstraint("number", "version", name="uq_calendar_event_number_version"),
        *_keys("calendar_event", programme_id="programme", cohort_id="cohort", made_by="account"),
    )
    op.create_index("ix_calendar_event_programme_id", "calendar_event", ["programme_id"])
    op.create_table(
        "calendar_key",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("secret_sha256", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("revoked_at", "used_at")),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_key"),
        sa.UniqueConstraint("secret_sha256", name="uq_calendar_key_secret_sha256"),
        *_keys("calendar_key", account_id="account"),
    )
    op.create_index("ix_calendar_key_account_id", "calendar_key", ["account_id"])


def _keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")
        for column, target in targets.items()
    ]


def downgrade() -> None:
    for table in ("calendar_key", "calendar_event", "contact_note", "enrolment_event", "role_event"):
        op.drop_table(table)
    op.drop_table("organisation_event")
    op.drop_column("account", "must_change")
    op.drop_column("programme", "cohort_size")
    for table, name, _ in ADDED:
        op.drop_column(table, name)
