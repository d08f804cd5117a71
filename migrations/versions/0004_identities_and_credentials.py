"""Identities with their history; credentials with scopes, bounds and last use.

Expand: nothing yet. Contract: nothing.

Revision ID: 0004
Revises: 0003
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
