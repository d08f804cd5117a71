"""The record kept small and indexed by terms; marks of what is unsettled are only ever added.

Expand: nothing yet. Contract: nothing.

Revision ID: 0003
Revises: 0002
"""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
