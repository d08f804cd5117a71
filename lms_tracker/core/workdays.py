"""Working days: Monday to Friday without holidays, and weekends that are worked instead. Which those are is the caller's
to say: the State Council arranges each year by itself, and schools have days off of their own.
"""

from collections.abc import Collection
from datetime import date, timedelta

LONGEST = 366


def first_working_day_after(day: date, holidays: Collection[date], workdays: Collection[date]) -> date:
    """The first working day after a day. `workdays`: weekends that are worked; they win over `holidays`."""
    for n in range(1, LONGEST):
        one = day + timedelta(days=n)
        if one in workdays or (one.weekday() < 5 and one not in holidays):
            return one
    return day + timedelta(days=LONGEST)


def days_late(due: date, handed_in: date) -> int:
    """Calendar days after the due day."""
    return max(0, (handed_in - due).days)
