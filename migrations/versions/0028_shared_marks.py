"""One row says whose evidence changed with a whole transaction.

Expand: `marks` in `touched_learner`. Contract: nothing.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("touched_learner", sa.Column("marks", sa.Text))


def downgrade() -> None:
    # What is shared cannot be told apart here: whoever goes back has all of these learners settled before.
    op.drop_column("touched_learner", "marks")
