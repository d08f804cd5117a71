"""How amounts, dates and moments are written for people, in the language of the request. Nothing is computed here."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import gettext as _

from lms_tracker.core.grading.things import NOTES
from lms_tracker.core.period import parse_period
from lms_tracker.core.rounding import round_parts
from lms_tracker.reports.words import reason
from lms_tracker.web.i18n import locale

US = 1_000_000


def duration(us: int) -> str:
    """A length of time in hours and minutes, in seconds when it is short: 1 小时 05 分 | 1 h 05 min."""
    seconds = round(us / US)
    hours, minutes = divmod(round(seconds / 60), 60)
    if 0 < seconds < 60:
        return _("%(n)d 秒", n=seconds)
    if not hours:
        return _("%(n)d 分钟", n=minutes)
    return _("%(h)d 小时 %(m)02d 分", h=hours, m=minutes)


def exact(us: int) -> str:
    """As `duration`, but to the second, where a small change is to be seen and parts are to add up."""
    seconds = round(us / US)
    minutes, rest = divmod(seconds, 60)
    if not rest or seconds < 60:
        return duration(us)
    if seconds < 3600:
        return _("%(m)d 分 %(s)02d 秒", m=minutes, s=rest)
    return _("%(h)d 小时 %(m)02d 分 %(s)02d 秒", h=minutes // 60, m=minutes % 60, s=rest)


def exact_parts(*parts_us: int) -> list[str]:
    """The whole and then its parts, each as `exact`: whoever adds up what is shown gets the whole."""
    whole, parts = round_parts(parts_us, US)
    return [exact(seconds * US) for seconds in (whole, *parts)]


def difference(us: int) -> str:
    """How much more (+) or less (−) a length of time is."""
    return f"{'+' if us > 0 else '−' if us < 0 else ''}{exact(abs(us))}"


def number(value: Decimal | float | None, places: int = 2) -> str:
    """A decimal without idle zeros; a dash when there is none."""
    if value is None:
        return "—"
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: Decimal, places: int = 1) -> str:
    """A decimal with just so many places, for columns that people compare."""
    return f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"


def day(value: date | str | None, form: str = "day") -> str:
    """`day`: with its weekday; `short`: 3/1; `month`: of a year; `full`: with the year. Sealed contents hold dates as text."""
    if value is None:
        return "—"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    patterns = {
        "zh": {"day": "M月d日 EEE", "short": "M/d", "month": "y年M月", "full": "y年M月d日"},
        "en": {"day": "EEE d MMM", "short": "d/M", "month": "MMMM y", "full": "d MMM y"},
    }
    return format_date(value, patterns[locale()][form], locale=_babel())


def moment(value: datetime | int, zone: ZoneInfo, form: str = "time") -> str:
    """A moment (aware, or microseconds since 1970) on the clock of the programme."""
    at = value if isinstance(value, datetime) else datetime.fromtimestamp(value // US, UTC)
    patterns = {
        "zh": {"time": "HH:mm", "exact": "HH:mm:ss", "full": "y年M月d日 HH:mm"},
        "en": {"time": "HH:mm", "exact": "HH:mm:ss", "full": "d MMM y, HH:mm"},
    }
    return format_datetime(at.astimezone(zone), patterns[locale()][form], locale=_babel())


def seconds(value: Decimal | float | str) -> str:
    """As `duration`, from seconds."""
    return duration(int(Decimal(str(value)) * US))


def period(key: str) -> str:
    """The period of a bulletin: 2026年3月上半月 | first half of March 2026."""
    own = parse_period(key)
    month = day(own.first, "month")
    if not own.is_half:
        return month
    return _("%(month)s上半月", month=month) if own.first.day == 1 else _("%(month)s下半月", month=month)


def _babel() -> str:
    return "zh_Hans_CN" if locale() == "zh" else "en_GB"


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        duration=duration,
        difference=difference,
        exact=exact,
        number=number,
        fixed=fixed,
        day=day,
        moment=moment,
        seconds=seconds,
        period=period,
    )
    app.jinja_env.globals["reason_word"] = reason
    app.jinja_env.globals["exact_parts"] = exact_parts
    app.jinja_env.globals["note_words"] = NOTES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
