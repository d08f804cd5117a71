"""What staff put into courses: files in pieces, addresses, chapters, order; and what learners then see."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.media import content_of
from tests.web.conftest import LogIn
from tests.web.people import NOW, UNIT, World
from tests.web.who_gets_in import EVERYBODY

FILM = b"\0\0\0\x18ftypisom" + b"film" * 1000
SECOND = "https://example.org/units/1b"


def _to(world: World, name: str = "第 1 讲.mp4", size: int = len(FILM), activity: str = UNIT) -> str:
    programme = world.programme["p1"]
    return f"/programmes/{programme}/content/upload?activity={activity}&name={name}&size={size}&modified=1"


def _unit(world: World) -> str:
    return f"/programmes/{world.programme['p1']}/content/unit?activity={UNIT}"


def _stored(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "media").rglob("*") if path.is_file())


def test_a_file_arrives_in_pieces_goes_on_after_a_break_and_is_shown(
    as_: LogIn, world: World, db: Engine, tmp_path: Path
) -> None:
    staff = as_("p1.staff")
    assert staff.get(_to(world)).json["received"] == 0
    assert staff.put(_to(world) + "&offset=0", data=FILM[:1500]).json == {"received": 1500, "medium": None}
    assert staff.get(_to(world)).json["received"] == 1500, "after the network failed"
    again = staff.put(_to(world) + "&offset=0", data=FILM[:1500])
    assert (again.status_code, again.json["received"]) == (409, 1500)
    done = staff.put(_to(world) + "&offset=1500", data=FILM[1500:]).json
    assert done["received"] == len(FILM) and done["medium"]
    (kept,) = _stored(tmp_path)
    assert kept.read_bytes() == FILM and "第" not in kept.name
    with reading(db) as tx:
        rows = tx.execute(select(t.medium).order_by(t.medium.c.id)).all()
    mine = [row for row in rows if row.unit_id == world.unit["p1"]]
    assert [(row.place, row.replaced_at is None) for row in mine] == [("url", False), ("file", True)]
    assert mine[1].name == "第 1 讲.mp4" and mine[1].added_by == world.account["p1.staff"]
    assert "第 1 讲.mp4" in staff.get(_unit(world)).text


def test_a_file_of_the_wrong_kind_is_dropped_with_its_first_piece(as_: LogIn, world: World, tmp_path: Path) -> None:
    staff = as_("p1.staff")
    refused = staff.put(_to(world) + "&offset=0", data=b"MZ" + b"\0" * 2000)
    assert refused.status_code == 400 and "MP4" in refused.json["error"]
    assert _stored(tmp_path) == []
    assert staff.get(_to(world)).json["received"] == 0


def test_no_more_is_written_than_was_announced_and_nothing_above_the_limit(
    as_: LogIn, world: World, app: Flask, tmp_path: Path
) -> None:
    staff = as_("p1.staff")
    assert staff.get(_to(world, size=5 * 1024**3)).status_code == 400
    assert staff.get(_to(world, size=0)).status_code == 400
    done = staff.put(_to(world) + "&offset=0", data=FILM + b"more").json
    assert done["received"] == len(FILM)
    assert [path.stat().st_size for path in _stored(tmp_path)] == [len(FILM)]


def test_two_people_who_send_the_same_file_are_not_in_each_others_way(as_: LogIn, world: World) -> None:
    one, other = as_("p1.staff"), as_("p1.liaison")
    one.put(_to(world) + "&offset=0", data=FILM[:1500])
    assert other.get(_to(world)).json["received"] == 0


def test_only_who_runs_the_programme_may_upload(as_: LogIn, world: World, client: FlaskClient, tmp_path: Path) -> None:
    for login in EVERYBODY:
        if login not in ("p1.staff", "p1.liaison"):
            assert as_(login).put(_to(world) + "&offset=0", data=FILM).status_code == 404, login
    assert client.put(_to(world) + "&offset=0", data=FILM).status_code == 303
    assert _stored(tmp_path) == []
    elsewhere = f"/programmes/{world.programme['p2']}/content/upload?activity={UNIT}&name=a&size=9"
    assert as_("p2.staff").get(elsewhere).status_code == 404, "a unit of another programme"


def test_an_object_is_refused_in_place_where_no_store_is_set_up(as_: LogIn, world: World) -> None:
    refused = as_("p1.staff").post(_unit(world), data={"what": "url", "address": "s3://courses/1.mp4"})
    assert (
        refused.status_code == 400
        and "LMS_TRACKER_S3_ENDPOINT" in refused.text
        and "s3://courses/1.mp4" in refused.text
    )


def test_an_address_replaces_a_file_and_a_bad_one_is_refused_in_place(as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    bad = staff.post(_unit(world), data={"what": "url", "address": "javascript:alert(1)"})
    assert bad.status_code == 400 and "https://" in bad.text and "javascript:alert(1)" in bad.text
    good = staff.post(
        _unit(world), data={"what": "url", "address": "https://v.example.edu/2.webm"}, follow_redirects=True
    )
    assert "2.webm" in good.text


def test_chapters_are_shown_to_learners_and_a_wrong_line_is_named(as_: LogIn, world: World) -> None:
    staff = as_("p1.staff")
    bad = staff.post(_unit(world), data={"what": "chapters", "chapters": "0:00 导入\n没有时间"})
    assert bad.status_code == 400 and "第 2 行" in bad.text and "没有时间" in bad.text
    staff.post(_unit(world), data={"what": "chapters", "chapters": "0:00 导入\n2:30 <要点>"})
    page = as_("p1.li").get(f"/courses/units/{world.unit['p1']}").text
    assert 'data-at="150' in page and "&lt;要点&gt;" in page


def test_learners_see_a_unit_once_it_is_opened_and_no_longer_when_it_is_closed(as_: LogIn, world: World) -> None:
    staff, li = as_("p1.staff"), as_("p1.li")
    link = f'href="/courses/units/{world.unit["p1"]}"'
    assert link in li.get("/courses").text
    staff.post(_unit(world), data={"what": "close"})
    assert link not in li.get("/courses").text and "依法治校" in li.get("/courses").text
    staff.post(_unit(world), data={"what": "open"})
    assert link in li.get("/courses").text


def test_a_unit_without_a_medium_cannot_be_opened(as_: LogIn, world: World, db: Engine) -> None:
    _another_unit(db, world)
    staff = as_("p1.staff")
    address = f"/programmes/{world.programme['p1']}/content/unit?activity={SECOND}"
    refused = staff.post(address, data={"what": "open"})
    assert refused.status_code == 400 and "还没有媒体" in refused.text


def test_units_and_courses_are_put_in_order(as_: LogIn, world: World, db: Engine) -> None:
    _another_unit(db, world)
    with writing(db) as tx:
        later = tx.execute(
            insert(t.course)
            .values(programme_id=world.programme["p1"], title="另一门课", kind="elective", position=2)
            .returning(t.course.c.id)
        ).scalar_one()
        tx.execute(insert(t.activity).values(iri="urn:x", course_id=later, title="x", kind="video", position=1))
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/content"
    assert _order(db, world) == [UNIT, SECOND, "urn:x"]
    assert staff.post(address, data={"activity": SECOND, "to": "up"}).status_code == 303
    assert _order(db, world) == [SECOND, UNIT, "urn:x"]
    staff.post(address, data={"activity": SECOND, "to": "up"})  # it is the first already
    staff.post(address, data={"course": later, "to": "up"})
    assert _order(db, world) == ["urn:x", SECOND, UNIT]
    assert staff.post(address, data={"activity": SECOND}).status_code == 400
    outside = f"/programmes/{world.programme['p2']}/content"
    as_("p2.staff").post(outside, data={"activity": SECOND, "to": "down"})
    as_("p2.staff").post(outside, data={"course": later, "to": "down"})
    assert _order(db, world) == ["urn:x", SECOND, UNIT]


def test_the_course_page_shows_progress_against_length(as_: LogIn, studied: World, db: Engine) -> None:
    with writing(db) as tx:
        tx.execute(t.activity.update().where(t.activity.c.iri == UNIT).values(length_us=3600 * 3 * 10**6))
    page = as_("p1.wang").get("/courses").text
    assert "已计入 30 分钟 / 3 小时 00 分" in page and "继续学习：依法治校" in page
    assert "必修课" in page and "西山区" not in page


def test_the_course_page_leads_to_what_comes_next(as_: LogIn, studied: World, db: Engine) -> None:
    _another_unit(db, studied)
    with writing(db) as tx:
        unit = tx.execute(insert(t.unit).values(activity=SECOND, opened_at=NOW).returning(t.unit.c.id)).scalar_one()
        tx.execute(
            insert(t.medium).values(
                unit_id=unit, place="url", form="video", content_type="video/mp4", name="w.mp4",
                location="https://media.example.edu/w.mp4", added_at=NOW,
            )
        )  # fmt: skip
        tx.execute(t.activity.update().values(length_us=3600 * 10**6))
        second = tx.scalar(select(t.activity.c.title).where(t.activity.c.iri == SECOND))
    assert "开始学习：依法治校" in as_("p1.zhao").get("/courses").text, "who has studied nothing begins with the first"
    assert "继续学习：依法治校" in as_("p1.wang").get("/courses").text, "half an hour of one"
    with writing(db) as tx:
        tx.execute(t.activity.update().values(length_us=1800 * 10**6))
    assert f"继续学习：{second}" in as_("p1.wang").get("/courses").text, "what is done leads to what is not"


def test_the_attempt_is_one_for_a_learner_and_a_unit(as_: LogIn, world: World) -> None:
    def registration(login: str) -> str:
        page = as_(login).get(f"/courses/units/{world.unit['p1']}").text
        return page.split('data-registration="', 1)[1].split('"', 1)[0]

    assert registration("p1.li") == registration("p1.li") != registration("p1.wang")
    assert registration("p1.staff") == "", "a preview counts nothing"


def _another_unit(db: Engine, world: World) -> None:
    with writing(db) as tx:
        course = tx.scalar(select(t.activity.c.course_id).where(t.activity.c.iri == UNIT))
        tx.execute(insert(t.activity).values(iri=SECOND, course_id=course, title="第二节", kind="video", position=2))


def _order(db: Engine, world: World) -> list[str]:
    with reading(db) as tx:
        return [row.iri for row in content_of(tx, world.programme["p1"])]
