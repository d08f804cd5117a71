"""The form by which terms of an assignment are set: text to Terms and back, on the programme's clock."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from lms_tracker.core.assignments.rubric import RubricFault, parse_rubric, rubric_text
from lms_tracker.core.assignments.terms import Apart, Late, PeerRules, Rule, Terms
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.web.times import for_form, local_instant
from lms_tracker.web.work_words import APART, LATE, RULES, rubric_fault, terms_fault

NUMBERS = {
    "deduct_per_day": "deduction",
    "weight": "weight",
    "difference": "difference",
    "reviews": "reviews",
    "counts_pct": "peer-numbers",
    "outlier": "peer-numbers",
    "peer_weight": "weight",
}
"""Field -> the fault of what is no number."""
TIMES = ("opens_at", "due_at", "late_until", "release_at", "peer_due_at")


def fields_of(terms: Terms, zone: ZoneInfo) -> dict[str, str]:
    """What stands in the form."""
    peer = terms.peer or PeerRules(3, terms.due_at or terms.release_at)  # type: ignore[arg-type]
    return {
        "title": terms.title,
        "component": terms.component,
        "weight": f"{terms.weight:f}",
        "instructions": terms.instructions,
        "rubric": rubric_text(terms.rubric),
        "opens_at": for_form(terms.opens_at, zone),
        "due_at": for_form(terms.due_at, zone),
        "late": terms.late,
        "late_until": for_form(terms.late_until, zone),
        "deduct_per_day": f"{terms.deduct_per_day:f}",
        "text": "1" if terms.text else "",
        "files": "1" if terms.files else "",
        "anonymous": "1" if terms.anonymous else "",
        "markers": str(terms.markers),
        "difference": f"{terms.difference:f}",
        "rule": terms.rule,
        "release_at": for_form(terms.release_at, zone),
        "peer": "1" if terms.peer else "",
        "reviews": str(peer.reviews),
        "peer_due_at": for_form(terms.peer.due_at if terms.peer else None, zone),
        "apart": peer.apart,
        "counts_pct": f"{peer.counts_pct:f}",
        "peer_component": peer.component or "",
        "peer_weight": f"{peer.weight:f}",
        "outlier": f"{peer.outlier:f}",
    }


def terms_of(typed: Mapping[str, str], zone: ZoneInfo) -> tuple[Terms | None, list[str]]:
    """The terms, or every fault of what cannot be read, in words."""
    faults: list[str] = []
    numbers = {name: _number(typed, name, faults) for name in NUMBERS}
    times = {name: _time(typed, name, zone, faults) for name in TIMES}
    rubric: tuple[Any, ...] = ()
    try:
        rubric = parse_rubric(typed.get("rubric", "").replace("\0", ""))
    except RubricFault as e:
        faults.append(rubric_fault(e))
    peer = None
    if typed.get("peer"):
        due = times["peer_due_at"] or times["due_at"]
        if due is None:
            faults.append(terms_fault("reviews-before-deadline"))
        else:
            peer = PeerRules(
                reviews=int(numbers["reviews"]),
                due_at=due,
                apart=cast(Apart, _one_of(typed, "apart", APART)),
                counts_pct=numbers["counts_pct"],
                component=typed.get("peer_component") or None,
                weight=numbers["peer_weight"],
                outlier=numbers["outlier"],
            )
    terms = Terms(
        title=legible_line(typed.get("title", "")),
        component=typed.get("component", ""),
        instructions=legible(typed.get("instructions", "")),
        rubric=rubric,
        opens_at=times["opens_at"],
        due_at=times["due_at"],
        late=cast(Late, _one_of(typed, "late", LATE)),
        late_until=times["late_until"],
        deduct_per_day=numbers["deduct_per_day"],
        text=bool(typed.get("text")),
        files=bool(typed.get("files")),
        anonymous=bool(typed.get("anonymous")),
        markers=cast(Literal[1, 2], 2 if typed.get("markers") == "2" else 1),
        difference=numbers["difference"],
        rule=cast(Rule, _one_of(typed, "rule", RULES)),
        release_at=times["release_at"],
        peer=peer,
        weight=numbers["weight"],
    )
    return (None if faults else terms), list(dict.fromkeys(faults))


def _number(typed: Mapping[str, str], name: str, faults: list[str]) -> Decimal:
    text = typed.get(name, "").strip() or ("1" if name in ("weight", "peer_weight") else "0")
    try:
        number = Decimal(text.replace("，", ".")) if len(text) < 10 and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or (name == "reviews" and number != int(number)):
        faults.append(terms_fault(NUMBERS[name]))
        return Decimal(0)
    return number


def _time(typed: Mapping[str, str], name: str, zone: ZoneInfo, faults: list[str]) -> Any:
    text = typed.get(name, "").strip()
    found = local_instant(text, zone)
    if text and found is None:
        faults.append(terms_fault("due-before-opening"))
    return found


def _one_of(typed: Mapping[str, str], name: str, known: Mapping[str, object]) -> str:
    return typed.get(name, "") if typed.get(name) in known else next(iter(known))
