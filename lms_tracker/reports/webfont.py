"""The vendored font's glyphs of one page, as a TrueType font to put inside it.

reportlab cuts subsets for PDF, whose character map counts 0, 1, 2…; browsers want one by Unicode code points, so the
map is replaced here. Tables: https://learn.microsoft.com/typography/opentype/spec/otff
"""

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

from reportlab.pdfbase.ttfonts import TTFontFile, TTFontMaker

from lms_tracker.reports.fonts import FILE


def subset_for(text: str) -> bytes:
    """A TrueType font with the characters of `text` that the vendored font has; the same text, the same bytes."""
    return _subset(tuple(sorted({ord(character) for character in text if character >= " "})))


@lru_cache(maxsize=8)
def _subset(codes: tuple[int, ...]) -> bytes:
    font = _font()
    present = [code for code in codes if code in font.charToGlyph]
    tables = dict(_tables(font.makeSubset(present)))
    count = struct.unpack_from(">H", tables["cmap"], 20)[0]  # a map of format 6 after a header of 12 bytes
    glyphs = struct.unpack_from(f">{count}H", tables["cmap"], 22)
    tables["cmap"] = _unicode_map(present, glyphs)
    maker = TTFontMaker()
    for tag, data in tables.items():
        maker.add(tag, data)
    stream: bytes = maker.makeStream()
    return stream


@lru_cache(maxsize=1)
def _font() -> TTFontFile:
    return TTFontFile(str(FILE), subfontIndex=0)


def _tables(font: bytes) -> Iterable[tuple[str, bytes]]:
    for n in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font, 12 + 16 * n)
        yield tag.decode("latin1"), font[offset : offset + length]


def _unicode_map(codes: Sequence[int], glyphs: Sequence[int]) -> bytes:
    # Format 12, one group a character; platform 3 (Windows), encoding 10 (full Unicode).
    groups = b"".join(struct.pack(">LLL", code, code, glyph) for code, glyph in zip(codes, glyphs, strict=True))
    table = struct.pack(">HHLLL", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    return struct.pack(">HHHHL", 0, 1, 3, 10, 12) + table
