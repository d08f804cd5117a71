"""The Chinese font that travels with the product: a fresh machine has none."""

from functools import lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from lms_tracker.paths import PACKAGE

FONT = "MicroHei"
FILE: Path = PACKAGE / "static" / "fonts" / "wqy-microhei.ttc"


@lru_cache(maxsize=1)
def chinese_font() -> str:
    """The name under which reportlab knows the font; reads it once per process."""
    pdfmetrics.registerFont(TTFont(FONT, str(FILE), subfontIndex=0))
    return FONT
