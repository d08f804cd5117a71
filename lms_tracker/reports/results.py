"""Frozen results as a workbook: one sheet for each list, plain values."""

from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook

from lms_tracker.reports.view import Cell
from lms_tracker.reports.workbook import Sheet, saved

STATUS = {"passed": "合格", "failed": "不合格", "in_progress": "尚未完成"}


def results_xlsx(content: Mapping[str, Any]) -> bytes:
    """A workbook of all people, and one sheet each of who passed, who did not, and who won an honour."""
    book = Workbook(write_only=True)
    people = content["people"]
    lists = {
        "全部": people,
        "合格": [one for one in people if one["status"] == "passed"],
        "未合格": [one for one in people if one["status"] != "passed"],
        "优秀学员": [one for one in people if one["honours"]],
    }
    parts = people[0]["parts"] if people else []
    header = ["姓名", "学校", "班级", *(part["title"]["zh"] for part in parts), "总评", "结果", "荣誉", "尚缺"]
    widths = [14, 30, 16, *(14 for _ in parts), 10, 10, 24, 60]
    for title, listed in lists.items():
        sheet = Sheet(book, title, header, widths)
        for one in listed:
            sheet.add(_row(one, content["honours"]))
    about = Sheet(book, "说明", ["项目", "内容"], [16, 80])
    facts = {
        "培训项目": content["programme"]["name"],
        "版本": str(content["version"]),
        "数据截止": content["as_of"],
        "计分规则": content["policy"],
        "校验 SHA-256": content["sha256"],
    }
    for key, value in facts.items():
        about.add([Cell(key), Cell(value)])
    return saved(book)


def _row(one: Mapping[str, Any], honours: Mapping[str, Any]) -> list[Cell]:
    return [
        *(Cell(one[key] or "") for key in ("name", "school", "cohort")),
        *(Cell("", part["points"], "one") for part in one["parts"]),
        Cell("", one["final"], "one"),
        Cell(one["result"]["zh"] if one["result"] else STATUS[one["status"]]),
        Cell("、".join(honours[key]["zh"] for key in one["honours"])),
        Cell("；".join(lack["zh"] for lack in [*one["out"], *one["missing"]])),
    ]
