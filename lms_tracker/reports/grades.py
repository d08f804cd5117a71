"""Grades as JSON lines, CSV and XLSX: one learner a line, with weights, points, status and what is missing."""

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from openpyxl import Workbook

from lms_tracker.core.grading.explain import Node
from lms_tracker.core.grading.grade import Grade
from lms_tracker.reports.view import Cell
from lms_tracker.reports.workbook import Sheet, saved

STATUS = {"passed": "合格", "failed": "不合格", "in_progress": "进行中"}
UNITS = {"class_hours": "学时", "marks": "项", "items": "次", "points": "分"}
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Line(Struct, frozen=True):
    """One learner's grade with who it is: the xAPI actor, and name, login, school, kind of school and class."""

    grade: Grade
    actor: Mapping[str, Any]
    person: Mapping[str, str | None]
    explained: Node | None = None
    """The tree of the grade, where it is to go along."""


def to_jsonl(lines: Sequence[Line]) -> bytes:
    """One JSON object a line; amounts are numbers with at most 6 decimals."""
    return b"".join(_encode(_object(line)) + b"\n" for line in lines)


def to_csv(lines: Sequence[Line]) -> bytes:
    """UTF-8 CSV; the columns of each component are prefixed with its key."""
    out = io.StringIO(newline="")
    rows = [_flat(line) for line in lines]
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["learner"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _inert(value) for key, value in row.items()} for row in rows)
    return out.getvalue().encode()


def to_xlsx(lines: Sequence[Line]) -> bytes:
    """A workbook: grades, and on a second sheet where each point comes from."""
    book = Workbook(write_only=True)
    parts = lines[0].grade.components if lines else ()
    header = ["姓名", "登录名", "学校", "班级"]
    for part in parts:
        unit = UNITS[part.unit]
        header += [f"{part.title.zh}（完成{unit}）", f"{part.title.zh}（目标{unit}）", f"{part.title.zh}（得分率%）"]
        header += [f"{part.title.zh}（得分，满分 {part.weight}）" if part.weight else f"{part.title.zh}（得分）"]
    of_points = bool(lines) and lines[0].grade.scheme == "points"
    header += ["基本分", "加分", "总分"] if of_points else ["加分", "总评成绩"]
    header += ["状态", "结果", "尚缺", "Missing"]
    widths = [14, 16, 28, 14] + [13] * 4 * len(parts) + [8, 10] + [10] * of_points + [10, 14, 60, 60]
    grades = Sheet(book, "成绩", header, widths)
    sources = Sheet(
        book, "得分来源", ["姓名", "登录名", "部分", "来源", "数值", "权重", "得分"], [14, 16, 22, 40, 12, 10, 12]
    )
    for line in lines:
        grade, who = line.grade, [Cell(line.person[key] or "") for key in ("name", "login", "school", "cohort")]
        row = list(who)
        for part in grade.components:
            row += [Cell("", _short(value), "one") for value in (part.have, part.target, part.score, part.points)]
            for source in part.sources:
                value, points = (Cell("", _short(value), "one") for value in (source.value, source.points))
                weight = Cell("") if source.weight is None else Cell("", source.weight)
                sources.add([*who[:2], Cell(part.title.zh), Cell(source.label), value, weight, points])
        sums = [grade.base, grade.bonus, grade.final] if of_points else [grade.bonus, grade.final]
        row += [*(Cell("", value, "one") for value in sums), Cell(STATUS[grade.status])]
        row.append(Cell(grade.result.zh if grade.result else ""))
        grades.add([*row, Cell(_missing(grade, "zh")), Cell(_missing(grade, "en"))])
    return saved(book)


def _object(line: Line) -> dict[str, Any]:
    grade = line.grade
    return {
        "learner": line.actor,
        **line.person,
        "as_of": grade.as_of,
        "policy": grade.policy,
        "components": [
            {
                "key": part.key,
                "title": part.title,
                "weight": part.weight,
                "have": _short(part.have),
                "target": part.target,
                "unit": part.unit,
                "score": _short(part.score),
                "points": _short(part.points),
                "sources": [
                    {"label": s.label, "value": _short(s.value), "ref": s.ref, "points": _short(s.points)}
                    | ({"weight": s.weight} if s.weight is not None else {})
                    | ({"note": s.note} if s.note else {})
                    for s in part.sources
                ],
            }
            for part in grade.components
        ],
        **({"base": grade.base} if grade.scheme == "points" else {}),
        "bonus": grade.bonus,
        "final": grade.final,
        "status": grade.status,
        **({"result": grade.result} if grade.result else {}),
        "missing": [
            {
                "component": lack.component,
                "amount": lack.amount,
                "unit": lack.unit,
                "zh": lack.sentence("zh"),
                "en": lack.sentence("en"),
            }
            for lack in grade.missing
        ],
        **({"explained": line.explained} if line.explained is not None else {}),
    }


def _flat(line: Line) -> dict[str, Any]:
    grade = line.grade
    row: dict[str, Any] = {"learner": msgspec.json.encode(line.actor).decode(), **line.person}
    for part in grade.components:
        values = {"have": part.have, "target": part.target, "score": part.score, "points": part.points}
        row[f"{part.key}_unit"] = part.unit
        row[f"{part.key}_weight"] = part.weight
        row |= {f"{part.key}_{name}": _short(value) for name, value in values.items()}
    if grade.scheme == "points":
        row["base"] = grade.base
    return row | {
        "bonus": grade.bonus,
        "final": grade.final,
        "status": grade.status,
        "result": grade.result.zh if grade.result else "",
        "missing_zh": _missing(grade, "zh"),
        "missing_en": _missing(grade, "en"),
        "as_of": grade.as_of.isoformat().replace("+00:00", "Z"),
        "policy": grade.policy,
    }


def _missing(grade: Grade, locale: str) -> str:
    return ("; " if locale == "en" else "；").join(lack.sentence(locale) for lack in grade.missing)


def _short(value: Decimal) -> Decimal:
    short = round(value, 6).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _inert(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula, made plain by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
