"""The first tables: the record, study time, people and programmes, marks and bulletins, accounts.

Expand: everything is new. Contract: nothing.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite only autoincrements INTEGER keys.
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, server_default="declared"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("key", name="uq_credential_key"),
        sa.UniqueConstraint("name", name="uq_credential_name"),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("job", "due_at", name="pk_job_run"),
    )
    op.create_table(
        "learner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_learner"),
    )
    op.create_table(
        "login_failure",
        sa.Column("login_sha256", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("login_sha256", name="pk_login_failure"),
    )
    op.create_index("ix_login_failure_last_at", "login_failure", ["last_at"])
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("school_kind", sa.Text()),
        sa.Column("parent_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name="fk_organisation_parent_id"),
        sa.UniqueConstraint("name", name="uq_organisation_name"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("session_token", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text()),
        sa.Column("learner_id", sa.Integer()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_account_learner_id"),
        sa.UniqueConstraint("learner_id", name="uq_account_learner_id"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "identity",
        sa.Column("ifi", sa.Text(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ifi", name="pk_identity"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_identity_learner_id"),
    )
    op.create_index("ix_identity_learner_id", "identity", ["learner_id"])
    op.create_table(
        "ledger",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("raw_us", sa.BigInteger(), nullable=False),
        sa.Column("credited_us", sa.BigInteger(), nullable=False),
        sa.Column("held_us", sa.BigInteger(), nullable=False),
        sa.Column("discounted", sa.Text(), nullable=False),
        sa.Column("intervals", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("reversed_at", sa.BigInteger()),
        sa.Column("cause", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_ledger_learner_id"),
    )
    op.create_index("ix_ledger_learner_id", "ledger", ["learner_id", "date"])
    op.create_index(
        "uq_ledger_in_force",
        "ledger",
        ["learner_id", "activity", "session", "registration", "date"],
        unique=True,
        sqlite_where=sa.text("reversed_at IS NULL"),
        postgresql_where=sa.text("reversed_at IS NULL"),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_programme"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_programme_organisation_id"),
        sa.UniqueConstraint("slug", name="uq_programme_slug"),
    )
    op.create_table(
        "statement",
        sa.Column("seq", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("learner_id", sa.Integer()),
        sa.Column("ifi", sa.Text()),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text()),
        sa.Column("registration", sa.Uuid()),
        sa.Column("target", sa.Uuid()),
        sa.Column("voided_by", sa.Uuid()),
        sa.Column("credential_id", sa.Integer()),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("received", sa.Boolean(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_statement"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="fk_statement_credential_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_statement_learner_id"),
        sa.UniqueConstraint("id", name="uq_statement_id"),
    )
    op.create_index("ix_statement_activity", "statement", ["activity", "stored"])
    op.create_index("ix_statement_ifi", "statement", ["ifi", "stored"])
    op.create_index("ix_statement_learner_id", "statement", ["learner_id", "stored"])
    op.create_index("ix_statement_registration", "statement", ["registration", "stored"])
    op.create_index("ix_statement_stored", "statement", ["stored", "seq"])
    op.create_index(
        "ix_statement_target",
        "statement",
        ["target"],
        sqlite_where=sa.text("target IS NOT NULL"),
        postgresql_where=sa.text("target IS NOT NULL"),
    )
    op.create_index("ix_statement_verb", "statement", ["verb", "stored"])
    op.create_table(
        "attachment",
        sa.Column("sha2", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha2", name="pk_attachment"),
    )
    op.create_table(
        "related",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "stored", "seq", name="pk_related"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unsettled",
        sa.Column("learner_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("learner_id", name="pk_unsettled"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_unsettled_learner_id"),
    )
    op.create_index("ix_unsettled_since", "unsettled", ["since"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_assignment_programme_id"),
        sa.UniqueConstraint("programme_id", "title", name="uq_assignment_programme_id_title"),
    )
    op.create_index("ix_assignment_programme_id", "assignment", ["programme_id"])
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_bulletin"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_bulletin_programme_id"),
        sa.UniqueConstraint("programme_id", "period", "version", name="uq_bulletin_programme_id_period_version"),
    )
    op.create_table(
        "cohort",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cohort"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_cohort_programme_id"),
        sa.UniqueConstraint("programme_id", "name", name="uq_cohort_programme_id_name"),
    )
    op.create_index("ix_cohort_programme_id", "cohort", ["programme_id"])
    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_course_programme_id"),
        sa.UniqueConstraint("programme_id", "title", name="uq_course_programme_id_title"),
    )
    op.create_index("ix_course_programme_id", "course", ["programme_id"])
    op.create_table(
        "activity",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("length_us", sa.BigInteger()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("iri", name="pk_activity"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_activity_course_id"),
    )
    op.create_index("ix_activity_course_id", "activity", ["course_id"])
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment"),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name="fk_enrolment_cohort_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_enrolment_learner_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_enrolment_organisation_id"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_enrolment_programme_id"),
        sa.UniqueConstraint("programme_id", "learner_id", name="uq_enrolment_programme_id_learner_id"),
    )
    op.create_index("ix_enrolment_cohort_id", "enrolment", ["cohort_id"])
    op.create_index("ix_enrolment_learner_id", "enrolment", ["learner_id"])
    op.create_table(
        "mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.Column("marked_by", sa.Integer()),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_mark"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name="fk_mark_assignment_id"),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name="fk_mark_learner_id"),
        sa.ForeignKeyConstraint(["marked_by"], ["account.id"], name="fk_mark_marked_by"),
    )
    op.create_index("ix_mark_learner_id", "mark", ["learner_id"])
    op.create_index(
        "uq_mark_in_force",
        "mark",
        ["assignment_id", "learner_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Integer()),
        sa.Column("cohort_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_role_account_id"),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name="fk_role_cohort_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_role_organisation_id"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_role_programme_id"),
    )
    op.create_index("ix_role_account_id", "role", ["account_id"])


def downgrade() -> None:
    op.drop_table("role")
    op.drop_table("mark")
    op.drop_table("enrolment")
    op.drop_table("activity")
    op.drop_table("course")
    op.drop_table("cohort")
    op.drop_table("bulletin")
    op.drop_table("assignment")
    op.drop_table("unsettled")
    op.drop_table("related")
    op.drop_table("attachment")
    op.drop_table("statement")
    op.drop_table("programme")
    op.drop_table("ledger")
    op.drop_table("identity")
    op.drop_table("account")
    op.drop_table("organisation")
    op.drop_table("login_failure")
    op.drop_table("learner")
    op.drop_table("job_run")
    op.drop_table("credential")
