"""Ledger entries in the form that others rely on (study-time.md, section 2): seconds, ISO dates, UTC instants."""

from typing import Any

from lms_tracker.core.instants import from_us
from lms_tracker.core.study.entries import REASONS, Entry
from lms_tracker.core.xapi.timestamps import format_timestamp

COLUMNS = (
    "learner",
    "activity",
    "session",
    "registration",
    "date",
    "raw_seconds",
    "credited_seconds",
    "held_seconds",
    *(f"discounted_{reason}" for reason in REASONS),
    "evidence",
    "policy",
    "engine",
    "intervals",
)


def export_entry(entry: Entry, actor: dict[str, Any]) -> dict[str, Any]:
    """One entry as the contract's object. `seconds` of an interval is its amount of study time."""
    return {
        "learner": actor,
        "activity": entry.activity,
        "session": entry.session,
        "date": entry.date.isoformat(),
        "registration": entry.registration or None,
        "raw_seconds": seconds(entry.raw_us),
        "credited_seconds": seconds(entry.credited_us),
        "held_seconds": seconds(entry.held_us),
        "discounted": {reason: seconds(amount) for reason, amount in entry.discounted.items()},
        "intervals": [
            {
                "from": instant(interval.start_us),
                "to": instant(interval.end_us),
                "media": [seconds(at) for at in interval.media] if interval.media else None,
                "verdict": interval.verdict,
                "seconds": seconds(interval.amount_us),
                "statements": list(interval.statements),
            }
            for interval in entry.intervals
        ],
        "evidence": entry.evidence,
        "policy": entry.policy,
        "engine": entry.engine,
    }


def seconds(us: int) -> float:
    """Microseconds as seconds; exact to the microsecond."""
    return us / 1_000_000


def instant(us: int) -> str:
    """Microseconds since 1970 as an ISO 8601 instant in UTC."""
    return format_timestamp(from_us(us))
