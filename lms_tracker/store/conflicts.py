"""INSERT of what may be there already."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def inserting(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`, which SQLAlchemy has for each database by itself."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)
