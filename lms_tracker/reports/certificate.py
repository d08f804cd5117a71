"""A certificate as PDF: one A4 page across, with number, check code, and a QR code of the page that verifies it.

The same content gives the same bytes.
"""

import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from lms_tracker.core.results.certificates import KINDS, written
from lms_tracker.reports import colours
from lms_tracker.reports.fonts import chinese_font

WIDTH, HEIGHT = landscape(A4)
QR = 32 * mm


def certificate_pdf(content: Mapping[str, Any], code: str, address: str) -> bytes:
    """The PDF. `content`: of core.results.certificates; `address`: of the page that verifies the code."""
    font, out = chinese_font(), io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, lang="zh-CN")
    chinese, english = KINDS[content["kind"]]
    canvas.setTitle(f"{chinese} {content['number']}")
    canvas.setAuthor(content["programme"]["organisation"] or "lms_tracker")
    _frame(canvas)
    _line(canvas, font, chinese, HEIGHT - 50 * mm, 38, colours.ACCENT)
    _line(canvas, font, english, HEIGHT - 60 * mm, 12, colours.MUTED)
    y = _paragraph(canvas, font, said(content), HEIGHT - 74 * mm, 15, colours.INK)
    _paragraph(canvas, font, said_in_english(content), y - 4 * mm, 9.5, colours.MUTED)
    _foot(canvas, font, content, code, address)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def said(content: Mapping[str, Any]) -> str:
    """The sentence on the paper."""
    programme = content["programme"]
    period = f"{_day(programme['starts_on'])}至{_day(programme['ends_on'])}"
    who = content["name"] + (f"（{content['school']}）" if content["school"] else "")
    if content["kind"] == "honour":
        honours = "、".join(one["zh"] for one in content["honours"])
        return f"{who}于{period}参加{programme['name']}，按评优规则评为{honours}，特发此证。"
    hours = f"完成 {_plain(content['class_hours'])} 学时，" if content["class_hours"] is not None else ""
    return f"{who}于{period}参加{programme['name']}，{hours}考核合格，准予结业，特发此证。"


def said_in_english(content: Mapping[str, Any]) -> str:
    """The same, second."""
    programme = content["programme"]
    honours = ", ".join(one["en"] for one in content["honours"])
    done = f"was selected: {honours}" if content["kind"] == "honour" else "met all requirements and passed"
    period = f"{programme['starts_on']} to {programme['ends_on']}"
    hours = content["class_hours"]
    studied = (
        f", with {_plain(hours)} class hours credited" if hours is not None and content["kind"] == "passed" else ""
    )
    return f"{content['name']} took part in {programme['name']} ({period}){studied}, and {done}."


def _frame(canvas: Canvas) -> None:
    for inset, width, colour in ((9 * mm, 2.2, colours.ACCENT), (12 * mm, 0.6, colours.LINE)):
        canvas.setStrokeColor(HexColor(colour))
        canvas.setLineWidth(width)
        canvas.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)


def _line(canvas: Canvas, font: str, text: str, y: float, size: float, colour: str) -> None:
    canvas.setFont(font, size)
    canvas.setFillColor(HexColor(colour))
    canvas.drawCentredString(WIDTH / 2, y, text)


def _paragraph(canvas: Canvas, font: str, text: str, top: float, size: float, colour: str) -> float:
    """Centred, broken where it must be; where its end is."""
    from xml.sax.saxutils import escape

    style = ParagraphStyle(
        "said", fontName=font, fontSize=size, leading=size * 1.8, alignment=TA_CENTER, textColor=HexColor(colour)
    )
    style.wordWrap = "CJK" if any(letter >= "\u2e80" for letter in text[:40]) and size > 12 else None
    paragraph = Paragraph(escape(text), style)
    width = WIDTH - 80 * mm
    _, height = paragraph.wrap(width, HEIGHT)
    paragraph.drawOn(canvas, (WIDTH - width) / 2, top - height)
    return top - height


def _foot(canvas: Canvas, font: str, content: Mapping[str, Any], code: str, address: str) -> None:
    widget = QrCodeWidget(address, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    drawing = Drawing(QR, QR, transform=[QR / (right - left), 0, 0, QR / (top - bottom), 0, 0])
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, 24 * mm, 20 * mm)
    canvas.setFillColor(HexColor(colours.MUTED))
    canvas.setFont(font, 9)
    lines = (
        f"证书编号 No. {content['number']}",
        f"查验码 Code {written(code)}",
        f"查验 Verify {address.rsplit('/', 1)[0]}",
    )
    for number, text in enumerate(lines):
        canvas.drawString(24 * mm + QR + 5 * mm, 42 * mm - number * 5.5 * mm, text)
    canvas.setFillColor(HexColor(colours.INK))
    canvas.setFont(font, 13)
    organisation = content["programme"]["organisation"]
    if organisation:
        canvas.drawRightString(WIDTH - 28 * mm, 36 * mm, organisation)
    canvas.drawRightString(WIDTH - 28 * mm, 28 * mm, _day(content["issued_on"]))


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"


def _plain(value: Decimal | int) -> str:
    text = f"{Decimal(value):.1f}"
    return text.removesuffix(".0")
