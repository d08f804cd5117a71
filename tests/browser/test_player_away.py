"""What is to be studied is not there: the learner is told, nothing counts, and it goes on when it is back. In a real Chromium,
with files of ours and with an S3-compatible store."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, update

from lms_tracker.actions.add_medium import add_address
from lms_tracker.core.presigned import Store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.browser import accessible
from tests.browser import studio as studios
from tests.browser.film import film
from tests.browser.room import PHONE, SOON, chromium, enter, fits, place, play, shoot
from tests.browser.studio import SECOND, Studio, opened
from tests.objects import BUCKET, object_store, put

__all__ = ["chromium", "enter"]  # the fixtures
OBJECT = f"s3://{BUCKET}/学校章程 (2026).html"
SAYS = "这份资料现在打不开，阅读时间暂不计入"
WHY = "要学习的内容现在打不开，未计时；恢复后自动继续"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with object_store(tmp_path_factory.mktemp("objects")) as made:
        yield made


@pytest.fixture(scope="module")
def studio(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, chromium: Browser, store: Store
) -> Iterator[Studio]:
    """The second unit is a document in the store, which does not hold it."""
    page = chromium.new_page()
    made = film(page, 60)
    page.close()
    studio = studios.build(
        tmp_path_factory.mktemp("studio"), migrated_sqlite, made, player=SOON, seconds=60, learners=4
    )
    with writing(studio.db) as tx:
        tx.execute(update(t.activity).where(t.activity.c.iri == SECOND).values(kind="document"))
    add_address(studio.db, SECOND, OBJECT, by=None, now=datetime.now(UTC))
    studio.settings = {"S3_ENDPOINT": store.endpoint, "S3_KEY": store.key, "S3_SECRET": store.secret}
    studio.settings["S3_WAIT_S"] = "20"  # the machine may be busy
    with opened(studio):
        yield studio


def _file(studio: Studio, kind: str) -> Path:
    with reading(studio.db) as tx:
        mine = (t.medium.c.unit_id == studio.unit[kind]) & t.medium.c.replaced_at.is_(None)
        return studio.folder / "media" / str(tx.scalar(select(t.medium.c.location).where(mine)))


def _sessions(studio: Studio, login: str) -> int:
    with reading(studio.db) as tx:
        mine = t.player_session.c.learner_id == studio.world.learner[login]
        return int(tx.scalar(select(func.count()).select_from(t.player_session).where(mine)) or 0)


def _is_said(page: Page) -> None:
    expect(page.get_by_role("alert")).to_contain_text(SAYS)
    expect(page.locator("#medium")).to_be_hidden()
    expect(page.locator("#why")).to_have_text(WHY)
    expect(page.locator("#counting")).to_have_attribute("data-state", "stopped")


def _is_read(page: Page, words: str) -> None:
    expect(page.frame_locator("#medium").get_by_text(words).first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok")
    page.wait_for_function("() => parseFloat(document.querySelector('#done').getAttribute('width')) > 0")


def test_a_document_whose_file_is_gone_is_said_and_counts_when_it_is_back(enter: Any, studio: Studio) -> None:
    file = _file(studio, "document")
    kept = file.rename(file.with_suffix(".kept"))
    page = enter("v0", place(studio, "document"))
    _is_said(page)
    expect(page.locator("[role=status][aria-live]").last).to_have_text(WHY)
    expect(page.locator("#credited")).to_be_hidden()  # nobody has said how many minutes there are: not 0
    assert accessible.faults(page, accessible.axe()) == []
    shoot(page, "away")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    fits(page)
    shoot(page, "away-phone")
    assert _sessions(studio, "v0") == 0, "the server has begun nothing, whatever the page says"
    kept.rename(file)
    _is_read(page, "学校章程")


def test_an_object_that_is_gone_is_said_instead_of_the_store_s_own_words(
    enter: Any, studio: Studio, store: Store
) -> None:
    page = enter("v1", place(studio, "second"))
    _is_said(page)
    assert _sessions(studio, "v1") == 0
    text = "<!doctype html><meta charset=utf-8><p>学校章程第一条</p>".encode()
    put(store, OBJECT, text, "text/html; charset=utf-8")
    _is_read(page, "学校章程第一条")


def test_a_document_that_goes_while_the_page_comes_stops_counting_until_it_is_back(enter: Any, studio: Studio) -> None:
    page = enter("v2", "/courses")
    told: list[int] = []
    page.on(
        "request",
        lambda r: told.extend(beat["f"] for beat in json.loads(r.post_data)["b"]) if r.url.endswith("/beats") else None,
    )
    page.route("**/media/*", lambda route: route.fulfill(status=404, body="<Error>NoSuchKey</Error>"))
    page.goto(studio.address + place(studio, "document"))
    _is_said(page)
    for _ in range(2):  # the first may bring what was noted before the page knew
        with page.expect_request("**/player/beats"):
            page.mouse.move(200, 300)
    assert told and not told[-1] & 1, "it is in front and touched, and yet not open"
    page.unroute("**/media/*")
    _is_read(page, "学校章程")


def test_a_film_whose_file_is_gone_plays_when_it_is_back(enter: Any, studio: Studio) -> None:
    file = _file(studio, "video")
    kept = file.rename(file.with_suffix(".kept"))
    page = enter("v3", place(studio))
    expect(page.get_by_role("alert")).to_contain_text("这个文件打不开")
    expect(page.locator("#why")).to_have_text(WHY)
    assert _sessions(studio, "v3") == 0
    kept.rename(file)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.wait_for_function("() => medium.duration > 59")
    play(page)
