"""Works are compared whatever script they are in: every text is read and compared once more, with a print of version 2.

Expand: rows of `unread_text`. Contract: nothing.

Revision ID: 0030
Revises: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute(
        "INSERT INTO unread_text (submission_id, since) SELECT submission_id, made_at FROM text_print "
        "WHERE submission_id NOT IN (SELECT submission_id FROM unread_text)"
    )


def downgrade() -> None:
    """Prints of version 2 are passed over by what knows version 1 only."""
