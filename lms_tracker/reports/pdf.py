"""A bulletin as PDF, set with reportlab in the vendored font. No clock, no random ids: the same view, the same bytes."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from lms_tracker.reports import colours
from lms_tracker.reports.chart import BAR, Drawn, draw
from lms_tracker.reports.fonts import chinese_font
from lms_tracker.reports.view import Headline, Table, View
from lms_tracker.reports.words import word

MARGIN, TOP, BOTTOM = 17 * mm, 13 * mm, 14 * mm
WIDTH = A4[0] - 2 * MARGIN


def pdf_of(view: View) -> bytes:
    """The PDF of a view."""
    font = chinese_font()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        title=f"{view.programme} {view.title} {view.period}",
        author="lms_tracker",
        lang="en" if view.locale == "en" else "zh-CN",
        invariant=1,
    )

    def foot(canvas: Any, _document: Any) -> None:
        canvas.saveState()
        canvas.setFont(font, 6.5)
        canvas.setFillColor(HexColor(colours.MUTED))
        canvas.drawString(MARGIN, 9 * mm, view.seal)
        canvas.drawRightString(A4[0] - MARGIN, 9 * mm, word("page", view.locale, n=canvas.getPageNumber()))
        canvas.restoreState()

    body = Frame(MARGIN, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, *[0] * 4)
    document.addPageTemplates([PageTemplate("page", [body], onPage=foot)])
    document.build(_story(view))
    return out.getvalue()


def _story(view: View) -> list[Flowable]:
    half = (WIDTH - 8 * mm) / 2
    left: list[Flowable] = [_heading(view.time.title), _table(view.time, half)]
    right: list[Flowable] = [_heading(view.changes_title), _text(view.changes_note, 8, colours.MUTED)]
    if view.changes:
        right += [Spacer(1, 3), _table(view.changes, half)]
    columns = Grid(
        [[left, "", right]],
        colWidths=[half, 8 * mm, half],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_bare((0, 0), (-1, -1))],
        spaceBefore=7,
    )
    return [
        _text(view.programme, 10, colours.MUTED),
        _text(view.title, 21, colours.INK, after=1),
        _text(f"{view.period} · {view.version}", 10, colours.MUTED, after=4),
        _rule(),
        _meta(view.meta),
        Spacer(1, 6),
        _headlines(view.headlines),
        _heading(view.chart.title),
        _chart(view),
        KeepTogether([_heading(view.parts.title), _table(view.parts, WIDTH)]),
        KeepTogether([_heading(view.kinds.title), _table(view.kinds, WIDTH)]),
        columns,
        *([PageBreak(), _heading(view.progress.title), _table(view.progress, WIDTH)] if view.progress else []),
        KeepTogether(
            [
                _heading(view.notes_title),
                *(_text(f"{n}. {note}", 7.5, colours.MUTED) for n, note in enumerate(view.notes, 1)),
            ]
        ),
    ]


def _text(text: str, size: float, colour: str, *, after: float = 0, right: bool = False) -> Paragraph:
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


def _heading(text: str) -> Flowable:
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


def _rule() -> Flowable:
    return Grid([[""]], colWidths=[WIDTH], rowHeights=[4], style=[("LINEABOVE", (0, 0), (-1, 0), 1.2, colours.ACCENT)])


def _bare(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[Any, ...]]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, start, end, 0) for side in sides]


def _meta(pairs: Sequence[tuple[str, str]]) -> Flowable:
    font = chinese_font()
    cells = [[_text(label, 8, colours.MUTED), _text(value, 8, colours.INK)] for label, value in pairs]
    pad = [] if len(cells) % 2 == 0 else [["", ""]]
    rows = [a + b for a, b in zip(cells[::2], (cells + pad)[1::2], strict=True)]
    wide = max(stringWidth(label, font, 8) for label, _ in pairs) + 10
    style = [*_bare((0, 0), (-1, -1)), ("RIGHTPADDING", (1, 0), (1, -1), 12), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Grid(rows, colWidths=[wide, WIDTH / 2 - wide] * 2, style=style)


def _headlines(headlines: Sequence[Headline]) -> Flowable:
    gap, count = 3 * mm, len(headlines)
    width = (WIDTH - gap * (count - 1)) / count
    cells: list[Any] = []
    widths: list[float] = []
    for headline in headlines:
        cells += [_headline(headline, width - 14), ""]
        widths += [width, gap]
    style: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "TOP"), *_bare((0, 0), (-1, -1))]
    for column in range(0, 2 * count - 1, 2):
        style += [
            ("BACKGROUND", (column, 0), (column, 0), HexColor(colours.WASH)),
            ("LEFTPADDING", (column, 0), (column, 0), 7),
            ("RIGHTPADDING", (column, 0), (column, 0), 7),
            ("TOPPADDING", (column, 0), (column, 0), 6),
            ("BOTTOMPADDING", (column, 0), (column, 0), 7),
        ]
    return Grid([cells[:-1]], colWidths=widths[:-1], style=style)


def _headline(headline: Headline, width: float) -> list[Flowable]:
    font = chinese_font()
    figure = Drawing(width, 34)
    figure.add(String(0, 13, headline.value, fontName=font, fontSize=20, fillColor=HexColor(colours.ACCENT)))
    after = stringWidth(headline.value, font, 20) + 4
    figure.add(String(after, 13, headline.unit, fontName=font, fontSize=9, fillColor=HexColor(colours.MUTED)))
    figure.add(Rect(0, 4, width, 3, fillColor=HexColor(colours.LINE), strokeColor=None))
    if headline.share:
        figure.add(Rect(0, 4, width * headline.share, 3, fillColor=HexColor(colours.ACCENT), strokeColor=None))
    return [_text(headline.label, 8.5, colours.MUTED), figure, _text(headline.note, 7.5, colours.MUTED)]


def _chart(view: View) -> Flowable:
    chart = draw(view.chart, WIDTH)
    font, height = chinese_font(), chart.height + 14
    drawing = Drawing(WIDTH, height)
    _legend(drawing, chart, font, height)

    def up(y: float) -> float:
        return chart.height - y  # the layout counts from the top, PDF from the bottom

    def label(x: float, y: float, text: str, size: float, colour: str, anchor: str = "start") -> None:
        drawing.add(String(x, up(y), text, fontName=font, fontSize=size, fillColor=HexColor(colour), textAnchor=anchor))

    for x, text in chart.ticks:
        drawing.add(Line(x, up(chart.top), x, up(chart.bottom), strokeColor=HexColor(colours.LINE), strokeWidth=0.5))
        label(x, chart.bottom + 10, text, 7, colours.MUTED, "middle")
    line = Line(chart.mark_x, up(chart.top - 4), chart.mark_x, up(chart.bottom), strokeColor=HexColor(colours.MARK))
    line.strokeDashArray, line.strokeWidth = [4, 3], 1
    drawing.add(line)
    for bar in chart.bars:
        drawing.add(Rect(chart.left, up(bar.y + BAR), bar.width, BAR, fillColor=HexColor(bar.colour), strokeColor=None))
        label(bar.text_x, bar.y + 6.6, bar.text, 7, colours.INK)
    for group in chart.labels:
        label(chart.left - 8, group.y + 3, group.text, 8.5, colours.INK, "end")
    label(chart.mark_x, chart.top - 7, view.chart.mark_label, 7.5, colours.MARK, chart.mark_anchor)
    return drawing


def _legend(drawing: Drawing, chart: Drawn, font: str, height: float) -> None:
    x = 0.0
    for colour, name in chart.legend:
        drawing.add(Rect(x, height - 9, 7, 7, fillColor=HexColor(colour), strokeColor=None))
        drawing.add(String(x + 11, height - 9, name, fontName=font, fontSize=8, fillColor=HexColor(colours.MUTED)))
        x += 11 + stringWidth(name, font, 8) + 16


def _table(table: Table, width: float) -> Flowable:
    columns = len(table.header)
    # The first column names things and may wrap; figures get equal room.
    first = max(width * 0.2, width - (columns - 1) * width * 0.21) if columns < 5 else width * 0.24
    rest = (width - first) / (columns - 1)
    rows = [[_text(text, 7.5, colours.MUTED, right=n > 0) for n, text in enumerate(table.header)]]
    rows += [
        [
            _text(cell.text, 8.5, colours.ACCENT if n == table.strong else colours.INK, right=column > 0)
            for column, cell in enumerate(row)
        ]
        for n, row in enumerate(table.rows)
    ]
    style = TableStyle(
        [
            *_bare((0, 0), (-1, -1)),
            ("TOPPADDING", (0, 0), (-1, -1), 0.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
            ("RIGHTPADDING", (0, 0), (-2, -1), 5),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.7, HexColor(colours.MUTED)),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(colours.LINE)),
        ]
    )
    if table.strong is not None:
        style.add("BACKGROUND", (0, table.strong + 1), (-1, table.strong + 1), HexColor(colours.WASH))
    return Grid(rows, colWidths=[first] + [rest] * (columns - 1), style=style, repeatRows=1)
