from decimal import Decimal

import pytest

from lms_tracker.core.questionnaire import NEEDS, SATISFACTION, parse_questions
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import (
    SMALL,
    Question,
    Share,
    Sheet,
    by_group,
    checked_question,
    read_answers,
    satisfied,
    tally,
    words_of,
)

SCALES = [Question("scale", "课程内容", "内容"), Question("scale", "平台", "网络")]


def sheets(pleased: int, of: int, group: str = "") -> list[Sheet]:
    """So many answers to the first scale, of which so many are satisfied."""
    return [Sheet({"centre": group} if group else {}, {0: 1 if n < pleased else 3}) for n in range(of)]


@pytest.mark.parametrize(
    ("pleased", "of", "pct"),
    [(189, 210, "90.00"), (89, 105, "84.76"), (162, 185, "87.57"), (40, 57, "70.18"), (2, 3, None)],
)
def test_the_published_shares_come_out_to_the_second_place(pleased: int, of: int, pct: str | None) -> None:
    assert Share(pleased, of).pct == (None if pct is None else Decimal(pct))


def test_satisfied_are_the_first_two_of_five_steps_of_the_topics_scales() -> None:
    given = [Sheet({}, {0: step, 1: 4}) for step in range(5)]
    assert satisfied(SCALES, given, "内容") == Share(2, 5)
    assert satisfied(SCALES, given, "网络") == Share(0, 5)
    assert satisfied(SCALES, given) == Share(2, 10)


def test_one_centre_at_70_18_percent_stands_out_among_three_others() -> None:
    all_of_them = sheets(189, 210, "东") + sheets(89, 105, "南") + sheets(162, 185, "西") + sheets(40, 57, "北")
    found = {group.name: group.stands_out for group in by_group(SCALES, all_of_them, "centre", "内容")}
    assert found == {"东": "", "南": "", "西": "", "北": "below"}


def test_far_away_by_accident_does_not_stand_out() -> None:
    found = by_group(SCALES, sheets(4, 6, "小") + sheets(87, 100, "大"), "centre")
    assert [group.stands_out for group in found] == ["", ""], "4 of 6 is no sign of anything"


def test_a_group_of_fewer_than_five_is_hidden_and_a_second_one_with_it() -> None:
    found = {
        g.name: g for g in by_group(SCALES, sheets(3, 4, "甲") + sheets(9, 12, "乙") + sheets(5, 7, "丙"), "centre")
    }
    assert {name for name, group in found.items() if group.hidden} == {"甲", "丙"}, "甲 is the whole without 乙 and 丙"
    assert found["甲"].share == found["丙"].share == Share(0, 0)


def test_two_small_groups_hide_each_other_when_together_they_are_enough() -> None:
    found = by_group(
        SCALES, sheets(3, 4, "甲") + sheets(2, 3, "乙") + sheets(9, 12, "丙") + sheets(9, 12, "丁"), "centre"
    )
    assert [group.name for group in found if group.hidden] == ["甲", "乙"] or {g.name for g in found if g.hidden} == {
        "甲",
        "乙",
    }


def test_who_belongs_to_no_group_cannot_be_worked_out_either() -> None:
    found = by_group(SCALES, sheets(2, 2) + sheets(9, 12, "乙") + sheets(5, 7, "丙"), "centre")
    assert {group.name for group in found if group.hidden} == {"丙"}


def test_words_are_shown_only_among_enough_and_in_no_order_of_arrival() -> None:
    said = [Sheet({}, {2: words}) for words in ("丙", "甲", "乙")]
    assert words_of(2, said) == []
    assert words_of(2, said + [Sheet({}, {})] * (SMALL - 3)) == sorted(["丙", "甲", "乙"])


def test_a_tally_counts_each_option_of_those_who_answered() -> None:
    question = Question("multiple", "专题", options=("一", "二", "三"))
    given = [Sheet({}, {0: [0, 2]}), Sheet({}, {0: [2]}), Sheet({}, {}), *[Sheet({}, {0: [1]})] * 3]
    assert tally(question, 0, given) == [Share(1, 5), Share(3, 5), Share(2, 5)]


QUESTIONS = [
    Question("scale", "s"),
    Question("single", "o", options=("a", "b")),
    Question("multiple", "m", options=("a", "b", "c")),
    Question("text", "t", required=False),
]


def test_a_form_is_read_by_question() -> None:
    typed = {0: ["4"], 1: ["0"], 2: ["2", "0"], 3: [" 很好 "]}
    assert read_answers(QUESTIONS, typed) == {0: 4, 1: 0, 2: [0, 2], 3: "很好"}


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({1: ["0"], 2: ["0"]}, 0),
        ({0: ["5"], 1: ["0"], 2: ["0"]}, 0),
        ({0: ["x"], 1: ["0"], 2: ["0"]}, 0),
        ({0: ["0"], 1: ["0", "1"], 2: ["0"]}, 1),
        ({0: ["0"], 1: ["2"], 2: ["0"]}, 1),
        ({0: ["0"], 1: ["1"], 2: ["3"]}, 2),
    ],
)
def test_an_answer_that_is_missing_or_none_names_its_question(typed: dict[int, list[str]], where: int) -> None:
    with pytest.raises(NotAllowed, match=f"answer:{where}"):
        read_answers(QUESTIONS, typed)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (Question("single", "o", options=("a",)), "options"),
        (Question("single", "o", options=("a", "a")), "options"),
        (Question("scale", " "), "words"),
        (Question("rank", "r"), "kind"),  # type: ignore[arg-type]
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(question: Question, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        checked_question(question)


def test_a_questionnaire_is_written_one_question_a_line() -> None:
    questions, faults = parse_questions(
        "# 内容\n满意度 | 切合需要\n\n单选｜时间｜晚上｜周末\ntext | more\n排序 | x\n单选 | 只有一个 | a\n"
    )
    assert faults == [(6, "kind"), (7, "options")]
    assert [(q.kind, q.topic, q.options) for q in questions] == [
        ("scale", "内容", ()), ("single", "内容", ("晚上", "周末")), ("text", "内容", ()),
    ]  # fmt: skip
    for usual in (SATISFACTION, NEEDS):
        assert parse_questions(usual)[1] == []
    assert len({q.topic for q in parse_questions(SATISFACTION)[0] if q.kind == "scale"}) == 3
