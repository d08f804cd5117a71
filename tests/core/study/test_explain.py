"""What a learner reads of time that did not count."""

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from lms_tracker.core.study.decisions import KINDS, Decision, apply_decisions, windows_of
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import REASONS
from lms_tracker.core.study.events import Kind
from lms_tracker.core.study.explain import DECIDED, SENTENCES, duration, explain, explain_decisions
from lms_tracker.core.study.policy import DEFAULTS
from tests.core.study.tape import BASE, Tape, us

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
    assert english[1].text == "08:00:30–08:02:00: the page was hidden or in the background; not counted: 1 min 30 s."
    assert [(one.start_us, one.amount_us, one.statements) for one in hidden.pieces] == [
        (BASE + us(30), us(90), ("s1-0001", "s1-0004"))
    ]


def test_what_people_decided_is_said_with_moment_seconds_and_statements() -> None:
    tape = Tape().play(0, 0, inputs=1).beats(0, 600).pause(600, 600, inputs=1)
    tape.play(700, 600, inputs=1).pause(900, 800, inputs=1)
    (entry,) = rules = settle(tape.events, DEFAULTS)
    window = replace(windows_of(rules)[0], start_us=BASE + us(60), end_us=BASE + us(180))
    gap = replace(window, start_us=BASE + us(600), end_us=BASE + us(900))
    hold, release = Decision("hold", window, "", 1), Decision("release", window, "looked", 2)
    assert explain_decisions(entry, [hold], SHANGHAI, "zh") == []
    (said,) = explain_decisions(entry, [hold, release], SHANGHAI, "zh")
    assert said.text == "08:01:00—08:03:00，有 2 分 曾暂存待核，经人工核实，照常计入。"
    assert (said.reason, said.seconds, said.start_us) == ("release", 120, BASE + us(60))
    assert said.statements == ("s1-0000", "s1-0020")
    lapsed = explain_decisions(entry, [replace(release, reason="lapsed")], SHANGHAI, "en")
    assert lapsed[0].text == "08:01:00–08:03:00: 2 min had been held; nobody decided in time, so this time counts."
    granting = Decision("grant", gap, "gap", 3)
    (granted,) = apply_decisions(rules, [granting])
    assert explain_decisions(granted, [granting], SHANGHAI, "zh")[0].seconds == 200
    other = replace(release, window=replace(window, session="another"))
    assert explain_decisions(entry, [other], SHANGHAI, "zh") == []


def test_decisions_have_sentences_in_both_languages() -> None:
    assert {"release", "grant"} == set(KINDS) - {"hold", "reject"} == set(DECIDED) - {"lapsed"}
    assert all("{when}" in text and "{amount}" in text for pair in DECIDED.values() for text in pair)


def test_several_moments_are_said_to_be_several() -> None:
    tape = Tape().play(0, 0, inputs=1).pause(100, 100, inputs=1).play(200, 100, inputs=1).pause(400, 300, inputs=1)
    (entry,) = settle(tape.events, DEFAULTS)
    assert "等 2 处" in explain(entry, SHANGHAI, "zh")[0].text
    assert [one.start_us - BASE for one in explain(entry, SHANGHAI, "zh")[0].pieces] == [0, us(200)], "all are there"
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


def test_each_is_one_sentence_in_both_languages() -> None:
    for key, (chinese, english) in (SENTENCES | DECIDED).items():
        assert chinese.count("。") == 1 and chinese.endswith("。"), key
        assert ". " not in english and english.endswith("."), key


def test_a_check_that_was_missed_is_told_alike_whoever_asked() -> None:
    """From the latest sign of presence to the next (study-time.md, section 2), which an LMS's page ends as ours does."""
    tape = Tape().play(0, 0, inputs=1).beats(0, 60, inputs=1).beats(60, 240).add(Kind.MISSED, 250, 250)
    tape.beats(250, 300).beats(300, 330, inputs=1).pause(330, 330, inputs=1)
    (entry,) = settle(tape.events, DEFAULTS)
    for locale, words in (
        ("zh", "从此前最近一次操作或答对的确认起，到下一次为止"),
        ("en", "before it until the next one"),
    ):
        said = next(one for one in explain(entry, SHANGHAI, locale) if one.reason == "unanswered")
        assert words in said.text
        assert "页面" not in said.text and "page" not in said.text


def test_one_second_and_less_reads_as_well_as_many_in_english() -> None:
    for key, (_zh, english) in (SENTENCES | DECIDED).items():
        after = english.partition("{amount}")[2].split()
        assert not {"do", "are", "were", "count", "look", "wait"} & set(after[:1]), key
