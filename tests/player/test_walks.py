"""Whatever somebody does with pages and checks, the page that is open is told what the ledger will say."""

import random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from lms_tracker.actions.ask_presence import end_unanswered
from tests.player.conftest import SEEN, Clock, Page, settled
from tests.web.people import World

STEPS = 60


class _Walk:
    """One learner with one page at a time; the dice decide what happens next."""

    def __init__(self, browser: FlaskClient, clock: Clock, seed: int) -> None:
        self.browser, self.clock, self.dice = browser, clock, random.Random(seed)
        self.page = Page(browser, clock)
        self.page.play()

    def step(self) -> None:
        what = self.dice.choices(
            (self.watch, self.touch, self.right, self.wrong, self.away, self.anew, self.elsewhere),
            (40, 25, 12, 6, 4, 8, 5),
        )[0]
        what()

    def watch(self) -> None:
        self.page.watch(self.dice.choice((10, 20, 30)), every=30, answers=False, i=[0, 0, 0])

    def touch(self) -> None:
        self.page.watch(20, answers=False, i=[0, 1, 0])

    def right(self) -> None:
        """Just after a beat: what was played since the last one the page is told with the next."""
        if self.page.answer["check"]:
            self.page.watch(7, answers=False, i=[0, 0, 0])
            self.page.respond(self.page.answer["check"])
            self.page.watch(1, answers=False, i=[0, 0, 0])

    def wrong(self) -> None:
        if check := self.page.answer["check"]:
            self.page.respond(check, "xyz")
            self.watch()

    def away(self) -> None:
        self.page.watch(120, every=30, answers=False, i=[0, 0, 0])

    def anew(self) -> None:
        self.page.send(self.page.beat("end", f=SEEN, i=[0, 0, 0]))
        self.clock.pass_(self.dice.choice((1, 40, 300)))
        end_unanswered(self.browser.application.extensions["db"], self.clock())
        self._open()

    def elsewhere(self) -> None:
        self.clock.pass_(1)
        self._open(device=f"device {self.dice.random()}", take_over=True)

    def _open(self, **asks: object) -> None:
        media, self.page = self.page.media, Page(self.browser, self.clock, **asks)
        self.page.media = media
        self.page.play()


@pytest.mark.parametrize("seed", range(6))
def test_the_page_is_told_what_the_ledger_will_say(
    seed: int, app: Flask, browser: FlaskClient, clock: Clock, any_db: Engine, world: World
) -> None:
    walk = _Walk(browser, clock, seed)
    for _ in range(STEPS):
        walk.step()
    walk.watch()
    told = walk.page.answer["credited_s"]
    counted = sum(entry.credited_us for entry in settled(any_db, clock, world.learner["p1.li"])) / 1e6
    assert told == pytest.approx(counted, abs=3), walk.page.answer
