"""What a medium is by its content or its address, and its chapters."""

import re
from urllib.parse import urlsplit

from msgspec import Struct, json

FORMS_OF_KIND = {"video": ("video",), "audio": ("audio",), "document": ("pdf", "web"), "live": ()}
"""Kind of a unit in the catalogue -> forms that its medium may have. A live class has none."""
HEAD_BYTES = 512
MAX_CHAPTERS = 200
MAX_TITLE = 200
LOCATION_MAX = 2000


class Form(Struct, frozen=True):
    """`form`: video, audio, pdf or web."""

    form: str
    content_type: str
    suffix: str


VIDEO_MP4 = Form("video", "video/mp4", "mp4")
VIDEO_WEBM = Form("video", "video/webm", "webm")
AUDIO_MP4 = Form("audio", "audio/mp4", "m4a")
AUDIO_WEBM = Form("audio", "audio/webm", "weba")
AUDIO_MP3 = Form("audio", "audio/mpeg", "mp3")
AUDIO_OGG = Form("audio", "audio/ogg", "ogg")
PDF = Form("pdf", "application/pdf", "pdf")
WEB = Form("web", "text/html; charset=utf-8", "html")
_BY_SUFFIX = {f.suffix: f for f in (VIDEO_MP4, VIDEO_WEBM, AUDIO_MP4, AUDIO_MP3, AUDIO_OGG, PDF, WEB)}
_BY_SUFFIX |= {"m4v": VIDEO_MP4, "mov": VIDEO_MP4, "htm": WEB, "oga": AUDIO_OGG, "weba": AUDIO_WEBM}


class MediumFault(ValueError):
    """A medium cannot be taken. `rule` names why: `kind` (not what this unit shows), `type` (no known content),
    `size`, `address`, `store` (none is set up), `offset` (a piece that does not follow), `chapters`, `live`."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(f"{rule}: {detail}" if detail else rule)
        self.rule, self.detail = rule, detail


class Chapter(Struct, frozen=True):
    """`at_s`: media second, or page of a PDF, at which it begins."""

    at_s: float
    title: str


def form_of(head: bytes, unit_kind: str) -> Form:
    """What a file is by its first HEAD_BYTES, whatever its name says. Raises MediumFault (`live`, `type`, `kind`)."""
    if not FORMS_OF_KIND[unit_kind]:
        raise MediumFault("live")
    sound = unit_kind == "audio"
    if head[4:8] == b"ftyp":
        found = AUDIO_MP4 if sound or head[8:11] == b"M4A" else VIDEO_MP4
    elif head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:128]:
        found = AUDIO_WEBM if sound else VIDEO_WEBM
    elif head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2,)):
        found = AUDIO_MP3
    elif head.startswith(b"OggS"):
        found = AUDIO_OGG
    elif head.startswith(b"%PDF-"):
        found = PDF
    elif re.match(
        rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", head, re.IGNORECASE | re.DOTALL
    ):
        found = WEB
    else:
        raise MediumFault("type")
    return _fitting(found, unit_kind)


def form_of_address(address: str, unit_kind: str) -> Form:
    """What an address leads to, by its ending; where it has none that is known, the unit's own kind decides.

    Raises MediumFault: `live`, `address` (neither https: nor s3://bucket/key), `kind`.
    """
    if not FORMS_OF_KIND[unit_kind]:
        raise MediumFault("live")
    parts = urlsplit(address)
    sound = parts.scheme in ("https", "http", "s3") and parts.netloc and not parts.username and not parts.fragment
    if not sound or len(address) > LOCATION_MAX or not address.isprintable():
        raise MediumFault("address")
    if parts.scheme == "s3":  # keys are signed as they are, spaces and all
        fits = len(parts.path) > 1 and re.fullmatch(r"[\w.-]+", parts.netloc, re.ASCII) is not None
    else:
        fits = not re.search(r"[\s\"'<>;,\\]", address)
    if not fits:
        raise MediumFault("address")
    last = parts.path.rsplit(".", 1)[-1].lower() if "." in parts.path else ""
    usual = {"video": VIDEO_MP4, "audio": AUDIO_MP3, "document": WEB}[unit_kind]
    return _fitting(_BY_SUFFIX.get(last, usual), unit_kind)


def _fitting(found: Form, unit_kind: str) -> Form:
    if found.form not in FORMS_OF_KIND[unit_kind]:
        raise MediumFault("kind", found.form)
    return found


_LINE = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)\s+(\S.*)")


def parse_chapters(text: str) -> list[Chapter]:
    """Lines such as `1:02:30 Title` or `2:30 Title`, in order; empty lines are skipped.

    Raises MediumFault `chapters` with the number of the first line that is wrong.
    """
    found: list[Chapter] = []
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise MediumFault("chapters", str(n))
        at = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
        if (found and at <= found[-1].at_s) or len(match[4]) > MAX_TITLE or len(found) == MAX_CHAPTERS:
            raise MediumFault("chapters", str(n))
        found.append(Chapter(at, match[4]))
    return found


def clock(seconds: float) -> str:
    """2:30 or 1:02:30, as `parse_chapters` reads it."""
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def write_chapters(chapters: list[Chapter]) -> str:
    """As they are kept."""
    return json.encode(chapters).decode()


def read_chapters(kept: str) -> list[Chapter]:
    """Back from `write_chapters`."""
    return json.decode(kept, type=list[Chapter])
