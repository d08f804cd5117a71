"""Whether somebody chose the address for their mail: then no roster changes it.

Expand: `account.mail_chosen`; addresses that are there were chosen. Contract: nothing.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("account", sa.Column("mail_chosen", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE account SET mail_chosen = true WHERE mail IS NOT NULL"))


def downgrade() -> None:
    op.drop_column("account", "mail_chosen")
