"""A bulletin as PDF, set with reportlab in the vendored font. No clock, no random ids: the same view, the same bytes."""

from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Spacer,
)
from reportlab.platypus import Table as Grid

from lms_tracker.reports import colours
from lms_tracker.reports.chart import BAR, Drawn, draw
from lms_tracker.reports.fonts import chinese_font
from lms_tracker.reports.typeset import WIDTH, bare, document, grid, heading, meta, prose, rule
from lms_tracker.reports.view import Headline, View


def pdf_of(view: View) -> bytes:
    """The PDF of a view."""
    return document(f"{view.programme} {view.title} {view.period}", view.seal, view.locale, _story(view))


def _story(view: View) -> list[Flowable]:
    half = (WIDTH - 8 * mm) / 2
    left: list[Flowable] = [heading(view.time.title), grid(view.time, half)]
    right: list[Flowable] = [heading(view.changes_title), prose(view.changes_note, 8, colours.MUTED)]
    if view.changes:
        right += [Spacer(1, 3), grid(view.changes, half)]
    columns = Grid(
        [[left, "", right]],
        colWidths=[half, 8 * mm, half],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *bare((0, 0), (-1, -1))],
        spaceBefore=7,
    )
    return [
        prose(view.programme, 10, colours.MUTED),
        prose(view.title, 21, colours.INK, after=1),
        prose(f"{view.period} · {view.version}", 10, colours.MUTED, after=4),
        rule(),
        meta(view.meta),
        Spacer(1, 6),
        _headlines(view.headlines),
        heading(view.chart.title),
        _chart(view),
        KeepTogether([heading(view.parts.title), grid(view.parts, WIDTH)]),
        KeepTogether([heading(view.kinds.title), grid(view.kinds, WIDTH)]),
        columns,
        *([PageBreak(), heading(view.progress.title), grid(view.progress, WIDTH)] if view.progress else []),
        KeepTogether(
            [
                heading(view.notes_title),
                *(prose(f"{n}. {note}", 7.5, colours.MUTED) for n, note in enumerate(view.notes, 1)),
            ]
        ),
    ]


def _headlines(headlines: Sequence[Headline]) -> Flowable:
    gap, count = 3 * mm, len(headlines)
    width = (WIDTH - gap * (count - 1)) / count
    cells: list[Any] = []
    widths: list[float] = []
    for headline in headlines:
        cells += [_headline(headline, width - 14), ""]
        widths += [width, gap]
    style: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "TOP"), *bare((0, 0), (-1, -1))]
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
    return [prose(headline.label, 8.5, colours.MUTED), figure, prose(headline.note, 7.5, colours.MUTED)]


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
