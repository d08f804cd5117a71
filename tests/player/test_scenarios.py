"""Scripts that post without a player, and honest people in trouble: seconds credited against seconds truly watched.

`true` is how long somebody watched; the honest lose less than 2 % of it, the others gain less than 2 % of what they claim.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from lms_tracker.actions.ask_presence import end_unanswered
from tests.player.conftest import ONLINE_AGAIN, PLAYING, SEEN, Clock, Page, log_in, settled
from tests.web.people import UNIT, World

HOUR = 3600.0


def credited(db: Engine, clock: Clock, world: World, who: str = "p1.li") -> float:
    return sum(entry.credited_us for entry in settled(db, clock, world.learner[who])) / 1e6


# --- scripts: each claims an hour, and watches nothing -----------------------------------------------------------------


def one_a_minute(page: Page, clock: Clock) -> None:
    page.watch(HOUR, every=60, answers=False, i=[0, 0, 0])


def every_twenty_seconds_with_made_up_inputs(page: Page, clock: Clock) -> None:
    page.watch(HOUR, every=20, answers=False, i=[3, 2, 1])


def jittered(page: Page, clock: Clock) -> None:
    left, step = HOUR, 11.0
    while left > 0:
        step = 5 + (step * 7.3) % 25
        page.watch(step, every=step, answers=False, i=[1, int(step) % 3, 0])
        left -= step


def replayed(page: Page, clock: Clock) -> None:
    """The same request again and again."""
    body = {"g": page.grant, "n": page.n + 1, "p": page.proof, "b": [page.beat()]}
    for _ in range(180):
        clock.pass_(20)
        page.browser.post("/player/beats", json=body)


def all_at_once(page: Page, clock: Clock) -> None:
    clock.pass_(1)
    page.send(*[page.beat(age_ms=(HOUR - 20 * i) * 1000, m=20.0 * i) for i in range(180)])


def an_hour_offline(page: Page, clock: Clock) -> None:
    """Nothing is sent, then the whole hour is claimed from a buffer."""
    clock.pass_(HOUR)
    again = Page(page.browser, clock, grant=page.grant)
    again.send(*[again.beat(age_ms=(HOUR - 20 * i) * 1000, m=20.0 * i) for i in range(1, 180)])
    again.watch(120, answers=False)


def to_the_end_in_a_drag(page: Page, clock: Clock) -> None:
    clock.pass_(10)
    page.media = 2690.0
    page.send(page.beat("seek", m0=10.0))
    page.watch(10, answers=False)


def at_sixteen_times_the_speed(page: Page, clock: Clock) -> None:
    page.send(page.beat("rate", r=16))
    page.watch(160, every=20, rate=16, r=16, answers=False)


def in_secret_at_sixteen_times_the_speed(page: Page, clock: Clock) -> None:
    """The page says that it plays at normal speed."""
    page.watch(160, every=20, rate=16, answers=False)


def a_new_page_whenever_a_check_comes(page: Page, clock: Clock) -> None:
    for _ in range(180):
        page.watch(20, answers=False, i=[1, 1, 1])
        if page.answer["check"]:
            page = _anew(page, clock)


def a_new_page_every_minute(page: Page, clock: Clock) -> None:
    for _ in range(60):
        page.watch(60, answers=False, i=[1, 1, 1])
        page = _anew(page, clock)


def a_new_device_every_minute(page: Page, clock: Clock) -> None:
    """None is ever closed."""
    for number in range(60):
        page.watch(60, answers=False, i=[1, 1, 1])
        media, page = page.media, Page(page.browser, clock, device=f"device {number}", take_over=True)
        page.media = media
        page.play()


def _anew(page: Page, clock: Clock) -> Page:
    page.send(page.beat("end", f=SEEN))
    media, page = page.media, Page(page.browser, clock)
    page.media = media
    page.play()
    return page


def guessing(page: Page, clock: Clock) -> None:
    """Wrong every time; inputs are made up."""
    for _ in range(180):
        page.watch(20, answers=False, i=[1, 1, 1])
        if page.answer["check"]:
            page.respond(page.answer["check"], "zz")


SCRIPTS = (
    one_a_minute,
    every_twenty_seconds_with_made_up_inputs,
    jittered,
    replayed,
    all_at_once,
    an_hour_offline,
    to_the_end_in_a_drag,
    at_sixteen_times_the_speed,
    in_secret_at_sixteen_times_the_speed,
    a_new_page_whenever_a_check_comes,
    a_new_page_every_minute,
    a_new_device_every_minute,
    guessing,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_gains_less_than_two_percent(
    script: Callable[[Page, Clock], None], browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    page = Page(browser, clock)
    page.play()
    script(page, clock)
    clock.pass_(120)
    end_unanswered(any_db, clock())
    assert credited(any_db, clock, world) <= 0.02 * HOUR


def test_several_tabs_and_devices_at_a_time_count_once(
    app: Flask, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    pages = [Page(log_in(app, "p1.li"), clock, device=f"device {i}", take_over=True) for i in range(4)]
    for page in pages:
        page.play()
    for _ in range(30):
        clock.pass_(20)
        for page in pages:
            page.media += 20
            page.send(page.beat())
    assert [page.answer["state"] for page in pages] == ["superseded"] * 3 + ["ok"]
    assert credited(any_db, clock, world) <= 600 * 1.02


# --- honest people: each watches half an hour ----------------------------------------------------------------------


def steadily(page: Page, clock: Clock) -> float:
    page.watch(1800)
    return 1800


def without_touching_anything(page: Page, clock: Clock) -> float:
    page.watch(1800, i=[0, 0, 0])
    return 1800


def faster(page: Page, clock: Clock) -> float:
    page.send(page.beat("rate", r=1.5))
    page.watch(1200, rate=1.5, r=1.5)
    return 1800


def with_a_phone_call(page: Page, clock: Clock) -> float:
    page.watch(900)
    page.send(page.beat("pause", f=SEEN))
    clock.pass_(600)
    page.send(page.beat("play"))
    page.watch(900)
    return 1800


def with_notes_in_another_window(page: Page, clock: Clock) -> float:
    for _ in range(10):
        page.watch(140)
        page.send(page.beat("hide", f=PLAYING | 2, i=[0, 0, 0]))
        page.watch(40, f=PLAYING | 2, i=[0, 0, 0])
        page.send(page.beat("show"))
    return 1800


def on_a_network_that_is_cut_for_three_minutes(page: Page, clock: Clock) -> float:
    page.watch(600)
    clock.pass_(180)
    beats = [page.beat(age_ms=(160 - 20 * i) * 1000, m=page.media + 20 * (i + 1)) for i in range(9)]
    beats[-1]["f"] |= ONLINE_AGAIN
    page.media += 180
    page.send(*beats)
    if page.answer["check"]:
        page.respond(page.answer["check"])
    page.watch(1020)
    return 1800


def on_a_network_that_loses_every_fifth_answer(page: Page, clock: Clock) -> float:
    for number in range(90):
        clock.pass_(20)
        page.media += 20
        beat = page.beat()
        if number % 5 == 0:
            body = {"g": page.grant, "n": page.n + 1, "p": page.proof, "b": [beat]}
            assert page.browser.post("/player/beats", json=body).status_code == 200  # the answer never arrives
            clock.pass_(5)
            page.send(beat | {"a": 5000})
            page.media += 5
        else:
            page.send(beat)
        if page.answer["check"]:
            page.respond(page.answer["check"])
    return page.media


def on_a_slow_network(page: Page, clock: Clock) -> float:
    """Each request takes up to four seconds to arrive."""
    delay = 0.0
    for number in range(90):
        before, delay = delay, (number * 7 % 5) * 0.9
        clock.pass_(20 + delay - before)
        page.media += 20
        page.send(page.beat(m=page.media))
        if page.answer["check"]:
            page.respond(page.answer["check"])
    return 1800


def with_a_laptop_asleep(page: Page, clock: Clock) -> float:
    page.watch(900)
    clock.pass_(2400)  # nothing runs; then the page wakes up, in the middle of the video, its grant over
    again = Page(page.browser, clock, grant=page.grant)
    again.media = page.media
    assert again.opened["session"] == page.opened["session"]
    again.watch(900)
    return 1800


def opening_the_page_anew_in_between(page: Page, clock: Clock) -> float:
    page.watch(900)
    page.send(page.beat("end", f=SEEN))
    clock.pass_(30)
    again = Page(page.browser, clock)
    assert again.opened["resume_s"] == pytest.approx(900)
    again.play()
    again.watch(900)
    return 1800


def watching_a_passage_again(page: Page, clock: Clock) -> float:
    page.watch(600)
    page.media = 300.0
    page.send(page.beat("seek", m0=600.0))
    page.watch(300)
    page.watch(1200)
    return 1800


HONEST = (
    steadily,
    without_touching_anything,
    faster,
    with_a_phone_call,
    with_notes_in_another_window,
    on_a_network_that_is_cut_for_three_minutes,
    on_a_network_that_loses_every_fifth_answer,
    on_a_slow_network,
    with_a_laptop_asleep,
    opening_the_page_anew_in_between,
    watching_a_passage_again,
)


@pytest.mark.parametrize("somebody", HONEST, ids=lambda somebody: somebody.__name__)
def test_who_watches_honestly_loses_less_than_two_percent(
    somebody: Callable[[Page, Clock], float],
    browser: FlaskClient,
    clock: Clock,
    any_db: Engine,
    world: World,
    record_property: Any,
) -> None:
    page = Page(browser, clock, UNIT)
    page.play()
    true = somebody(page, clock)
    counted = credited(any_db, clock, world)
    record_property("credited", counted)
    assert 0.98 * true <= counted <= 1.02 * true
