"""Bulletins as files: the same figures in every form, Chinese text in a font that travels along."""

import io
import re
from base64 import b64decode
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFontFile
from sqlalchemy import Engine, update

from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.core.sealed import opened
from lms_tracker.core.study.entries import REASONS
from lms_tracker.reports import render_html, render_pdf, render_xlsx
from lms_tracker.reports.view import view_of
from lms_tracker.reports.words import REASONS as REASON_WORDS
from lms_tracker.reports.words import TEXTS
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.programme import NAMES, add_programme, add_term

NOW = datetime(2026, 3, 20, tzinfo=UTC)


@pytest.fixture
def content(db: Engine) -> dict[str, Any]:
    """The first half of March, with the bulletin before it issued."""
    programme_id = add_term(db)
    issue_bulletin(db, programme_id, "2026-02-H2", now=NOW)
    return opened(issue_bulletin(db, programme_id, "2026-03-H1", now=NOW).content)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_pdf_holds_the_chinese_title_and_the_figures(content: dict[str, Any]) -> None:
    text = text_of(render_pdf(content))
    for expected in (
        "校长培训",
        "学习通报",
        "2026 年 3 月 1 日 – 3 月 15 日",
        "示例市教育局",
        "需要联系",
        "页面被遮挡或切走",
    ):
        assert expected in text
    assert content["sha256"] in text and content["policy"] in text


def test_every_font_of_the_pdf_is_embedded(content: dict[str, Any]) -> None:
    fonts = [
        font.get_object()
        for page in PdfReader(io.BytesIO(render_pdf(content))).pages
        for font in page["/Resources"]["/Font"].values()
    ]
    used = {font["/BaseFont"]: font.get("/FontDescriptor") for font in fonts}
    # Base 14 fonts that reportlab lists and nothing is set in have no descriptor.
    embedded = {name for name, descriptor in used.items() if descriptor and "/FontFile2" in descriptor.get_object()}
    assert embedded and set(used) - embedded <= {"/Helvetica"}
    assert all("MicroHei" in name for name in embedded)


def test_a_bulletin_of_a_class_fits_on_one_page_and_names_follow_on_the_next(content: dict[str, Any]) -> None:
    first, second = PdfReader(io.BytesIO(render_pdf(content))).pages
    assert "需要联系" in first.extract_text() and NAMES[3] not in first.extract_text()
    assert "本期取得进步的学员" in second.extract_text() and NAMES[3] in second.extract_text()
    nameless = {key: value for key, value in content.items() if key != "made_progress"}
    assert len(PdfReader(io.BytesIO(render_pdf(nameless))).pages) == 1
    for page in (render_html(content), render_html(content, "en")):
        assert NAMES[3] in page and NAMES[4] not in page


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_same_bulletin_gives_the_same_files(content: dict[str, Any], locale: str) -> None:
    assert render_html(content, locale) == render_html(content, locale)
    assert render_pdf(content, locale) == render_pdf(content, locale)
    assert render_xlsx(content, locale) == render_xlsx(content, locale)


class Page(HTMLParser):
    """Counts tags and collects what would be fetched from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.lang = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.lang = values.get("lang") or self.lang
        self.fetched += [
            value for key in ("src", "href") if (value := values.get(key)) and not value.startswith("data:")
        ]


def test_the_page_is_complete_in_one_file(content: dict[str, Any]) -> None:
    html = render_html(content)
    page = Page(html)
    assert page.lang == "zh-CN" and page.fetched == [] and "script" not in page.tags
    assert {"svg", "table", "caption", "th"} <= set(page.tags)
    assert not re.search(r"url\((?!data:)", html)
    assert "学习通报" in html and content["sha256"] in html


def test_the_page_is_english_on_request(content: dict[str, Any]) -> None:
    html = render_html(content, "en")
    assert Page(html).lang == "en" and "Study bulletin" in html and "2026-03-01 to 2026-03-15" in html


def test_the_workbook_holds_numbers_as_numbers(content: dict[str, Any]) -> None:
    book = load_workbook(io.BytesIO(render_xlsx(content)))
    assert book.sheetnames == [
        "学习通报",
        "成绩构成与进度",
        "分类对比",
        "本期学习时间",
        "与上期比较",
        "本期取得进步的学员",
        "说明",
    ]
    kinds = {row[0]: row[1:] for row in book["分类对比"].iter_rows(min_row=2, values_only=True)}
    assert kinds["市直学校"][:2] == (2, 2) and kinds["全体"][0] == 4
    time = {row[0]: row[1] for row in book["本期学习时间"].iter_rows(min_row=2, values_only=True)}
    assert time["申报时间"] == 7.75 and time["计入（有效）"] == 6
    assert all(sheet.freeze_panes == "A2" for sheet in book)


def test_a_name_like_a_formula_stays_text_and_a_name_like_markup_stays_text(db: Engine) -> None:
    name = '=HYPERLINK("http://x","<b>&甲")'
    programme_id = add_programme(db)
    with writing(db) as tx:
        tx.execute(update(t.programme).values(name=name))
    content = opened(issue_bulletin(db, programme_id, "2026-03-H1", now=NOW).content)
    cell = load_workbook(io.BytesIO(render_xlsx(content))).worksheets[0]["A1"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)
    assert "<b>" not in render_html(content)
    assert "<b>&甲" in text_of(render_pdf(content)).replace("\n", "")


def test_a_bulletin_of_nobody_says_so_in_every_form(db: Engine) -> None:
    programme_id = add_programme(db)
    with writing(db) as tx:
        tx.execute(update(t.enrolment).values(left_on=date(2026, 3, 1)))
    content = opened(issue_bulletin(db, programme_id, "2026-03-H1", now=NOW).content)
    assert content["all"]["enrolled"] == 0 and content["by_school_kind"] == []
    assert "本期无在册学员" in render_html(content)
    assert "本期无在册学员" in text_of(render_pdf(content))
    assert load_workbook(io.BytesIO(render_xlsx(content))).sheetnames


def test_very_long_names_do_not_break_the_page(content: dict[str, Any]) -> None:
    content["programme"] |= {
        "name": "校长远程研修与岗位能力提升培训" * 20,
        "organisation": "VeryLongNameWithoutBlanks" * 12,
    }
    content["made_progress"][0]["name"] = "阿依努尔·图尔荪江" * 30
    assert "阿依努尔" in text_of(render_pdf(content))
    del content["made_progress"]
    pages = PdfReader(io.BytesIO(render_pdf(content))).pages
    assert 1 <= len(pages) <= 2


def test_every_reason_has_words_and_every_text_both_languages() -> None:
    assert set(REASON_WORDS) == set(REASONS)
    for key, (zh, en) in TEXTS.items():
        assert set(re.findall(r"{\w+}", zh)) >= set(re.findall(r"{\w+}", en)), key


def test_an_unknown_reason_of_another_engine_is_still_shown(content: dict[str, Any]) -> None:
    content["all"]["hours"]["discounted_s"]["solar_flare"] = 2700
    assert any("solar_flare" in row[0].text for row in view_of(content).time.rows)


def test_the_page_brings_every_character_it_shows(content: dict[str, Any]) -> None:
    html = render_html(content)
    shown = {c for c in re.sub(r"base64,[^)]*|<style>|<[^>]*>", "", html) if c > " "}
    data = re.search(r"data:font/ttf;base64,([^)]+)\)", html)
    assert data is not None
    font = TTFontFile(io.BytesIO(b64decode(data[1])))
    assert {ord(c) for c in shown} <= set(font.charToGlyph)
