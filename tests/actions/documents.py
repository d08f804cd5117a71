"""Files as word processors write them, as small as can be."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def docx(*paragraphs: str, inside: str = "") -> bytes:
    """A document; `inside`: more XML of its body."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return zipped(
        {"word/document.xml": f"<w:document {_W} {_MC}><w:body>{body}{inside}</w:body></w:document>".encode()}
    )


def zipped(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zip:
        for name, content in parts.items():
            zip.writestr(name, content)
    return out.getvalue()


def pdf(*lines: str) -> bytes:
    out = BytesIO()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(out)
    canvas.setFont("STSong-Light", 10)
    for n, line in enumerate(lines):
        canvas.drawString(40, 800 - 14 * n, line)
    canvas.save()
    return out.getvalue()
