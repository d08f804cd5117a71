"""What a learner reads of time that did not count."""

from zoneinfo import ZoneInfo

import pytest

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import REASONS
from lms_tracker.core.study.events import Kind
from lms_tracker.core.study.explain import SENTENCES, duration, explain
from lms_tracker.core.study.policy import DEFAULTS
from tests.core.study.tape import Tape, us

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_every_reason_and_the_hold_have_a_sentence_in_both_languages_with_moment_and_amount() -> None:
    assert set(SENTENCES) == {*REASONS, "held"}
    for chinese, english in SENTENCES.values():
        for text in (chinese, english):
            assert "{when}" in text and "{amount}" in text


def test_one_sentence_per_reason_with_moment_seconds_and_statements() -> None:
    tape = Tape().play(0, 0, inputs=1).add(Kind.UNFOCUSED, 30, 30).beats(30, 90, 30)
    tape.add(Kind.FOCUSED, 120, 120, inputs=1).pause(150, 150, inputs=1)
    tape.play(200, 150, inputs=1).pause(400, 350, inputs=1)
    (entry,) = settle(tape.events, DEFAULTS)
    gap, hidden = explain(entry, SHANGHAI, "zh")
    assert (gap.reason, gap.seconds) == ("gap", 200)
    assert gap.text == "08:03:20—08:06:40，学习记录中断，共 3 分 20 秒 没有收到任何信号，这段时间不计入。"
    assert hidden.text == "08:00:30—08:02:00，学习页面被遮住或切到了后台，共 1 分 30 秒 不计入。"
    assert hidden.statements == ("s1-0001", "s1-0004")
    english = explain(entry, SHANGHAI, "en")
    assert english[1].text == "08:00:30–08:02:00: the page was hidden or in the background; 1 min 30 s do not count."


def test_several_moments_are_said_to_be_several() -> None:
    tape = Tape().play(0, 0, inputs=1).pause(100, 100, inputs=1).play(200, 100, inputs=1).pause(400, 300, inputs=1)
    (entry,) = settle(tape.events, DEFAULTS)
    assert "等 2 处" in explain(entry, SHANGHAI, "zh")[0].text
    assert "and 1 more" in explain(entry, SHANGHAI, "en")[0].text


def test_time_that_counts_needs_no_sentence() -> None:
    (entry,) = settle(Tape().watch(60).events, DEFAULTS)
    assert explain(entry, SHANGHAI, "zh") == []


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [(0.2, "不到 1 秒", "less than a second"), (59.6, "1 分", "1 min"), (3725, "1 小时 2 分 5 秒", "1 h 2 min 5 s")],
)
def test_durations_are_said_as_people_say_them(seconds: float, chinese: str, english: str) -> None:
    assert duration(us(seconds), "zh") == chinese
    assert duration(us(seconds), "en") == english
