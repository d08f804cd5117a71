"""Runs the migrations on the connection that lms_tracker/store/migrations.py hands over, inside its transaction.

A developer's `alembic` command (`alembic revision -m "what it adds" --rev-id 0002`) needs no connection.
"""

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run migrations with `lms-tracker db upgrade`: it locks the database and checks it first.")

# Both databases can roll back a changed schema; Alembic assumes that SQLite can't because the driver used to commit early.
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
