"""QR codes as SVG paths: drawn by the page itself, so that no other site learns what they hold."""

from msgspec import Struct
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

QUIET = 4
"""Modules of white around it, as the standard asks for."""


class Qr(Struct, frozen=True):
    """`size`: modules of a side, the white margin included; `path`: the dark ones, for an SVG of that view box."""

    size: int
    path: str


def qr_of(text: str) -> Qr:
    """The code of a text; errors of 15 % are corrected."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    side = code.getModuleCount()
    dark = [f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y in range(side) for x in range(side) if code.isDark(y, x)]
    return Qr(side + 2 * QUIET, "".join(dark))
