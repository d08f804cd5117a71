"""What markers and peers fill in: the same form over a rubric."""

from decimal import Decimal, InvalidOperation

from flask import request

from lms_tracker.actions.assess import Judgement
from lms_tracker.actions.hand_in import WorkRefused
from lms_tracker.core.assignments.terms import Terms

MAX_DIGITS = 10


def typed_judgement(terms: Terms) -> Judgement:
    """What stands in the form. Raises WorkRefused `mark`."""
    form = request.form
    chosen: dict[int, int] = {}
    remarks: dict[int, str] = {}
    for n in range(len(terms.rubric)):
        level = form.get(f"level-{n}", "")
        if level.isdecimal() and len(level) < 4:
            chosen[n] = int(level)
        remarks[n] = form.get(f"remark-{n}", "")
    mark = None if terms.rubric else typed_number(form.get("mark", ""))
    return Judgement(chosen, remarks, form.get("comment"), mark)


def typed_number(text: str) -> Decimal:
    """A mark as it is typed. Raises WorkRefused `mark`."""
    try:
        if len(text) > MAX_DIGITS or "_" in text:  # Decimal takes any number of digits, and 1_0 for ten
            raise InvalidOperation
        return Decimal(text.strip().replace("，", ".").replace(",", "."))
    except InvalidOperation as e:
        raise WorkRefused("mark") from e
