"""An address of accounts, and the mails that wait to be sent.

Expand: the column `account.mail`, the table `mail`.
Contract: nothing.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("account", sa.Column("mail", sa.Text))
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "about", "facts")),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("trouble", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_mail_account_id"),
        sa.UniqueConstraint("account_id", "kind", "about", name="uq_mail_account_id_kind_about"),
    )
    op.create_index("ix_mail_due_at", "mail", ["due_at"])


def downgrade() -> None:
    op.drop_table("mail")
    with op.batch_alter_table("account") as account:
        account.drop_column("mail")
