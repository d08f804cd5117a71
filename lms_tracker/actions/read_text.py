"""The text of a file that was handed in: plain text, DOCX and PPTX (their XML, no more), PDF (pypdf, in a process apart).

Files come from strangers. XML is read within bounds and without a document type, so that it can neither grow nor reach
out; what a PDF does to its reader, it does to a process that is ended after some seconds and owns little memory.
"""

import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

log = logging.getLogger(__name__)

MAX_TEXT = 400_000
"""Characters of one file; the rest is not compared."""
MAX_XML = 40_000_000
PDF_S = 20
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PARTS = {"docx": r"word/(document|footnotes|endnotes)\.xml", "pptx": r"ppt/slides/slide\d+\.xml"}


def text_of(kind: str, content: bytes) -> str | None:
    """The text, or None where there is none to be read: a picture, a table, a scan, a file that is broken or locked."""
    try:
        if kind == "txt":
            text = content.decode("utf-8-sig", "replace")
        elif kind in _PARTS:
            text = "\n".join(_office(content, _PARTS[kind]))
        elif kind == "pdf":
            text = _pdf(content)
        else:
            return None
    except (BadZipFile, ElementTree.ParseError, NotImplementedError, RuntimeError, ValueError, OSError) as e:
        log.info("a %s of %d bytes cannot be read: %s", kind, len(content), e)
        return None
    return text[:MAX_TEXT].replace("\0", "").strip() or None


def _office(content: bytes, parts: str) -> Iterator[str]:
    with ZipFile(BytesIO(content)) as zip:
        left = MAX_XML
        for info in sorted(zip.infolist(), key=lambda one: (len(one.filename), one.filename)):
            if not re.fullmatch(parts, info.filename):
                continue
            with zip.open(info) as file:
                xml = file.read(left + 1)
            left -= len(xml)
            if left < 0 or b"<!DOCTYPE" in xml:
                raise ValueError("too large, or with a document type")
            yield "".join(_words(ElementTree.fromstring(xml)))


def _words(element: ElementTree.Element) -> Iterator[str]:
    """Text in the order of reading; what was deleted with changes tracked (w:delText) and doubles for old readers are
    left out."""
    if element.tag == _FALLBACK:
        return
    if element.tag in (_WORD + "t", _DRAWING + "t"):
        yield element.text or ""
    elif element.tag in (_WORD + "tab", _WORD + "br"):
        yield " "
    for child in element:
        yield from _words(child)
    if element.tag in (_WORD + "p", _DRAWING + "p"):
        yield "\n"


def _pdf(content: bytes) -> str:
    command = [sys.executable, "-m", "lms_tracker.actions.read_pdf"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PDF_S, check=True)
    except subprocess.SubprocessError as e:
        raise ValueError(type(e).__name__) from e
    return done.stdout.decode("utf-8", "replace")
