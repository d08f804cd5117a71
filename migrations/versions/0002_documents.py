"""Documents of the state and profile resources, and what statements say about activities.

Expand: the tables `document` and `definition`. Contract: nothing.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("ifi", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", "registration", "id", name="pk_document"),
    )
    op.create_index("ix_document_ifi", "document", ["ifi"])
    op.create_table(
        "definition",
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("activity", "digest", name="pk_definition"),
    )


def downgrade() -> None:
    op.drop_table("definition")
    op.drop_index("ix_document_ifi", "document")
    op.drop_table("document")
