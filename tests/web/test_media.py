"""Media: who gets them, by which address, and in which parts."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from lms_tracker.actions.add_medium import add_address, add_file
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.web import media
from lms_tracker.web.media import PART
from tests.web.conftest import LogIn
from tests.web.people import NOW, UNIT, World
from tests.web.who_gets_in import EVERYBODY

CONTENT = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 8192
"""Two parts and a bit of something that begins like a video."""


@pytest.fixture
def film(db: Engine, app: Flask, world: World, tmp_path: Path) -> int:
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    return add_file(db, tmp_path / "media", UNIT, tmp_path / "film.mp4", by=None, now=NOW)


def _address(browser: FlaskClient, world: World) -> str:
    page = browser.get(f"/courses/units/{world.unit['p1']}").text
    return page.split(' src="/media/', 1)[1].split('"', 1)[0].replace("&amp;", "&").join(("/media/", ""))


@pytest.fixture
def li(as_: LogIn, world: World, film: int) -> Iterator[tuple[FlaskClient, str]]:
    browser = as_("p1.li")
    yield browser, _address(browser, world)


def test_a_range_is_answered_with_just_that(li: tuple[FlaskClient, str]) -> None:
    browser, address = li
    answer = browser.get(address, headers={"Range": "bytes=8-11"})
    assert (answer.status_code, answer.data) == (206, b"isom")
    assert answer.headers["Content-Range"] == f"bytes 8-11/{len(CONTENT)}"
    assert (answer.headers["Content-Length"], answer.headers["Content-Type"]) == ("4", "video/mp4")
    last = browser.get(address, headers={"Range": "bytes=-5"})
    assert last.data == CONTENT[-5:]


def test_an_open_range_is_answered_in_parts_that_make_the_whole(li: tuple[FlaskClient, str]) -> None:
    browser, address = li
    got, parts = b"", 0
    while len(got) < len(CONTENT):
        answer = browser.get(address, headers={"Range": f"bytes={len(got)}-"})
        assert answer.status_code == 206 and len(answer.data) <= PART
        got, parts = got + answer.data, parts + 1
    assert got == CONTENT and parts == 3


@pytest.mark.parametrize("asked", ["bytes=99999999-", f"bytes={len(CONTENT)}-"])
def test_a_range_behind_the_end_is_told_the_length(asked: str, li: tuple[FlaskClient, str]) -> None:
    answer = li[0].get(li[1], headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=x", ""])
def test_what_is_no_single_range_of_bytes_is_answered_with_the_whole(asked: str, li: tuple[FlaskClient, str]) -> None:
    answer = li[0].get(li[1], headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_head_request_tells_the_length_and_sends_nothing(li: tuple[FlaskClient, str]) -> None:
    answer = li[0].head(li[1], headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_if_range_and_if_none_match_tell_an_old_copy_from_this_one(li: tuple[FlaskClient, str]) -> None:
    browser, address = li
    first = browser.get(address, headers={"Range": "bytes=0-3"})
    mark, since = first.headers["ETag"], first.headers["Last-Modified"]
    for same in (mark, since):
        assert browser.get(address, headers={"Range": "bytes=0-3", "If-Range": same}).status_code == 206
    for other in ('"another"', "Thu, 01 Jan 2015 00:00:00 GMT"):
        assert browser.get(address, headers={"Range": "bytes=0-3", "If-Range": other}).status_code == 200
    assert browser.get(address, headers={"If-None-Match": mark}).status_code == 304


def test_an_address_that_is_passed_on_opens_nothing(
    li: tuple[FlaskClient, str], as_: LogIn, client: FlaskClient, film: int
) -> None:
    browser, address = li
    assert browser.get(address).status_code == 200
    for login in EVERYBODY:
        if login != "p1.li":
            assert as_(login).get(address).status_code == 404, login
    assert client.get(address).status_code == 303
    for forged in (f"/media/{film}", f"/media/{film}?s=x", address.replace(f"/media/{film}", "/media/1"), address[:-2]):
        assert browser.get(forged).status_code == 404, forged


def test_an_address_ends_with_its_time_and_with_the_enrolment(
    li: tuple[FlaskClient, str], db: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, address = li
    with monkeypatch.context() as patch:
        patch.setattr(media, "LASTS_S", -1)
        assert browser.get(address).status_code == 404
    assert browser.get(address).status_code == 200
    with writing(db) as tx:
        mine = t.enrolment.c.learner_id == world.learner["p1.li"]
        tx.execute(update(t.enrolment).where(mine).values(left_on=NOW.date()))
    assert browser.get(address).status_code == 404
    assert browser.get(f"/courses/units/{world.unit['p1']}").status_code == 404


def test_a_unit_that_is_not_open_is_for_those_who_look_after_it_only(
    db: Engine, as_: LogIn, world: World, film: int
) -> None:
    with writing(db) as tx:
        tx.execute(update(t.unit).where(t.unit.c.id == world.unit["p1"]).values(opened_at=None))
    page = f"/courses/units/{world.unit['p1']}"
    assert as_("p1.li").get(page).status_code == 404
    staff = as_("p1.staff")
    assert "预览" in staff.get(page).text
    assert staff.get(_address(staff, world)).status_code == 200
    assert as_("p2.staff").get(page).status_code == 404


def test_a_medium_elsewhere_is_only_shown_the_way_to(db: Engine, app: Flask, as_: LogIn, world: World) -> None:
    browser = as_("p1.wang")
    there = browser.get(_address(browser, world))
    assert (there.status_code, there.location) == (302, "https://media.example.edu/v.mp4")
    page = browser.get(f"/courses/units/{world.unit['p1']}")
    assert "media-src 'self' https://media.example.edu;" in page.headers["Content-Security-Policy"]


def test_an_object_of_a_store_is_signed_for_a_while(
    db: Engine, app: Flask, as_: LogIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    add_address(db, UNIT, "s3://courses/一.mp4", by=None, now=NOW)
    browser = as_("p1.wang")
    assert browser.get(_address(browser, world)).status_code == 404, "no store is set up"
    keys = {"s3_endpoint": "https://s3.example.edu", "s3_key": "k", "s3_secret": "s"}
    app.extensions["settings"] = msgspec.structs.replace(app.extensions["settings"], **keys)
    there = browser.get(_address(browser, world))
    assert there.location.startswith("https://s3.example.edu/courses/%E4%B8%80.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&")


def test_a_web_document_may_do_nothing(db: Engine, app: Flask, as_: LogIn, world: World, tmp_path: Path) -> None:
    (tmp_path / "text.html").write_text("<!doctype html><script>alert(1)</script>章程", encoding="utf-8")
    with writing(db) as tx:
        tx.execute(update(t.activity).where(t.activity.c.iri == UNIT).values(kind="document"))
    add_file(db, tmp_path / "media", UNIT, tmp_path / "text.html", by=None, now=NOW)
    browser = as_("p1.li")
    policy = browser.get(_address(browser, world)).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and policy.endswith("sandbox allow-same-origin")


def test_five_gigabytes_are_given_out_part_by_part_in_little_memory(
    db: Engine, as_: LogIn, world: World, film: int, tmp_path: Path
) -> None:
    with reading(db) as tx:
        location = tx.scalar(select(t.medium.c.location).where(t.medium.c.id == film))
    size = 5 * 1024**3
    with (tmp_path / "media" / str(location)).open("r+b") as file:
        file.truncate(size)  # holes: it takes no room on the disk
        file.seek(size - 4)
        file.write(b"last")
    browser = as_("p1.li")
    address = _address(browser, world)
    tracemalloc.start()
    try:
        for asked in ("bytes=0-", f"bytes={size // 2}-", "bytes=1000-5000000000"):
            answer = browser.get(address, headers={"Range": asked})
            assert (answer.status_code, len(answer.data)) == (206, PART)
        assert browser.get(address, headers={"Range": "bytes=-4"}).data == b"last"
        whole = browser.get(address, buffered=False)  # who asks for all of it reads it as it comes
        assert (whole.status_code, whole.content_length) == (200, size)
        blocks = iter(whole.response)
        for _ in range(64):
            assert len(next(blocks)) <= PART
        whole.close()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 16 * 1024**2, f"{most / 1024**2:.0f} MB"
