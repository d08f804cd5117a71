"""The tree of organisations on pages, and forming classes: in the own programme alone, with a history, nothing deleted."""

import io
import re

import pytest
from openpyxl import Workbook
from sqlalchemy import Engine, func, select

from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web.conftest import LogIn
from tests.web.people import World
from tests.web.previews import sent_back


def tree(world: World, rest: str = "") -> str:
    return f"/programmes/{world.programme['p1']}/organisations{rest}"


def one(db: Engine, name: str) -> object:
    with reading(db) as tx:
        return tx.execute(select(t.organisation).where(t.organisation.c.name == name)).one_or_none()


def file_of(*rows: list[str]) -> dict[str, object]:
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(buffer)
    buffer.seek(0)
    return {"file": (buffer, "机构.xlsx")}


def test_a_district_is_added_under_a_centre_renamed_moved_and_closed_with_a_history(
    db: Engine, as_: LogIn, world: World
) -> None:
    staff = as_("p1.staff")
    centre, group = world.organisation["p1.centre"], world.organisation["p1.leading"]
    data = {"name": "东湖区西片", "kind": "district", "parent": str(centre)}
    assert staff.post(tree(world), data=data).status_code == 303
    made = one(db, "东湖区西片")
    staff.post(tree(world, f"/{made.id}/rename"), data={"name": "东湖区北片"})  # type: ignore[attr-defined]
    staff.post(tree(world, f"/{made.id}/move"), data={"parent": str(group)})  # type: ignore[attr-defined]
    staff.post(tree(world, f"/{made.id}/close"))  # type: ignore[attr-defined]
    row = one(db, "东湖区北片")
    assert (row.parent_id, row.closed_at is not None) == (group, True)  # type: ignore[attr-defined]
    page = re.sub(r"<[^>]+>|\s+", " ", staff.get(tree(world, f"/{row.id}")).text)  # type: ignore[attr-defined]
    assert re.search(
        r"停用 ·.*移动 ·.*东湖区培训中心 → 东湖区培训领导小组.*更名 ·.*东湖区西片 → 东湖区北片.*建立 ·", page
    )


