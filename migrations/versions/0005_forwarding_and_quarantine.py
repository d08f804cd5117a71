"""The outbox of forwarding, and statements that were refused.

Expand: nothing yet. Contract: nothing.

Revision ID: 0005
Revises: 0004
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
