"""The reading list of a programme."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions.books import add_book, import_books, retire_book
from lms_tracker.core.reading import Book
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store.books import books_of
from lms_tracker.store.db import reading
from lms_tracker.store.places import reaches
from lms_tracker.web import previews
from lms_tracker.web.access import RUN_A_PROGRAMME
from lms_tracker.web.clock import now
from lms_tracker.web.frame import frame_of
from lms_tracker.web.people import me

bp = Blueprint("books", __name__)


@bp.get("/programmes/<int:programme_id>/books")
def listing(programme_id: int) -> ResponseReturnValue:
    return _page(programme_id)


@bp.post("/programmes/<int:programme_id>/books/import")
def bring_in(programme_id: int) -> ResponseReturnValue:
    return previews.bring_in(BOOKS, programme_id)


BOOKS = previews.Sort(
    N_("导入书单"),
    N_("列：书名；可有 作者、教育专著（是 / 否）。"),
    "books.bring_in",
    "books.listing",
    (N_("书名"), N_("作者"), N_("教育专著")),
    lambda db, programme_id, table: import_books(db, programme_id, table, now=now(), dry_run=True),
    lambda db, programme_id, table, seen: import_books(db, programme_id, table, now=now(), seen=seen),
)


@bp.post("/programmes/<int:programme_id>/books/add")
def add(programme_id: int) -> ResponseReturnValue:
    asked = request.form
    one = Book(asked.get("title", ""), asked.get("author", ""), asked.get("monograph") == "yes")
    try:
        add_book(current_app.extensions["db"], programme_id, one, now=now())
    except NotAllowed:
        return _page(programme_id, fault=_("请填写书名（最多 %(n)d 个字）。", n=200))
    flash(_("已加入书单。"))
    return redirect(url_for("books.listing", programme_id=programme_id), 303)


@bp.post("/programmes/<int:programme_id>/books/<int:book_id>/retire")
def retire(programme_id: int, book_id: int) -> ResponseReturnValue:
    try:
        retire_book(current_app.extensions["db"], programme_id, book_id, now=now())
    except NotAllowed:
        return _page(programme_id, fault=_("这本书已不在书单上。"))
    flash(_("已从书单上去掉；读过的记录不变。"))
    return redirect(url_for("books.listing", programme_id=programme_id), 303)


def _page(programme_id: int, fault: str | None = None) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        frame = frame_of(db, programme_id, now())
        rows = books_of(db, programme_id)
    runs = any(role.name in RUN_A_PROGRAMME and reaches(role, g.place) for role in me().roles)
    shown = render_template("books/listing.html", frame=frame, rows=rows, runs=runs, fault=fault, columns=BOOKS.columns)
    return shown, 400 if fault else 200
