"""The text of files, and what is done to those that mean harm."""

import pytest

from lms_tracker.actions.read_text import text_of
from tests.actions.documents import docx, pdf, zipped


def test_plain_text_and_documents_give_their_words() -> None:
    assert text_of("txt", "\ufeff校本研修\r\n".encode()) == "校本研修"
    assert text_of("docx", docx("第一段", "第二段")) == "第一段\n第二段"
    slide = '<a xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:t>幻灯片</a:t></a:p></a>'
    slides = {f"ppt/slides/slide{n}.xml": slide.replace("片", f"片{n}").encode() for n in (10, 2)}
    assert text_of("pptx", zipped(slides)) == "幻灯片2\n\n幻灯片10"
    text = text_of("pdf", pdf("学校发展规划", "第二行"))
    assert text is not None and "学校发展规划" in text and "第二行" in text


def test_deleted_words_and_doubles_for_old_readers_are_left_out() -> None:
    more = "<w:p><w:del><w:r><w:delText>删去</w:delText></w:r></w:del><w:r><w:t>留下</w:t><w:tab/><w:t>的</w:t></w:r></w:p>"
    more += "<mc:AlternateContent><mc:Choice><w:t>框</w:t></mc:Choice><mc:Fallback><w:t>框</w:t></mc:Fallback></mc:AlternateContent>"
    assert text_of("docx", docx("甲", inside=more)) == "甲\n留下 的\n框"


@pytest.mark.parametrize("kind", ["png", "jpg", "xlsx"])
def test_pictures_and_tables_have_no_text(kind: str) -> None:
    assert text_of(kind, b"x") is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("docx", b"PK\x03\x04 word/document.xml"),
        ("docx", zipped({"word/document.xml": b"<w:document"})),
        ("docx", zipped({"word/document.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'})),
        ("docx", zipped({"word/document.xml": b"<a>" + b" " * 41_000_000 + b"</a>"})),
        ("docx", zipped({"word/document.xml": b"<a>" * 20_000 + b"</a>" * 20_000})),
        ("pdf", b"%PDF-1.7 broken"),
        ("pdf", pdf("x")[:300]),
    ],
)
def test_what_is_broken_or_means_harm_gives_none(kind: str, content: bytes) -> None:
    assert text_of(kind, content) is None
