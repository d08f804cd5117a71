"""${message}.

The contract of a migration, so that servers of the release before keep working while this one is rolled out:
 1. Expand, then contract. A release may add tables, nullable columns, columns with a default, and indexes. What the
    code no longer uses is dropped by the release after the one that stopped using it, never by the same.
 2. Named by hand. Every constraint and index has the name that lms_tracker/store/tables.py gives it; the test in
    tests/store/test_migrations.py holds the two equal, on both databases.
 3. It imports nothing of lms_tracker: tables.py goes on changing, a migration never does.
 4. It runs in one transaction on both databases. Nothing recorded is edited: rows are moved or copied, not rewritten.

Expand: (say what is added). Contract: (say what is dropped, and which release stopped using it).

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
