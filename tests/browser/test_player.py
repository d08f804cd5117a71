"""The page of one unit in a real Chromium: by keyboard, on a phone, in both languages."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser import accessible, speak
from tests.browser.room import DESKTOP, NARROW, PHONE, chromium, enter, fits, place, play, shoot, studio
from tests.browser.studio import Studio

__all__ = ["chromium", "enter", "studio"]  # the fixtures


def test_a_check_is_answered_by_keyboard_and_a_missed_one_pauses_and_resumes(enter: Any, studio: Studio) -> None:
    page = enter("v0", place(studio))
    play(page)
    page.wait_for_function("() => medium.currentTime > 8")
    studio.make_due("v0")
    dialog = page.locator(".study-dialog")
    dialog.wait_for()
    shoot(page, "check")
    # A dialog with a name and a description, the focus inside, on nothing that a stray key would press.
    assert dialog.get_attribute("role") == "dialog" and dialog.get_attribute("aria-modal") == "true"
    named = page.locator(f"#{dialog.get_attribute('aria-labelledby')}")
    expect(named).to_have_text("在场确认")
    expect(named).to_be_focused()
    expect(page.get_by_role("dialog", name="在场确认")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    expect(dialog).to_be_visible()
    for _ in range(5):  # Tab goes round inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('.study-dialog').contains(document.activeElement)")
    boxes = [box for part in dialog.locator("label, button").all() if (box := part.bounding_box())]
    assert boxes and all(box["height"] >= 44 for box in boxes), "large enough for a finger"
    assert accessible.faults(page, accessible.axe()) == []
    assert not page.evaluate("medium.paused"), "it goes on while there is time to answer"

    # Nobody answers: paused, with what it costs; the question stays.
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(named).to_have_text("没有及时回答，已暂停")
    expect(dialog).to_contain_text("不计入学习时间")
    assert page.evaluate("medium.paused")
    expect(page.locator("#why")).to_have_text("没有及时回答，已暂停")
    # Read out by the dialog itself: of what is outside it a screen reader gets nothing.
    expect(dialog.get_by_role("alert").last).to_contain_text(
        "没有及时回答，已暂停 从上一次操作或回答到现在的时间不计入学习时间"
    )
    fits(page)
    shoot(page, "check-missed-phone")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    # Whoever loads the page anew finds it again; answering by keyboard resumes.
    page.reload()
    dialog.wait_for()
    right = studio.right_answers(dialog.inner_text())
    for label in dialog.locator("label").all():
        page.keyboard.press("Tab")
        if label.inner_text().strip() in right:
            page.keyboard.press("Space")
    expect(dialog.locator("fieldset")).to_contain_text("已选 3 / 3 项")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    assert page.evaluate("medium.currentTime") > 8, "where it had stopped"
    play(page)


def test_a_click_of_a_script_answers_nothing(enter: Any, studio: Studio) -> None:
    page = enter("v1", place(studio))
    play(page)
    studio.make_due("v1")
    page.locator(".study-dialog").wait_for()
    right = studio.right_answers(page.locator(".study-dialog").inner_text())
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.post_data or "") if "/checks/" in r.url else None)
    page.evaluate(
        """right => { const d = document.querySelector(".study-dialog");
        [...d.querySelectorAll("label")].filter(l => right.includes(l.innerText.trim())).forEach(l => l.click()); d.querySelector("button").click(); }""",
        right,
    )
    page.wait_for_timeout(1500)
    assert not [body for body in asked if "answer" in body]
    expect(page.locator(".study-dialog")).to_be_visible()
    page.get_by_role("button", name="回答").click()
    page.locator(".study-dialog").wait_for(state="detached")


def test_the_player_fits_any_window_in_both_languages(enter: Any, studio: Studio) -> None:
    page = enter("v2", place(studio))
    for locale in ("en", "zh"):
        speak(page, locale)
        page.wait_for_selector("#speeds button")
        for size in (DESKTOP, {"width": 780, "height": 1000}, PHONE, NARROW):
            page.set_viewport_size(size)
            fits(page)
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            play(page) if page.evaluate("medium.paused") else None
            page.wait_for_timeout(1200)
            shoot(page, f"{locale}-{name}")
    expect(page.locator("h1")).to_have_count(1)


def test_the_minutes_grow_while_one_watches_and_the_place_is_kept(enter: Any, studio: Studio) -> None:
    page = enter("v3", place(studio))
    play(page)
    page.get_by_role("button", name="1.5 倍").click()
    page.wait_for_function("() => parseFloat(document.querySelector('#done').getAttribute('width')) > 1.5")
    assert page.evaluate("document.querySelector('#credited').innerText") == "本节已计入 0 / 10 分钟"
    at = page.evaluate("medium.currentTime")
    page.goto(studio.address + "/courses")
    page.goto(studio.address + place(studio))
    page.wait_for_selector("#speeds button")
    page.wait_for_function("() => medium.currentTime > 5")
    assert page.evaluate("medium.currentTime") == pytest.approx(at, abs=4)


def test_only_speeds_that_count_are_played(enter: Any, studio: Studio) -> None:
    page = enter("v4", place(studio))
    play(page)
    assert page.locator("#speeds button").all_inner_texts() == ["0.5 倍", "0.75 倍", "1 倍", "1.25 倍", "1.5 倍"]
    page.evaluate("medium.playbackRate = 4")
    page.wait_for_function("() => medium.playbackRate === 1.5")
    expect(page.get_by_role("button", name="1.5 倍")).to_have_attribute("aria-pressed", "true")


def test_the_reason_is_said_at_once_when_time_does_not_count(enter: Any, studio: Studio) -> None:
    page = enter("v5", place(studio))
    expect(page.locator("#why")).to_have_text("点播放开始学习")
    play(page)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = page.context.new_page()
    other.bring_to_front()
    expect(page.locator("#why")).to_have_text(re.compile("本页不是当前窗口|本页在后台"))
    other.close()
    page.bring_to_front()
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": True})
    expect(page.locator("#why")).to_have_text("正在计时")
    said = page.evaluate(
        """() => { Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); return document.querySelector('#why').innerText; }"""
    )
    assert said == "本页在后台，暂停计时", "in the same turn"
    expect(page.locator("[role=status][aria-live]").last).to_have_text("本页在后台，暂停计时")
    shoot(page, "background")
    page.evaluate("medium.pause()")
    page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#why")).to_have_text("已暂停，未计时")


def test_without_network_the_learner_is_told_and_loses_nothing(enter: Any, studio: Studio) -> None:
    page = enter("v6", place(studio, "document"))
    page.wait_for_selector("#counting[data-state=ok]")
    page.context.set_offline(True)
    expect(page.locator("#why")).to_contain_text("网络中断：学习记录先存在本机，最多 15 分钟")
    shoot(page, "offline")
    page.wait_for_timeout(12_000)
    page.context.set_offline(False)
    expect(page.locator("#why")).to_have_text("正在计时")
    expect(page.locator("[role=status][aria-live]").last).to_have_text("正在计时")
    page.wait_for_function("() => parseFloat(document.querySelector('#done').getAttribute('width')) > 3")


def test_a_second_tab_asks_which_to_keep_and_the_first_one_pauses(enter: Any, studio: Studio) -> None:
    first = enter("v7", place(studio))
    play(first)
    second = enter("v7", place(studio, "second"), beside=first)
    ask = second.get_by_role("dialog", name="正在别处学习")
    expect(ask).to_contain_text("《依法治校》")
    shoot(second, "elsewhere")
    ask.get_by_role("button", name="不，留在那边").click()
    expect(second.locator("#why")).to_have_text("学习已转到另一处，这里暂停计时")
    second.reload()
    second.get_by_role("button", name="在这里继续学习").click()
    expect(second.locator("#counting")).to_have_attribute("data-state", "ok")
    expect(first.locator("#why")).to_have_text("学习已转到另一处，这里暂停计时")
    assert first.evaluate("medium.paused")
    first.route(
        "**/player/grants", _late
    )  # what the page plays meanwhile is not told to the session that was moved away
    first.get_by_role("button", name="在这里继续学习").click()
    expect(first.locator("#counting")).to_have_attribute("data-state", "ok")


def _late(route: Route) -> None:
    time.sleep(1)
    route.continue_()


def test_a_film_that_does_not_come_or_is_not_there_is_said_and_read_out(enter: Any, studio: Studio) -> None:
    page = enter("v8", "/courses")
    page.route("**/media/*", lambda route: None)  # a store that does not answer
    page.goto(studio.address + place(studio), wait_until="domcontentloaded")
    page.wait_for_selector("#speeds button")
    page.evaluate("() => { medium.play().catch(() => {}); }")
    expect(page.locator("#why")).to_have_text("画面没有前进，未计时")
    page.unroute("**/media/*")
    page.route("**/media/*", lambda route: route.fulfill(status=404))
    page.goto(studio.address + place(studio))
    expect(page.get_by_role("alert")).to_contain_text("这个文件打不开。请刷新页面再试")
    page.goto("about:blank")


def test_chapters_lead_to_their_place(enter: Any, studio: Studio) -> None:
    page = enter("v12", place(studio))
    page.wait_for_selector("#speeds button")
    page.get_by_role("button", name="2:00 学校章程的起草、审议和核准").click()
    page.wait_for_function("() => medium.currentTime >= 120")
    expect(page.locator(".chapters [aria-current]")).to_contain_text("学校章程的起草")
