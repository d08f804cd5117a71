"""The page of a programme's policies: which from when, why, and what that changed. And the picture of a day on pages."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.policies import load_policy
from lms_tracker.core.study.stages import adoption_cause
from lms_tracker.web.formats import difference, exact
from tests.policies import install
from tests.web.conftest import LogIn
from tests.web.deeds import judge_anew
from tests.web.people import MINUTE, NOW, World


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def adopted(db: Engine, studied: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """Stricter from the middle of March; lighter in a month, which going back from April supersedes."""
    install(monkeypatch, tmp_path / "installed")
    programme = studied.programme["p1"]
    staff = studied.account["p1.staff"]
    steps = [
        ("strict", date(2026, 3, 16), "会议<决定>", None),
        ("light", date(2026, 5, 1), "试行", staff),
        ("p1-principals", date(2026, 4, 1), "恢复", staff),
    ]
    for number, (name, first, reason, by) in enumerate(steps):
        at = NOW - timedelta(days=3 - number)
        adopt_policy(db, programme, name, first, reason, now=at, adopted_by=by)
    return studied


def test_each_adoption_stands_with_date_reason_person_state_and_what_it_changed(as_: LogIn, adopted: World) -> None:
    page = as_("p1.staff").get(f"/programmes/{adopted.programme['p1']}/policies").text
    assert "会议&lt;决定&gt;" in page
    newest, light, strict, first = (_words(part) for part in page.split('class="matter"')[1:])
    assert "自 2026年4月1日 起：中小学校长远程培训 现行" in newest
    assert "已被取代，不再适用" in light and "东湖区staff" in light
    assert (
        "此前" in strict
        and "系统管理员（命令行）" in strict
        and "离开学习页面多久以内仍然计时 study.hidden_s 1 分钟 10 秒" in strict
    )
    assert "从一开始" in first and "改了哪些规定" not in first
    assert "启用时 3 名学员中：" in newest


def test_a_programme_without_changes_says_so(as_: LogIn, studied: World) -> None:
    page = _words(as_("p1.liaison").get(f"/programmes/{studied.programme['p1']}/policies").text)
    assert "从一开始就是现行规则，没有变更过。" in page and "p1-principals@" in page


def test_a_learner_reads_from_when_on_what_counts_otherwise_and_what_that_did(as_: LogIn, adopted: World) -> None:
    page = as_("p1.li").get("/study").text
    newest, strict = (_words(part.split("</section>")[0]) for part in page.split('aria-labelledby="rules-')[1:])
    assert "自 2026年4月1日起，计分规则有变化" in newest and "由 10 秒 改为 1 分钟" in newest
    assert "自 2026年3月16日起，计分规则有变化" in strict and "理由：会议&lt;决定&gt;" in strict
    assert "离开学习页面多久以内仍然计时：由 1 分钟 改为 10 秒" in strict
    assert "那天以前的学习仍按原来的规则。" in strict
    assert "试行" not in page, "what was superseded before it began is nothing to a learner"
    english = as_("p1.li")
    english.post("/language", data={"locale": "en"})
    assert "Time away from the page that still counts, at most: from 1 min to 10 s" in _words(
        english.get("/study").text
    )


@pytest.fixture
def moved(db: Engine, adopted: World) -> tuple[World, list[int]]:
    """By the stricter policy ten minutes less count of each of li's sessions but the first two, which it judges as before. And the
    microseconds that counted of each."""
    cause = adoption_cause(load_policy("strict").study.id, date(2026, 3, 16))
    with db.begin() as tx:
        return adopted, judge_anew(tx, adopted.learner["p1.li"], cause, NOW - timedelta(days=2), less=10, but=2)


def test_a_learner_reads_what_counted_before_and_counts_now_and_a_monitor_does_not(
    as_: LogIn, moved: tuple[World, list[int]]
) -> None:
    world, credited = moved
    learner, before, changed = world.learner["p1.li"], sum(credited) // MINUTE, len(credited) - 2
    said = "从那天到启用时，计入的学习时间因此由"
    own = _words(as_("p1.li").get("/study").text)
    sums = f"{said} {_clock(before)} 变为 {_clock(before - 10 * changed)}（−{_clock(10 * changed)}，{changed} 次学习"
    assert sums in own
    assert "如有异议，可以申诉" in own and "自 2026年3月16日起改用新的计分规则重新计算（strict@" in own
    address = f"/cohorts/{world.cohort['p1.one']}/learners/{learner}"
    head = _words(as_("p1.head_teacher").get(address).text)
    assert said in head and "如有异议" not in head
    monitor = _words(as_("p1.wang").get(address).text)
    assert "计分规则有变化" in monitor and said not in monitor
    assert as_("p2.head_teacher").get(address).status_code == 404


def test_an_entry_of_which_other_rules_say_the_same_is_listed_as_changed_for_nobody(
    as_: LogIn, moved: tuple[World, list[int]]
) -> None:
    world, credited = moved
    address = f"/cohorts/{world.cohort['p1.one']}/learners/{world.learner['p1.li']}"
    for person, page in (("p1.li", "/study"), ("p1.head_teacher", address)):
        browser = as_(person)
        listed = sum(browser.get(f"{page}?month={month}").text.count("冲销原记录") for month in ("2026-03", "2026-04"))
        assert listed == len(credited) - 2


def test_who_leads_a_class_reads_how_many_gained_or_lost_and_who_most(
    as_: LogIn, moved: tuple[World, list[int]]
) -> None:
    world, credited = moved
    address, learner = f"/cohorts/{world.cohort['p1.one']}", world.learner["p1.li"]
    before, less = sum(credited) // MINUTE, 10 * (len(credited) - 2)
    for person in ("p1.head_teacher", "p1.liaison", "p1.staff"):
        page = as_(person).get(address).text
        (section,) = (part.split("</details>")[0] for part in page.split('<details class="matter rules"')[1:])
        assert 'id="rules-2026-03-16"' in section and not section.startswith(" open")
        led = as_(person).get(f"{address}?rules=2026-03-16").text
        assert '<details class="matter rules" open>' in led, "where the mail leads to"
        assert f'href="{address}/learners/{learner}#rules-2026-03-16"' in section
        words = _words(section)
        assert "自 2026年3月16日起，计分规则有变化：本班 0 人增加，1 人减少" in words
        assert f"李明 {_clock(before)} {_clock(before - less)} −{_clock(less)}" in words
        assert "理由：会议&lt;决定&gt;" in words and "由 1 分钟 改为 10 秒" in words


def test_the_class_of_another_and_who_only_looks_on_hear_nothing_of_whose_time_changed(
    as_: LogIn, moved: tuple[World, list[int]]
) -> None:
    world, _ = moved
    address = f"/cohorts/{world.cohort['p1.one']}"
    for person in ("p1.wang", "p1.leading", "p1.centre"):
        answer = as_(person).get(address)
        assert answer.status_code == 200 and "rules-2026" not in answer.text
    assert as_("p2.head_teacher").get(address).status_code == 404
    beside = as_("p1.staff").get(f"/cohorts/{world.cohort['p1.two']}")
    assert beside.status_code == 200 and "rules-2026" not in beside.text, "nothing changed there"
    assert "rules-2026" not in as_("p1.staff").get(f"{address}?as_of=2026-03-20").text


def test_rules_for_a_day_to_come_stand_on_the_page_of_each_class(as_: LogIn, db: Engine, adopted: World) -> None:
    adopt_policy(db, adopted.programme["p1"], "strict", date(2026, 5, 1), "五月起", now=NOW)
    page = as_("p1.head_teacher").get(f"/cohorts/{adopted.cohort['p1.one']}").text
    assert "自 2026年5月1日起，计分规则有变化：从那天起适用于本班" in _words(page)
    assert "变化最大的学员" not in page


def _clock(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时 {minutes % 60:02d} 分"


def test_who_runs_the_programme_finds_the_way_there_and_a_head_teacher_does_not(as_: LogIn, studied: World) -> None:
    address = f"/programmes/{studied.programme['p1']}/policies"
    assert address in as_("p1.staff").get("/cohorts").text
    assert address not in as_("p1.head_teacher").get("/cohorts").text


def test_each_day_has_its_picture_with_a_text_and_a_table_of_the_same(as_: LogIn, studied: World) -> None:
    page = as_("p1.li").get("/study?month=2026-03").text
    assert page.count('<figure class="strip">') == 9
    assert page.count('class="hatches"') == 1, "the hatches stand once on the page"
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    figures = [part.split("</figure>")[0] for part in page.split('<figure class="strip">')[1:]]
    figure = next(figure for figure in figures if "未应答在场确认" in figure)
    described = re.search(r"<desc[^>]*>(.*?)</desc>", figure, re.DOTALL)
    assert described and "计入 40 分钟（19:00–19:40）" in described[1]
    assert "未计入：未应答在场确认 12 分钟" in described[1]
    table = _words(figure.split("<table")[1])
    assert "未计入：未应答在场确认 12 分钟" in table and "计入 40 分钟 19:00–19:40" in table
    assert set(re.findall(r"url\(#(p-[a-z]+)\)", page)) <= set(ids)


def test_a_day_is_shown_by_itself_and_another_word_is_no_day(as_: LogIn, studied: World) -> None:
    li = as_("p1.li")
    day = re.search(r'href="\?day=(2026-03-\d\d)', li.get("/study?month=2026-03").text)
    assert day
    alone = li.get(f"/study?day={day[1]}").text
    assert (alone.count('class="session"'), alone.count('<figure class="strip">')) == (1, 1)
    assert "看整月" in alone
    for text in ("nonsense", "2026-03-01", "9999-99-99"):
        assert li.get(f"/study?day={text}").text.count('class="session"') >= 1
    head = as_("p1.head_teacher").get(
        f"/cohorts/{studied.cohort['p1.one']}/learners/{studied.learner['p1.li']}?day={day[1]}"
    )
    assert head.text.count('<figure class="strip">') == 1


@pytest.mark.parametrize(
    ("seconds", "words", "more"),
    [
        (0, "0 分钟", "0 分钟"),
        (-31.6, "32 秒", "−32 秒"),
        (60, "1 分钟", "+1 分钟"),
        (-293, "4 分 53 秒", "−4 分 53 秒"),
        (3599, "59 分 59 秒", "+59 分 59 秒"),
        (-3960, "1 小时 06 分", "−1 小时 06 分"),
        (3965, "1 小时 06 分 05 秒", "+1 小时 06 分 05 秒"),
    ],
)
def test_small_changes_are_said_to_the_second(app: Flask, seconds: float, words: str, more: str) -> None:
    with app.test_request_context():
        assert (exact(round(abs(seconds) * 1_000_000)), difference(round(seconds * 1_000_000))) == (words, more)
