"""The archive file of one person in one programme as PDF. The same file gives the same bytes."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from reportlab.platypus import Flowable, Spacer

from lms_tracker.core.grading.kinds import KINDS, LEVEL_WORDS
from lms_tracker.core.results.certificates import KINDS as CERTIFICATES
from lms_tracker.reports import colours
from lms_tracker.reports.typeset import WIDTH, document, grid, heading, meta, prose, rule
from lms_tracker.reports.view import Cell, Table

WORDS = {
    "title": ("学习档案", "Archive file"),
    "name": ("姓名", "Name"),
    "school": ("学校", "School"),
    "cohort": ("班级", "Class"),
    "enrolled": ("加入", "Enrolled"),
    "left": ("离开", "Left"),
    "as_of": ("数据截至", "As of"),
    "policy": ("计分规则", "Policy"),
    "result": ("成绩", "Result"),
    "part": ("项目", "Part"),
    "done": ("完成", "Done"),
    "target": ("目标", "Target"),
    "points": ("得分", "Points"),
    "weight": ("满分", "Of"),
    "final": ("总评", "Final grade"),
    "missing": ("尚缺", "Missing"),
    "study": ("学习时间", "Study time"),
    "month": ("月份", "Month"),
    "claimed": ("申报（小时）", "Claimed (h)"),
    "credited": ("计入（小时）", "Credited (h)"),
    "held": ("待核（小时）", "Held (h)"),
    "days": ("学习天数", "Days"),
    "marks": ("作业与研修成果", "Assignments and research output"),
    "work": ("作业", "Work"),
    "mark": ("分数", "Mark"),
    "of_weight": ("权重", "Weight"),
    "when": ("评定日期", "Marked on"),
    "achievements": ("出勤、考试、证书等", "Attendance, exams, certificates and the like"),
    "what": ("名称", "What"),
    "kind": ("类别", "Kind"),
    "value": ("数值", "Value"),
    "level": ("级别", "Level"),
    "date": ("日期", "Date"),
    "frozen": ("评定结果", "Results that stand"),
    "version": ("版本", "Version"),
    "status": ("结果", "Result"),
    "seal": ("校验", "Seal"),
    "certificates": ("证书", "Certificates"),
    "number": ("编号", "Number"),
    "state": ("状态", "State"),
    "valid": ("有效", "valid"),
    "revoked": ("已作废", "revoked"),
    "passed": ("合格", "passed"),
    "failed": ("不合格", "failed"),
    "in_progress": ("尚未完成", "not finished"),
    "reviews": (
        "时间复核 {decisions} 次，申诉 {appeals} 次。",
        "{decisions} decisions about study time, {appeals} appeals.",
    ),
    "cut": (
        "小数只写两位，后面的舍去，不进位：没有达到目标的，看上去也不会像达到了。",
        "Numbers are cut after two places, not rounded: what falls short of a target does not look as if it reached it.",
    ),
    "none": ("无", "none"),
    "gone": ("此时不在册，没有成绩。", "Not enrolled at that instant: no result."),
}


class Filed(Protocol):
    """What is read of actions.archive_person.Archive."""

    programme: Any
    enrolment: Any
    as_of: datetime
    timezone: str
    policy: str
    grade: Any
    months: Iterable[Any]
    marks: Iterable[tuple[str, Decimal, Decimal, datetime]]
    achievements: Iterable[Any]
    frozen: Iterable[dict[str, Any]]
    certificates: Iterable[Any]
    decisions: int
    appeals: int


def archive_pdf(file: Filed, locale: str) -> bytes:
    """The PDF in "zh" or "en"."""

    def say(key: str, **values: object) -> str:
        return WORDS[key][locale.startswith("en")].format(**values)

    zone = ZoneInfo(file.timezone)
    who = file.enrolment
    at = f"{file.as_of.astimezone(zone):%Y-%m-%d %H:%M}"
    title = f"{file.programme.name} {say('title')} {who.learner_name}"
    pairs = [(say("name"), who.learner_name or "—"), (say("school"), who.school or "—")]
    pairs += [(say("cohort"), who.cohort_name), (say("enrolled"), f"{who.enrolled_on}")]
    if who.left_on:
        pairs.append((say("left"), f"{who.left_on}"))
    pairs += [(say("as_of"), at), (say("policy"), file.policy)]
    story: list[Flowable] = [
        prose(file.programme.name, 10, colours.MUTED),
        prose(f"{say('title')} · {who.learner_name}", 21, colours.INK, after=3),
        rule(),
        meta(pairs),
        Spacer(1, 6),
        *_result(file, say, locale),
        *_table(
            say("study"), [say(key) for key in ("month", "claimed", "credited", "held", "days")], _months(file), say
        ),
        *_table(say("marks"), [say("work"), say("mark"), say("of_weight"), say("when")], _marks(file, zone), say),
        *_table(
            say("achievements"),
            [say(key) for key in ("what", "kind", "value", "level", "date")],
            _achievements(file, locale),
            say,
            words=(1, 3),
        ),
        *_table(
            say("frozen"),
            [say(key) for key in ("version", "as_of", "final", "status", "seal")],
            _frozen(file, say, locale),
            say,
            words=(3,),
        ),
        *_table(
            say("certificates"),
            [say(key) for key in ("number", "kind", "date", "state")],
            [
                [row.number, CERTIFICATES[row.kind][locale.startswith("en")], f"{row.issued_on}"]
                + [say("revoked") if row.revoked_at else say("valid")]
                for row in file.certificates
            ],
            say,
            words=(1, 3),
        ),
        Spacer(1, 6),
        prose(say("reviews", decisions=file.decisions, appeals=file.appeals), 8.5, colours.MUTED),
    ]
    return document(title, f"{title} · {at}", locale, story)


def _result(file: Filed, say: Callable[..., str], locale: str) -> list[Flowable]:
    if file.grade is None:
        return [heading(say("result")), prose(say("gone"), 9, colours.INK)]
    grade = file.grade
    rows = [
        [part.title(locale), _plain(part.have), _aim(part.target), _plain(part.points), _aim(part.weight)]
        for part in grade.components
    ]
    shown = [value for part in grade.components for value in (part.have, part.target, part.points, part.weight)]
    cut = [prose(say("cut"), 7.5, colours.MUTED)] if any(_is_cut(value) for value in [*shown, grade.final]) else []
    rows.append(
        [
            f"{say('final')} · {grade.result(locale) if grade.result else say(grade.status)}",
            "",
            "",
            _plain(grade.final),
            "",
        ]
    )
    header = [say(key) for key in ("part", "done", "target", "points", "weight")]
    lacks = [prose(f"{say('missing')}: {lack.sentence(locale)}", 8.5, colours.INK) for lack in grade.missing]
    return [
        heading(say("result")),
        grid(_sheet(say("result"), header, rows, strong=len(rows) - 1), WIDTH),
        *cut,
        *lacks,
    ]


def _months(file: Filed) -> list[list[str]]:
    rows = [
        [f"{month.first:%Y-%m}", *(f"{us / 3.6e9:.1f}" for us in (month.claimed_us, month.credited_us, month.held_us))]
        + [str(month.days)]
        for month in file.months
    ]
    return rows


def _marks(file: Filed, zone: ZoneInfo) -> list[list[str]]:
    return [
        [title, _plain(mark), _plain(weight), f"{at.astimezone(zone):%Y-%m-%d}"]
        for title, mark, weight, at in file.marks
    ]


def _achievements(file: Filed, locale: str) -> list[list[str]]:
    def level(name: str | None) -> str:
        return "" if name is None else LEVEL_WORDS[name](locale) if name in LEVEL_WORDS else name

    return [
        [row.item, KINDS[row.kind].words(locale), "" if row.value is None else _plain(row.value)]
        + [level(row.level), f"{row.happened_on:%Y-%m-%d}"]
        for row in file.achievements
    ]


def _frozen(file: Filed, say: Callable[..., str], locale: str) -> list[list[str]]:
    zone, language = ZoneInfo(file.timezone), "en" if locale.startswith("en") else "zh"

    def result(one: dict[str, Any]) -> str:
        """As the list says it: the tier, or passed or not, and honours."""
        words = [one["result"][language] if one["result"] else say(one["status"])]
        return "、".join(words + [one["honour_titles"][key][language] for key in one["honours"]])

    return [
        [str(one["version"]), f"{datetime.fromisoformat(one['as_of']).astimezone(zone):%Y-%m-%d}", _plain(one["final"])]
        + [result(one), one["sha256"][:16]]
        for one in file.frozen
    ]


def _table(
    title: str, header: list[str], rows: list[list[str]], say: Callable[..., str], words: tuple[int, ...] = ()
) -> list[Flowable]:
    if not rows:
        return [heading(title), prose(say("none"), 8.5, colours.MUTED)]
    return [heading(title), grid(_sheet(title, header, rows, words=words), WIDTH)]


def _sheet(
    title: str, header: list[str], rows: list[list[str]], strong: int | None = None, words: tuple[int, ...] = ()
) -> Table:
    return Table(title, header, [[Cell(text) for text in row] for row in rows], strong, words)


def _aim(value: Decimal | int) -> str:
    """A target, or the most that can be had; none where it is open."""
    return _plain(value) if value else "—"


def _is_cut(value: Decimal | int) -> bool:
    """Whether `_plain` leaves something of it out."""
    return value != Decimal(value).quantize(Decimal("0.01"), ROUND_DOWN)


def _plain(value: Decimal | int | date) -> str:
    """A number in full up to two places; what is beyond is cut, so that nothing looks like a target that it does not reach."""
    if isinstance(value, Decimal):
        value = value.quantize(Decimal("0.01"), ROUND_DOWN)
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
