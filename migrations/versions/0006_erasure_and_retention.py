"""What remains of a person who was erased, and how long sources keep.

Expand: nothing yet. Contract: nothing.

Revision ID: 0006
Revises: 0005
"""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
