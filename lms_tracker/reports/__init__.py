"""Bulletins and grades as files for people. Each renderer takes a bulletin's content and returns the whole file."""

from collections.abc import Mapping
from typing import Any


def render_html(content: Mapping[str, Any], locale: str = "zh") -> str:
    """One self-contained HTML page: no scripts, no links to other files."""
    from lms_tracker.reports.page import html_of  # each renderer loads its library only when it is used
    from lms_tracker.reports.view import view_of

    return html_of(view_of(content, locale))


def render_pdf(content: Mapping[str, Any], locale: str = "zh") -> bytes:
    """A PDF of one or two A4 pages with the font inside; the same content gives the same bytes."""
    from lms_tracker.reports.pdf import pdf_of
    from lms_tracker.reports.view import view_of

    return pdf_of(view_of(content, locale))


def render_xlsx(content: Mapping[str, Any], locale: str = "zh") -> bytes:
    """An XLSX workbook of plain values; the same content gives the same bytes."""
    from lms_tracker.reports.view import view_of
    from lms_tracker.reports.workbook import workbook_of

    return workbook_of(view_of(content, locale))
