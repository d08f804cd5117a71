"""Instants and durations as xAPI writes them (Data 4.5 and 4.6; RFC 3339; ISO 8601:2004 4.4.3.2)."""

import re
from datetime import UTC, datetime, timedelta

_TIMESTAMP = re.compile(
    r"(?P<date>[0-9]{4}-?[0-9]{2}-?[0-9]{2})[Tt]"
    r"(?P<clock>[0-9]{2}(?::?[0-9]{2}(?::?(?P<s>[0-9]{2})(?:[.,][0-9]{1,32})?)?)?)"
    r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{1,32})?Z", re.ASCII)
"""What nearly everybody writes, and Python reads to UTC without further ado."""
_NEGATIVE_ZERO = re.compile(r"-00(?::?00)?$")
_DURATION = re.compile(
    r"P(?:(?P<W>N)W|(?:(?P<Y>N)Y)?(?:(?P<Mo>N)M)?(?:(?P<D>N)D)?"
    r"(?P<T>T(?:(?P<H>N)H)?(?:(?P<Mi>N)M)?(?:(?P<S>N)S)?)?)".replace("N", r"[0-9]{1,15}(?:[.,][0-9]{1,32})?")
)
_US = {
    "Y": 365 * 86_400_000_000,
    "Mo": 30 * 86_400_000_000,
    "W": 7 * 86_400_000_000,
    "D": 86_400_000_000,
    "H": 3_600_000_000,
    "Mi": 60_000_000,
    "S": 1_000_000,
}
MAX_DURATION_US = 2**63 - 1
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_timestamp(text: str) -> datetime:
    """An aware UTC datetime, to the microsecond (finer digits are cut off).

    Without an offset the instant is taken as UTC (Data 4.5: the offset is a SHOULD). Raises ValueError naming the
    fault: not ISO 8601, no such date, an offset of minus zero (RFC 3339 4.3: "unknown", so no instant at all).
    """
    if _PLAIN.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError as e:
            raise ValueError(f"no such date or time: {e}") from e
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError("not an ISO 8601 date and time such as 2026-03-01T08:00:00.000Z")
    if _NEGATIVE_ZERO.search(found["zone"] or ""):
        raise ValueError("an offset of -00:00 says that the offset is unknown; use Z or +00:00")
    leap = found["s"] == "60"
    if leap:  # a leap second is counted as the first second after it
        at = found.start("s")
        text = f"{text[:at]}59{text[at + 2 :]}"
    try:
        at_ = datetime.fromisoformat(text.upper())
        at_ = at_.replace(tzinfo=UTC) if at_.tzinfo is None else at_.astimezone(UTC)
        return at_ + timedelta(seconds=1) if leap else at_
    except OverflowError as e:
        raise ValueError("outside the years 1 to 9999") from e
    except ValueError as e:
        raise ValueError(f"no such date or time: {e}") from e


def format_timestamp(at: datetime) -> str:
    """`2026-03-01T08:00:00.123456Z`: always UTC, always six digits, so that text sorts like time."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def format_http_date(at: datetime) -> str:
    """`Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7): whole seconds, in English wherever it runs."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    text = at.isoformat()
    return f"{_DAYS[at.weekday()]}, {text[8:10]} {_MONTHS[at.month - 1]} {text[:4]} {text[11:19]} GMT"


def parse_duration(text: str) -> int:
    """Microseconds of an ISO 8601 duration; a year counts 365 days, a month 30 (nothing in xAPI says which).

    Raises ValueError: another format, weeks mixed with other units, a fraction before the last unit, no unit at all,
    or more than fits into 64 bits.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("not an ISO 8601 duration such as PT4H35M59.14S")
    parts = [(unit, found[unit]) for unit in ("W", "Y", "Mo", "D", "H", "Mi", "S") if found[unit] is not None]
    if not parts or found["T"] == "T":
        raise ValueError("a duration needs at least one number with its unit")
    total = 0
    for position, (unit, digits) in enumerate(parts):
        whole, _, fraction = digits.replace(",", ".").partition(".")
        if fraction and position < len(parts) - 1:
            raise ValueError("only the last number of a duration may have a fraction")
        total += int(whole) * _US[unit]
        if fraction:
            total += int(fraction) * _US[unit] // 10 ** len(fraction)
    if total > MAX_DURATION_US:
        raise ValueError("longer than 290,000 years")
    return total


TIMESTAMP_PATTERN = _TIMESTAMP.pattern
DURATION_PATTERN = _DURATION.pattern
"""For descriptions: what the whole text must match, though not every match is an instant or a duration."""
