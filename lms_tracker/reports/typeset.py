"""Setting PDF documents with reportlab in the vendored font: pages, paragraphs, tables. No clock, no random ids."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, TableStyle
from reportlab.platypus import Table as Grid

from lms_tracker.reports import colours
from lms_tracker.reports.fonts import chinese_font
from lms_tracker.reports.view import Table
from lms_tracker.reports.words import word

MARGIN, TOP, BOTTOM = 17 * mm, 13 * mm, 14 * mm
WIDTH = A4[0] - 2 * MARGIN


def document(title: str, foot: str, locale: str, story: list[Flowable]) -> bytes:
    """An A4 document: `foot` at the left of each page's foot, the page's number at its right. The same story, the same bytes."""
    font, out = chinese_font(), io.BytesIO()
    made = BaseDocTemplate(
        out, pagesize=A4, title=title, author="lms_tracker", lang="en" if locale == "en" else "zh-CN", invariant=1
    )

    def on_page(canvas: Any, _document: Any) -> None:
        canvas.saveState()
        canvas.setFont(font, 6.5)
        canvas.setFillColor(HexColor(colours.MUTED))
        canvas.drawString(MARGIN, 9 * mm, foot)
        canvas.drawRightString(A4[0] - MARGIN, 9 * mm, word("page", locale, n=canvas.getPageNumber()))
        canvas.restoreState()

    body = Frame(MARGIN, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, *[0] * 4)
    made.addPageTemplates([PageTemplate("page", [body], onPage=on_page)])
    made.build(story)
    return out.getvalue()


def prose(text: str, size: float, colour: str, *, after: float = 0, right: bool = False) -> Paragraph:
    """A paragraph."""
    style = ParagraphStyle(
        "text",
        fontName=chinese_font(),
        fontSize=size,
        leading=size * 1.42,
        textColor=HexColor(colour),
        spaceAfter=after,
        wordWrap=_wrap(text),
        alignment=TA_RIGHT if right else 0,
    )
    return Paragraph(escape(text), style)


def heading(text: str) -> Flowable:
    """A heading that stays with what follows."""
    style = ParagraphStyle(
        "heading",
        fontName=chinese_font(),
        fontSize=11,
        leading=15,
        textColor=HexColor(colours.ACCENT),
        spaceBefore=7,
        spaceAfter=2,
        wordWrap=_wrap(text),
        keepWithNext=1,
    )
    return Paragraph(escape(text), style)


def _wrap(text: str) -> str | None:
    """Chinese breaks between any two characters, English between words."""
    return "CJK" if any(character >= "\u2e80" for character in text) else None


def rule() -> Flowable:
    """A line across the page."""
    return Grid([[""]], colWidths=[WIDTH], rowHeights=[4], style=[("LINEABOVE", (0, 0), (-1, 0), 1.2, colours.ACCENT)])


def bare(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[Any, ...]]:
    """Style of cells without padding."""
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, start, end, 0) for side in sides]


def meta(pairs: Sequence[tuple[str, str]]) -> Flowable:
    """Pairs of label and value in two columns."""
    font = chinese_font()
    cells = [[prose(label, 8, colours.MUTED), prose(value, 8, colours.INK)] for label, value in pairs]
    pad = [] if len(cells) % 2 == 0 else [["", ""]]
    rows = [a + b for a, b in zip(cells[::2], (cells + pad)[1::2], strict=True)]
    wide = max(stringWidth(label, font, 8) for label, _ in pairs) + 10
    style = [*bare((0, 0), (-1, -1)), ("RIGHTPADDING", (1, 0), (1, -1), 12), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Grid(rows, colWidths=[wide, WIDTH / 2 - wide] * 2, style=style)


def grid(table: Table, width: float) -> Flowable:
    """A table whose header repeats on each page."""
    columns = len(table.header)
    # The first column names things and may wrap; figures get equal room.
    first = max(width * 0.2, width - (columns - 1) * width * 0.21) if columns < 5 else width * 0.24
    rest = (width - first) / (columns - 1)

    def figures(column: int) -> bool:
        return column > 0 and column not in table.words

    rows = [[prose(text, 7.5, colours.MUTED, right=figures(n)) for n, text in enumerate(table.header)]]
    rows += [
        [
            prose(cell.text, 8.5, colours.ACCENT if n == table.strong else colours.INK, right=figures(column))
            for column, cell in enumerate(row)
        ]
        for n, row in enumerate(table.rows)
    ]
    style = TableStyle(
        [
            *bare((0, 0), (-1, -1)),
            ("TOPPADDING", (0, 0), (-1, -1), 0.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
            ("RIGHTPADDING", (0, 0), (-2, -1), 5),
            *(("LEFTPADDING", (column, 0), (column, -1), 12) for column in table.words),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.7, HexColor(colours.MUTED)),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(colours.LINE)),
        ]
    )
    if table.strong is not None:
        style.add("BACKGROUND", (0, table.strong + 1), (-1, table.strong + 1), HexColor(colours.WASH))
    return Grid(rows, colWidths=[first] + [rest] * (columns - 1), style=style, repeatRows=1)
