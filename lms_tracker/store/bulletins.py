"""Issued bulletins: added, superseded, never edited."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from lms_tracker.store.tables import bulletin as table
from lms_tracker.store.tables import programme


def _rows() -> Select[Any]:
    return select(
        table.c.id,
        table.c.programme_id,
        programme.c.slug,
        programme.c.name.label("programme"),
        table.c.period,
        table.c.version,
        table.c.as_of,
        table.c.issued_at,
        table.c.superseded_at,
    ).join_from(table, programme, programme.c.id == table.c.programme_id)


def bulletins_of(db: Connection, programme_ids: Iterable[int]) -> list[Row[Any]]:
    """(id, programme_id, slug, programme, period, version, as_of, issued_at, superseded_at), the latest period first;
    superseded ones follow the one that replaced them."""
    return list(
        db.execute(
            _rows()
            .where(table.c.programme_id.in_(sorted(set(programme_ids))))
            .order_by(table.c.period.desc(), table.c.programme_id, table.c.version.desc())
        )
    )


def bulletin(db: Connection, bulletin_id: int) -> Row[Any] | None:
    """The same and `content` (the JSON text as issued), or None."""
    return db.execute(_rows().add_columns(table.c.content).where(table.c.id == bulletin_id)).one_or_none()


def versions(db: Connection, programme_id: int, period: str) -> list[Row[Any]]:
    """(id, version, as_of, content, superseded_at) of all versions of one period, the latest first."""
    return list(
        db.execute(
            select(table.c.id, table.c.version, table.c.as_of, table.c.content, table.c.superseded_at)
            .where(table.c.programme_id == programme_id, table.c.period == period)
            .order_by(table.c.version.desc())
        )
    )


def in_force(db: Connection, programme_id: int) -> list[Row[Any]]:
    """(period, version, content) of every period's bulletin that nothing has superseded."""
    return list(
        db.execute(
            select(table.c.period, table.c.version, table.c.content).where(
                table.c.programme_id == programme_id, table.c.superseded_at.is_(None)
            )
        )
    )


def add_bulletin(
    db: Connection, programme_id: int, period: str, version: int, as_of: datetime, content: str, now: datetime
) -> int:
    """Store a version and supersede those before it. Its id. Raises IntegrityError when that version is there."""
    db.execute(
        update(table)
        .where(table.c.programme_id == programme_id, table.c.period == period, table.c.superseded_at.is_(None))
        .values(superseded_at=now)
    )
    return int(
        db.execute(
            insert(table)
            .values(
                programme_id=programme_id,
                period=period,
                version=version,
                as_of=as_of,
                content=content,
                issued_at=now,
            )
            .returning(table.c.id)
        ).scalar_one()
    )
