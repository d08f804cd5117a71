"""Instants as forms write them: `<input type=datetime-local>`, on the programme's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def local_instant(typed: str, zone: ZoneInfo) -> datetime | None:
    """The instant, in UTC; None for what is none (or is left empty)."""
    try:
        found = datetime.fromisoformat(typed.strip())
        return None if found.tzinfo else found.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def for_form(at: datetime | None, zone: ZoneInfo) -> str:
    """What `local_instant` reads the same from, to the minute."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
