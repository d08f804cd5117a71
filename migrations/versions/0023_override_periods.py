"""Results set by hand are of a period: where each year has a grade, of one year.

Expand: `period` in `grade_override`, and in its unique index. Contract: nothing.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("grade_override", sa.Column("period", sa.Text, nullable=False, server_default=""))
    op.drop_index("uq_grade_override_in_force", "grade_override")
    _index("programme_id", "learner_id", "part", "period")


def downgrade() -> None:
    op.drop_index("uq_grade_override_in_force", "grade_override")
    _index("programme_id", "learner_id", "part")
    op.drop_column("grade_override", "period")


def _index(*columns: str) -> None:
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_grade_override_in_force",
        "grade_override",
        list(columns),
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