@pytest.mark.parametrize(
    ("where", "data", "said"),
    [
        ("", {"name": "东湖区东片", "kind": "district"}, "已有同名的机构"),
        ("", {"name": " ", "kind": "district"}, "名称不能为空"),
        ("", {"name": "新校", "kind": "school"}, "学校还须选择"),
        ("", {"name": "新中心", "kind": "centre", "parent": "p1.district"}, "不能放在那里"),
        ("/p1.centre/close", {}, "下面还有未停用的机构"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    as_: LogIn, world: World, where: str, data: dict[str, str], said: str
) -> None:
    for key, id in world.organisation.items():
        where = where.replace(key, str(id))
        data = {name: str(id) if value == key else value for name, value in data.items()}
    answer = as_("p1.staff").post(tree(world, where), data=data)
    assert answer.status_code == 400 and said in answer.text


def test_nothing_of_another_programme_can_be_seen_or_changed_or_be_put_under(
    db: Engine, as_: LogIn, world: World
) -> None:
    staff, theirs = as_("p1.staff"), world.organisation["p2.district"]
    assert staff.get(tree(world, f"/{theirs}")).status_code == 404
    assert staff.post(tree(world, f"/{theirs}/rename"), data={"name": "x"}).status_code == 404
    data = {"name": "新校", "kind": "school", "school_kind": "town", "parent": str(theirs)}
    assert staff.post(tree(world), data=data).status_code == 400
    assert one(db, "新校") is None


def test_a_school_that_moves_under_a_district_takes_its_learners_along(as_: LogIn, db: Engine, world: World) -> None:
    school = one(db, "赵强所在学校（p1.zhao）")
    address = tree(world, f"/{school.id}/move")  # type: ignore[attr-defined]
    as_("p1.staff").post(address, data={"parent": str(world.organisation["p1.district"])})
    assert "赵强" in as_("p1.district").get(f"/programmes/{world.programme['p1']}/learners").text


def test_a_table_adds_and_moves_all_at_once_or_names_each_cell_that_is_wrong(
    db: Engine, as_: LogIn, world: World
) -> None:
    staff, header = as_("p1.staff"), ["机构", "类别", "上级", "学校类别"]
    faults = [["甲校", "学校", "", ""], ["乙", "村", "", ""], ["丙片", "区县", "没有的", ""]]
    answer = staff.post(tree(world, "/import"), data=file_of(header, *faults))
    assert answer.status_code == 400
    assert re.findall(r"<th scope=\"row\">(\w+)</th>", answer.text) == ["D2", "B3"], "what is misspelt first"
    answer = staff.post(tree(world, "/import"), data=file_of(header, faults[2], ["西山区东片", "区县", "", ""]))
    assert re.findall(r"<th scope=\"row\">(\w+)</th>", answer.text) == ["C2", "A3"], "then what does not fit"
    assert one(db, "丙片") is None
    good = [["丙校", "学校", "丙片", "乡镇"], ["丙片", "区县", "东湖区培训中心", ""]]
    good += [["赵强所在学校（p1.zhao）", "学校", "丙片", "乡镇"]]
    seen = staff.post(tree(world, "/import"), data=file_of(header, *good)).text
    assert one(db, "丙校") is None, "nothing is written before it was looked at"
    assert "东湖区培训中心" in seen and "→ 丙片" in seen
    assert staff.post(tree(world, "/import"), data=sent_back(seen)).status_code == 303
    assert one(db, "丙校").parent_id == one(db, "丙片").id  # type: ignore[attr-defined]
    assert "赵强" in as_("p1.centre").get(f"/programmes/{world.programme['p1']}/learners").text
    with reading(db) as tx:
        events = tx.scalar(select(func.count()).select_from(t.organisation_event))
    seen = staff.post(tree(world, "/import"), data=file_of(header, *good)).text
    assert "不会改变什么" in seen
    staff.post(tree(world, "/import"), data=sent_back(seen))
    with reading(db) as tx:
        assert tx.scalar(select(func.count()).select_from(t.organisation_event)) == events == 3


def plan(world: World) -> dict[str, object]:
    return {
        "source": [world.cohort["p1.one"], world.cohort["p1.two"]],
        "size": "2",
        "way": "mixed",
        "pattern": "新{n}班",
    }


def test_classes_are_proposed_looked_at_and_formed_with_a_history(db: Engine, as_: LogIn, world: World) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}/classes"
    page = staff.get(address, query_string=plan(world)).text
    assert "预览：2 个新班级" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    assert staff.post(address, data=plan(world) | {"seen": seen[1]}).status_code == 303
    with reading(db) as tx:
        e = t.enrolment.c
        sizes = tx.execute(
            select(t.cohort.c.name, func.count()).join(t.enrolment, e.cohort_id == t.cohort.c.id)
            .where(e.programme_id == world.programme["p1"]).group_by(t.cohort.c.name)
        ).all()  # fmt: skip
        assert sorted((name, n) for name, n in sizes) == [("新1班", 2), ("新2班", 1)]
        assert tx.scalar(select(func.count()).where(t.enrolment_event.c.what == "moved")) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seen": "old"}, "预览之后有了变化"),
        ({"size": "0"}, "每班人数应在"),
        ({"way": "x"}, "请选择编班方式"),
        ({"source": [999]}, "请至少选择一个班级"),
        ({"pattern": "新班"}, "新班名称里要有 {n}"),
        ({"pattern": "{n}", "size": "3"}, "预览之后有了变化"),
    ],
)
def test_classes_that_cannot_be_are_not_formed(
    db: Engine, as_: LogIn, world: World, change: dict[str, object], said: str
) -> None:
    answer = as_("p1.staff").post(f"/programmes/{world.programme['p1']}/classes", data=plan(world) | change)
    assert answer.status_code == 400 and said in answer.text
    with reading(db) as tx:
        assert tx.scalar(select(t.enrolment_event.c.id)) is None


def test_the_size_of_classes_is_set_and_shown_as_their_target(as_: LogIn, world: World) -> None:
    staff, address = as_("p1.staff"), f"/programmes/{world.programme['p1']}"
    assert staff.post(f"{address}/classes/size", data={"size": "53"}).status_code == 303
    assert "/ 53" in staff.get(f"{address}/people").text
    assert staff.post(f"{address}/classes/size", data={"size": "0"}).status_code == 400
