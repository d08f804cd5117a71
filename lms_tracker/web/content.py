"""What learners see in their courses: media, addresses, chapters, order. For liaison and staff."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row

from lms_tracker.actions import add_medium as actions
from lms_tracker.actions.add_medium import Upload
from lms_tracker.actions.order_content import move_course, move_unit
from lms_tracker.core.media import MediumFault, clock, read_chapters
from lms_tracker.settings import Settings
from lms_tracker.store import media as store
from lms_tracker.store.classes import programme_row
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.media import folder, object_store
from lms_tracker.web.people import me

bp = Blueprint("content", __name__)

PIECE = 8 * 1024 * 1024
"""What the page sends at once."""
ACCEPT = {"video": ".mp4,.m4v,.webm", "audio": ".mp3,.m4a,.ogg,.webm", "document": ".pdf,.html"}


@bp.get("/programmes/<int:programme_id>/content")
def listing(programme_id: int) -> ResponseReturnValue:
    """Every unit of the programme, with what it shows."""
    with reading(current_app.extensions["db"]) as db:
        programme, rows = programme_row(db, programme_id), store.content_of(db, programme_id)
    return render_template("content/listing.html", programme=programme, rows=rows)


@bp.post("/programmes/<int:programme_id>/content")
def move(programme_id: int) -> ResponseReturnValue:
    """A unit or a course one place up or down."""
    db, step = current_app.extensions["db"], {"up": -1, "down": 1}.get(request.form.get("to", ""), 0)
    if not step:
        abort(400)
    if activity := request.form.get("activity"):
        move_unit(db, programme_id, activity, step)
    else:
        move_course(db, programme_id, request.form.get("course", 0, type=int), step)
    return redirect(url_for("content.listing", programme_id=programme_id), 303)


@bp.get("/programmes/<int:programme_id>/content/unit")
def unit(programme_id: int) -> ResponseReturnValue:
    """One unit (?activity=): its medium, address, chapters, whether learners see it."""
    return _page(programme_id, _row(programme_id))


@bp.post("/programmes/<int:programme_id>/content/unit")
def change(programme_id: int) -> ResponseReturnValue:
    """`what`: url, chapters, open or close."""
    db, row, what = current_app.extensions["db"], _row(programme_id), request.form.get("what", "")
    try:
        if what == "url":
            actions.add_address(db, row.iri, _address(), by=me().id, now=now())
        elif what == "chapters":
            actions.set_chapters(db, row.iri, request.form.get("chapters", ""))
        elif what in ("open", "close"):
            actions.open_unit(db, row.iri, is_open=what == "open", by=me().id, now=now())
        else:
            abort(400)
    except MediumFault as e:
        return _page(programme_id, row, what, fault(e), request.form)
    flash(_("已保存。"))
    return redirect(url_for("content.unit", programme_id=programme_id, activity=row.iri), 303)


@bp.get("/programmes/<int:programme_id>/content/upload")
def received(programme_id: int) -> ResponseReturnValue:
    """How much of a file is here: {"received": bytes, "piece": bytes}, or {"error": words} with 400."""
    row = _row(programme_id)
    try:
        here = actions.begin_upload(current_app.extensions["db"], folder(), _upload(row), _most())
    except MediumFault as e:
        return {"error": fault(e)}, 400
    return {"received": here, "piece": PIECE}


@bp.put("/programmes/<int:programme_id>/content/upload")
def upload(programme_id: int) -> ResponseReturnValue:
    """The next piece, from ?offset=: {"received": bytes, "medium": id or null}. 409 where it does not follow."""
    row, offset = _row(programme_id), request.args.get("offset", -1, type=int)
    db, piece = current_app.extensions["db"], request.stream
    try:
        here, medium = actions.take_piece(db, folder(), _upload(row), offset, piece, most=_most(), now=now())
    except MediumFault as e:
        if e.rule == "offset":
            return {"received": int(e.detail), "medium": None}, 409
        return {"error": fault(e)}, 400
    return {"received": here, "medium": medium}


def _address() -> str:
    """What was typed. Raises MediumFault `store`: an object of a store that nobody has set up opens for nobody."""
    typed = request.form.get("address", "").strip()
    if typed.startswith("s3:") and object_store() is None:
        raise MediumFault("store")
    return typed


def fault(e: MediumFault) -> str:
    """Why a medium cannot be taken, in words."""
    return {
        "live": _("直播没有可以上传的文件；学习时间由直播平台报来。"),
        "type": _("认不出这种文件。视频请用 MP4 或 WebM，音频请用 MP3、M4A 或 OGG，文档请用 PDF 或 HTML。"),
        "kind": _("文件的种类与本单元不符：视频单元要视频，音频单元要音频，文档单元要 PDF 或网页。"),
        "size": _("文件是空的，或者超过了上限（%(n)d MB）。", n=_most() // 1024 // 1024),
        "address": _("地址应以 https:// 开头，不含空格；或写成 s3://存储桶/文件名。"),
        "store": _("本系统还没有接对象存储，不能用 s3:// 地址。请管理员先设置 LMS_TRACKER_S3_ENDPOINT 等。"),
        "chapters": _("第 %(n)s 行有误：每行先写时间（如 2:30 或 1:02:30），再写标题，时间一行比一行晚。", n=e.detail),
        "nothing": _("还没有媒体，不能开放给学员。"),
    }.get(e.rule, _("请求有误"))


def _page(
    programme_id: int, row: Row[Any], what: str = "", fault: str | None = None, typed: Any = None
) -> ResponseReturnValue:
    with reading(current_app.extensions["db"]) as db:
        programme = programme_row(db, programme_id)
        own = store.unit_of_activity(db, row.iri)
    chapters = "\n".join(f"{clock(c.at_s)} {c.title}" for c in read_chapters(own.chapters)) if own else ""
    page = render_template(
        "content/unit.html",
        programme=programme,
        row=row,
        chapters=typed["chapters"] if typed and what == "chapters" else chapters,
        address=typed["address"] if typed and what == "url" else "",
        what=what,
        fault=fault,
        accept=ACCEPT.get(row.kind, ""),
        most_mb=_most() // 1024 // 1024,
    )
    return page, 400 if fault else 200


def _row(programme_id: int) -> Row[Any]:
    """The activity that is meant, if it is of this programme: whoever runs another one is told that it is not there."""
    with reading(current_app.extensions["db"]) as db:
        rows = store.content_of(db, programme_id)
    found = next((row for row in rows if row.iri == request.args.get("activity")), None)
    if found is None:
        abort(404)
    return found


def _upload(row: Row[Any]) -> Upload:
    asked = request.args
    size = asked.get("size", 0, type=int)
    return Upload(row.iri, asked.get("name", "")[:200], size, asked.get("modified", "")[:40], me().id)


def _most() -> int:
    settings: Settings = current_app.extensions["settings"]
    return settings.media_max_bytes
