"""Policies beside those that are installed, for tests of one policy following another."""

import shutil
from pathlib import Path

import pytest

from lms_tracker.paths import resource

STRICT = """
[programme]
name = { zh = "更严的规则", en = "Stricter rules" }

[study]
timezone = "Asia/Shanghai"
hidden_s = 10

[grade]
pass_mark = 60

[[component]]
key = "coursework"
title = { zh = "课程学习与学时", en = "Coursework and study hours" }
weight = 40
measure = "class_hours"
target = 60
minimum = 60

[[component]]
key = "assignments"
title = { zh = "作业", en = "Assignments" }
weight = 30
measure = "marks"
required = 6
item_pass_mark = 60

[[component]]
key = "research"
title = { zh = "研修成果", en = "Research output" }
weight = 30
measure = "marks"
required = 1
item_pass_mark = 60
"""
LIGHT = STRICT.replace("hidden_s = 10", "hidden_s = 60").replace("target = 60", "target = 0.25")
"""The rules for study time of the programme, and a quarter of a class hour is enough."""
WRONG = {
    "west": (STRICT.replace("Asia/Shanghai", "Europe/Berlin"), "time zone is Europe/Berlin, that of the programme"),
    "bare": (STRICT[: STRICT.index("[grade]")], "it has no \\[grade\\] table, and the programme grades"),
    "partless": (STRICT.replace('key = "research"', 'key = "thesis"'), "it has no part research, for which work has"),
}


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Those that are installed, and `strict`, `light` and wrong ones; the folder of their files, which may be edited."""
    programmes = folder / "config" / "programmes"
    shutil.copytree(resource("config") / "programmes", programmes)
    for name, text in {"strict": STRICT, "light": LIGHT, **{name: text for name, (text, _) in WRONG.items()}}.items():
        (programmes / f"{name}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("lms_tracker.actions.policies.resource", lambda name: folder / name)
    return programmes
