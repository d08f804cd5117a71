"""Media that cannot be had: what the page says, what its frame is answered, and that it comes back."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update

from lms_tracker.actions.add_medium import add_address, add_file
from lms_tracker.core.presigned import Store
from lms_tracker.store import objects
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.objects import out_of_order
from tests.patience import PATIENCE_S
from tests.web.conftest import LogIn
from tests.web.people import NOW, UNIT, World

HTML = b"<!doctype html><p>x</p>"
SAYS, OF_FILM = "这份资料现在打不开，阅读时间暂不计入", "这个文件打不开"


@pytest.fixture
def document(db: Engine, world: World, tmp_path: Path) -> Path:
    """The unit is a document now; its file."""
    with writing(db) as tx:
        tx.execute(update(t.activity).where(t.activity.c.iri == UNIT).values(kind="document"))
    (tmp_path / "text.html").write_bytes(HTML)
    medium = add_file(db, tmp_path / "media", UNIT, tmp_path / "text.html", by=None, now=NOW)
    with reading(db) as tx:
        return tmp_path / "media" / str(tx.scalar(select(t.medium.c.location).where(t.medium.c.id == medium)))


@pytest.fixture
def page(as_: LogIn, world: World) -> Callable[[str], tuple[str, str]]:
    """The player page as somebody gets it, and the address of its medium."""

    def get(login: str = "p1.li") -> tuple[str, str]:
        html = as_(login).get(f"/courses/units/{world.unit['p1']}").text
        return html, html.split('data-address="', 1)[1].split('"', 1)[0].replace("&amp;", "&")

    return get


def _says(html: str, words: str = SAYS) -> bool:
    return f'">{words}' in html


def test_a_document_whose_file_is_gone_is_said_and_not_framed_until_it_is_back(
    as_: LogIn, document: Path, page: Callable[..., tuple[str, str]]
) -> None:
    browser = as_("p1.li")
    html, address = page()
    assert ' src="/media/' in html and not _says(html)
    assert browser.head(address).status_code == 200
    for broken in (document.unlink, document.touch):  # gone; there, with nothing in it
        broken()
        html, address = page()
        assert _says(html) and ' src="/media/' not in html
        assert _says(page("p1.staff")[0]), "whoever may mend it sees it, too"
        answer = browser.get(address)
        assert (answer.status_code, answer.text) == (404, "这份资料现在打不开。")
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert browser.head(address).status_code == 404
    document.write_bytes(HTML)
    html, address = page()
    assert ' src="/media/' in html and not _says(html)
    assert (browser.head(address).status_code, browser.get(address).data) == (200, HTML)


def test_whether_it_is_there_is_told_only_to_whom_it_is_for(
    as_: LogIn, client: FlaskClient, document: Path, page: Callable[..., tuple[str, str]], world: World
) -> None:
    _, address = page()
    for login in ("p1.wang", "p1.head_teacher", "p2.zhao"):  # the first two by an address of their own only
        assert as_(login).head(address).status_code == 404, login
    assert client.head(address).status_code == 303
    assert as_("p2.zhao").get(f"/courses/units/{world.unit['p1']}").status_code == 404


def test_a_film_whose_file_is_gone_is_said_at_once(
    db: Engine, world: World, tmp_path: Path, page: Callable[..., tuple[str, str]]
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(600))
    add_file(db, tmp_path / "media", UNIT, tmp_path / "film.mp4", by=None, now=NOW)
    assert not _says(page()[0], OF_FILM)
    for file in (tmp_path / "media").glob("*.mp4"):
        file.unlink()
    html, _ = page()
    assert _says(html, OF_FILM) and ' src="/media/' in html, "the browser tries by itself"


def _by(app: Flask, store: Store, wait_s: float = PATIENCE_S) -> None:
    keys = {"s3_endpoint": store.endpoint, "s3_key": store.key, "s3_secret": store.secret, "s3_wait_s": wait_s}
    app.extensions["settings"] = msgspec.structs.replace(app.extensions["settings"], **keys)


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False), (403, False), (503, False), (400, None)])
def test_of_an_object_the_store_s_word_is_taken(
    status: int, there: bool | None, app: Flask, as_: LogIn, db: Engine, document: Path,
    page: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    add_address(db, UNIT, "s3://courses/章程.pdf", by=None, now=NOW)
    monkeypatch.setattr(objects, "LASTS_S", PATIENCE_S)
    with out_of_order(status) as (store, asked):
        _by(app, store)
        html, address = page()
        assert (_says(html), ' src="/media/' in html) == (there is False, there is not False)
        answers = {as_("p1.li").get(address).status_code, as_("p1.li").head(address).status_code}
        assert answers == ({404} if there is False else {302}), "what is not known is tried"
        assert len(asked) == 1 and asked[0].startswith("/courses/%E7%AB%A0%E7%A8%8B.pdf?X-Amz-Algorithm=")


def test_a_store_that_says_nothing_holds_no_page_up(
    app: Flask, db: Engine, document: Path, page: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "SILENT_S", PATIENCE_S)
    add_address(db, UNIT, "s3://courses/a.pdf", by=None, now=NOW)
    with out_of_order(None) as (store, asked):
        _by(app, store, wait_s=0.1)
        html, _ = page()
        assert ' src="/media/' in html and not _says(html)
        page()
        assert len(asked) <= 1


def test_an_object_without_a_store_is_said(
    app: Flask, db: Engine, document: Path, page: Callable[..., tuple[str, str]]
) -> None:
    add_address(db, UNIT, "s3://courses/a.pdf", by=None, now=NOW)
    assert _says(page()[0])


def test_an_address_elsewhere_is_never_asked_for(
    app: Flask, as_: LogIn, db: Engine, document: Path, page: Callable[..., tuple[str, str]]
) -> None:
    add_address(db, UNIT, "https://media.example.edu/a.html", by=None, now=NOW)
    html, address = page()
    assert ' src="/media/' in html and not _says(html)
    assert as_("p1.li").head(address).location == "https://media.example.edu/a.html"
