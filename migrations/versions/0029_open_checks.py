"""Presence checks that are open are looked for once a minute: those of pages that are gone run out as well.

Expand: the partial index `ix_player_check_open`. Contract: nothing.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_index(
        "ix_player_check_open",
        "player_check",
        ["issued_at"],
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_player_check_open", "player_check")
