from datetime import date
from typing import Any

import pytest

from lms_tracker.core.declarations import FACTS, KINDS, NEXT, Content, Kind, State, Step, checked, step
from lms_tracker.core.study.review import NotAllowed

GOOD: dict[Kind, dict[str, Any]] = {
    "leave": {"cause": "duty"},
    "research": {"form": "paper", "level": "county", "authors": "", "where": "县教研室", "listed": "yes"},
    "note": {"unit": "依法治校"},
    "reading": {"author": "陶行知", "monograph": "yes"},
    "report": {"highlights": "两节观摩课"},
    "analysis": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_order_is_kept_without_idle_blanks(kind: Kind) -> None:
    said = checked(kind, Content("  一题 \0目  ", " 正文 ", date(2026, 3, 1), 7, GOOD[kind] | {"more": "x"}))
    assert said == Content("一题 目", "正文", date(2026, 3, 1), 7, GOOD[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_each_fact_that_is_needed_is_asked_for_by_name(kind: Kind) -> None:
    for key, allowed in FACTS[kind].items():
        worst = "x" * (allowed + 1) if isinstance(allowed, int) else "elsewhere"
        with pytest.raises(NotAllowed, match=f"^{key}$"):
            checked(kind, Content("题目", "正文", facts=GOOD[kind] | {key: worst}))


def test_a_title_is_needed_and_words_for_all_but_research() -> None:
    with pytest.raises(NotAllowed, match="title"):
        checked("note", Content(" ", "正文", facts=GOOD["note"]))
    with pytest.raises(NotAllowed, match="words"):
        checked("note", Content("题目", " ", facts=GOOD["note"]))
    assert checked("research", Content("题目", facts=GOOD["research"])).words == ""


@pytest.mark.parametrize("state", [None, "declared", "confirmed", "returned", "withdrawn"])
@pytest.mark.parametrize("what", ["declared", "confirmed", "returned", "reopened", "withdrawn"])
def test_a_step_that_does_not_follow_from_the_state_is_refused(state: State | None, what: Step) -> None:
    by = 2 if what in ("confirmed", "returned", "reopened") else 1
    if (state, what) in NEXT:
        assert step(state, what, "理由", by=by, owners={1}) == NEXT[state, what]
    else:
        with pytest.raises(NotAllowed, match="decided"):
            step(state, what, "理由", by=by, owners={1})


def test_nobody_decides_about_their_own_and_nobody_else_changes_it() -> None:
    for what in ("confirmed", "returned"):
        with pytest.raises(NotAllowed, match="^own$"):
            step("declared", what, "x", by=1, owners={1, 3})  # type: ignore[arg-type]
    for what in ("declared", "withdrawn"):
        with pytest.raises(NotAllowed, match="not-own"):
            step("declared", what, "", by=2, owners={1})  # type: ignore[arg-type]


def test_returning_and_reopening_need_a_reason_and_confirming_does_not() -> None:
    assert step("declared", "confirmed", "", by=2, owners={1}) == "confirmed"
    for state, what in (("declared", "returned"), ("confirmed", "reopened")):
        with pytest.raises(NotAllowed, match="why"):
            step(state, what, "  ", by=2, owners={1})  # type: ignore[arg-type]
