"""Everything that counts besides study time and marks: the kinds of achievements, and what each needs. The one table."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from lms_tracker.core.grading.words import Words

Need = Literal["none", "optional", "required"]

PLACES = ("national", "province", "prefecture", "city", "county", "school")
"""How high the office stands that gave, held or published it."""
EXPERTS = ("A", "B", "C", "D")
"""Levels that experts give: A is the best."""
DEGREES = ("secondary", "college", "bachelor", "master", "doctor")
EDUCATION = (
    "secondary",
    "college",
    "bachelor_one",
    "bachelor_both",
    "master_one",
    "master_both",
    "doctor_one",
    "doctor_both",
)
"""`_both`: diploma and degree, `_one`: one of them."""
BOOKS = ("general", "education")
"""`education`: a monograph on education."""

LEVEL_WORDS = {
    "national": Words("国家级", "national"),
    "province": Words("省级", "provincial"),
    "prefecture": Words("地级", "prefectural"),
    "city": Words("市级", "municipal"),
    "county": Words("县级", "county"),
    "school": Words("校级", "school"),
    "A": Words("A 级", "level A"),
    "B": Words("B 级", "level B"),
    "C": Words("C 级", "level C"),
    "D": Words("D 级", "level D"),
    "secondary": Words("中专", "secondary school"),
    "college": Words("大专", "junior college"),
    "bachelor": Words("本科", "bachelor"),
    "master": Words("硕士", "master"),
    "doctor": Words("博士", "doctor"),
    "bachelor_one": Words("本科学历或学士学位", "bachelor's diploma or degree"),
    "bachelor_both": Words("本科学历和学士学位", "bachelor's diploma and degree"),
    "master_one": Words("研究生学历或硕士学位", "master's diploma or degree"),
    "master_both": Words("研究生学历和硕士学位", "master's diploma and degree"),
    "doctor_one": Words("博士学历或学位", "doctor's diploma or degree"),
    "doctor_both": Words("博士学历和学位", "doctor's diploma and degree"),
    "general": Words("一般读物", "general"),
    "education": Words("教育专著", "monograph on education"),
}


class Kind(Struct, frozen=True):
    """What an achievement of one kind is made of. `item` (which exam, course, topic, book…) is always needed."""

    words: Words
    value: Need = "none"
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(100)
    """Bounds of `value`; of value / out_of in percent where `out_of` is given."""
    out_of: Need = "none"
    """What `value` is out of: 84 of 100, 45 votes of 50, rank 21 of 30. Where it is optional, without it 100."""
    levels: tuple[str, ...] | None = ()
    """Levels to choose from; empty: has none; None: any text of at most 40 characters."""
    level: Need = "none"
    attempts: int = 1
    """How often the same item can be tried: attempt 2 of an exam is its resit."""
    fact: bool = False
    """Something about the person that holds whatever the dates of the programme."""
    whole: bool = False
    """`value` is a whole number: for how many it stands."""


KINDS: dict[str, Kind] = {
    # Taking part
    "attendance": Kind(Words("出勤", "attendance")),
    "leave": Kind(Words("准假", "leave granted")),
    "training": Kind(
        Words("组织调训", "training class"), "optional", most=Decimal(366), levels=PLACES, level="required"
    ),  # value: days
    "participation": Kind(Words("参与交流", "taking part"), "optional", most=Decimal(10_000), whole=True),  # how often
    # Examined
    "exam": Kind(Words("考试", "exam"), "required", out_of="optional", attempts=5),
    "course": Kind(Words("选学课程", "chosen course"), "optional", out_of="optional", attempts=5),
    "certification": Kind(Words("资格认定", "certification"), "optional", out_of="optional", attempts=5),
    # Handed in, signed off, judged
    "note": Kind(Words("学习笔记", "study note"), "optional", most=Decimal(1000), whole=True),  # value: how many
    "reading": Kind(Words("读书", "book read"), levels=BOOKS, level="required"),
    "report": Kind(Words("活动报告", "activity report")),
    "analysis": Kind(Words("自我剖析", "self-analysis")),
    "research": Kind(
        Words("研修成果等级", "research output by level"),
        "optional",
        out_of="optional",
        levels=EXPERTS,
        level="required",
    ),
    "review": Kind(Words("互评", "peer review"), "optional"),  # value: the mark for reviewing
    # Gained elsewhere
    "certificate": Kind(Words("证书", "certificate"), levels=PLACES, level="required"),
    "publication": Kind(Words("发表论文", "publication"), levels=PLACES, level="required"),
    "diploma": Kind(Words("学历提升", "diploma"), levels=DEGREES, level="optional"),
    "degree": Kind(Words("学位提升", "degree"), levels=DEGREES, level="optional"),
    # Said by others
    "vote": Kind(Words("群众满意度", "satisfaction vote"), "required", out_of="optional"),
    "evaluation": Kind(
        Words("单位考评名次", "rank in evaluation"),
        "required",
        least=Decimal(0),
        out_of="required",
        levels=None,
        level="optional",
    ),  # value: the rank, 1 is the best, of `out_of` units of the same `level` (school stage)
    "bonus": Kind(Words("加分", "bonus"), "required", most=Decimal(1000)),  # value: points
    # About the person
    "education": Kind(Words("现有学历学位", "education held"), levels=EDUCATION, level="required", fact=True),
    "birth": Kind(Words("出生日期", "date of birth"), fact=True),  # happened_on is the date
}

LONGEST_ITEM, LONGEST_LEVEL, LONGEST_NOTE, LONGEST_REF = 200, 40, 500, 200


class Achieved(Struct, frozen=True, kw_only=True):
    """One thing that a person achieved. `item` names which (exam, course, topic, title); `source` says where it is
    recorded in full ("attendance:12"); `proof` which document shows it ("document:7"), None: nothing does."""

    learner_id: int
    kind: str
    item: str
    happened_on: date
    value: Decimal | None = None
    out_of: Decimal | None = None
    level: str | None = None
    attempt: int = 1
    days_late: int = 0
    source: str = "hand"
    proof: str | None = None
    note: str | None = None


def faults_of(new: Achieved, latest: date) -> list[tuple[str, str]]:
    """What is wrong with it, as (field, what and what is allowed). `latest`: nothing happens after this date."""
    kind = KINDS.get(new.kind)
    if kind is None:
        return [("kind", f"{new.kind!r} is not known (allowed: {', '.join(KINDS)})")]
    faults = [*_value_faults(new, kind), *_level_faults(new, kind)]
    for field, text, longest in (
        ("item", new.item, LONGEST_ITEM),
        ("source", new.source, LONGEST_REF),
        ("proof", new.proof or "", LONGEST_REF),
        ("note", new.note or "", LONGEST_NOTE),
    ):
        if field in ("item", "source") and not text.strip():
            faults.append((field, "is empty"))
        if len(text) > longest or "\0" in text:
            faults.append((field, f"has at most {longest} characters"))
    if not 1 <= new.attempt <= kind.attempts:
        allowed = f"1 to {kind.attempts}" if kind.attempts > 1 else "only 1"
        faults.append(("attempt", f"{new.attempt} cannot be for {new.kind} (allowed: {allowed})"))
    if not 0 <= new.days_late <= 3660:
        faults.append(("days_late", f"is a number of days from 0 to 3660 (it is {new.days_late})"))
    if new.happened_on > latest:
        faults.append(("happened_on", f"{new.happened_on} lies in the future"))
    if new.happened_on.year < 1900:
        faults.append(("happened_on", f"{new.happened_on} is before 1900"))
    return faults


def _value_faults(new: Achieved, kind: Kind) -> list[tuple[str, str]]:
    faults = []
    for field, value, need in (("value", new.value, kind.value), ("out_of", new.out_of, kind.out_of)):
        if value is None:
            if need == "required":
                faults.append((field, f"is needed for {new.kind}"))
        elif need == "none":
            faults.append((field, f"{new.kind} has none (it is {value})"))
        elif not value.is_finite() or len(value.as_tuple().digits) > 20 or round(value, 6) != value:
            faults.append((field, f"must be a number with at most 6 decimals (it is {str(value)[:40]})"))
    if faults or new.value is None:
        return faults
    if new.out_of is not None:
        if not 0 < new.out_of <= 100_000:
            return [("out_of", f"is a number above 0, at most 100000 (it is {new.out_of})")]
        if not 0 <= new.value <= new.out_of:
            return [("value", f"is a number from 0 to {new.out_of} (it is {new.value})")]
    elif not kind.least <= new.value <= kind.most:
        return [("value", f"is a number from {kind.least} to {kind.most} (it is {new.value})")]
    if kind.whole and new.value != new.value.to_integral_value():
        return [("value", f"is a whole number (it is {new.value})")]
    if new.kind == "evaluation" and new.value < 1:
        return [("value", f"is a rank, 1 is the best (it is {new.value})")]
    return []


def _level_faults(new: Achieved, kind: Kind) -> list[tuple[str, str]]:
    if new.level is None:
        if kind.level != "required":
            return []
        return [("level", f"is needed for {new.kind} (allowed: {', '.join(kind.levels or ())})")]
    if kind.level == "none":
        return [("level", f"{new.kind} has none (it is {new.level!r})")]
    if kind.levels is None:
        fits = 0 < len(new.level.strip()) <= LONGEST_LEVEL and "\0" not in new.level
        return [] if fits else [("level", f"has 1 to {LONGEST_LEVEL} characters")]
    if new.level not in kind.levels:
        return [("level", f"{new.level!r} is not known for {new.kind} (allowed: {', '.join(kind.levels)})")]
    return []
