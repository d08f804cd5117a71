"""The page of a programme leads each person to what is theirs, and to nothing else."""

import re

import pytest

from lms_tracker.web.access import ROUTES
from lms_tracker.web.sections import SECTIONS
from tests.web.conftest import LogIn
from tests.web.people import World


def test_every_section_leads_to_a_page_of_the_table_of_access_and_stands_there_once() -> None:
    assert all(section.endpoint in ROUTES for section in SECTIONS)
    assert len({section.key for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize("who", ["li", "wang", "head_teacher", "liaison", "expert", "staff", "bureau"])
def test_every_section_that_somebody_is_shown_opens_for_them(who: str, as_: LogIn, studied: World) -> None:
    browser = as_(f"p1.{who}")
    page = browser.get(f"/programmes/{studied.programme['p1']}").text
    doors = re.findall(r'<li><a href="([^"]+)"', page)
    assert doors
    for door in doors:
        assert browser.get(door.replace("&amp;", "&"), follow_redirects=True).status_code == 200, door


def test_a_learner_sees_the_own_class_and_grade_and_the_doors_of_a_learner_alone(as_: LogIn, studied: World) -> None:
    page = as_("p1.li").get(f"/programmes/{studied.programme['p1']}").text
    assert "东湖区one班" in page and "王芳" in page, "the class and its monitor"
    assert "目前总评" in page and "合格 60" in page
    assert "/bulletins" not in page and "/cohorts" not in page and "需要联系" not in page


def test_staff_see_the_figures_of_the_latest_bulletin_with_their_targets(as_: LogIn, studied: World) -> None:
    page = re.sub(r"<[^>]+>|\s+", "", as_("p1.staff").get(f"/programmes/{studied.programme['p1']}").text)
    assert "日程36/365天" in page and "学员3" in page and "已合格0/3" in page and "合格60" in page


def test_who_watches_a_class_but_reads_no_bulletins_sees_none_of_its_figures(as_: LogIn, studied: World) -> None:
    assert "总评平均" not in as_("p1.expert").get(f"/programmes/{studied.programme['p1']}").text


def test_the_list_holds_ones_own_programmes_alone(as_: LogIn, studied: World) -> None:
    for who in ("p1.li", "p1.staff", "p1.bureau", "p1.head_teacher"):
        page = as_(who).get("/programmes").text
        assert "东湖区中小学校长远程培训" in page and "西山区" not in page


def test_the_navigation_calls_it_what_it_is_to_a_learner(as_: LogIn, studied: World) -> None:
    assert "我的项目" in as_("p1.li").get("/study").text
    assert "培训项目" in as_("p1.staff").get("/cohorts").text
