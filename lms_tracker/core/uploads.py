"""What people may hand in as a file: known by its bytes, whatever its name says, and within bounds.

Everything is given out as a download only, under the media type of what it is.
"""

from collections.abc import Sequence

from msgspec import Struct

OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "docx": OFFICE + "wordprocessingml.document",
    "xlsx": OFFICE + "spreadsheetml.sheet",
    "pptx": OFFICE + "presentationml.presentation",
}
"""Ending -> media type."""

MB = 1024 * 1024
MAX_NAME = 120
_BEGINNINGS = (("pdf", b"%PDF-"), ("png", b"\x89PNG\r\n\x1a\n"), ("jpg", b"\xff\xd8\xff"))
# Names in a ZIP's directory are never compressed. A document with macros has no place here.
_PARTS = (("docx", b"word/document.xml"), ("xlsx", b"xl/workbook.xml"), ("pptx", b"ppt/presentation.xml"))
_MACROS = b"vbaProject.bin"


class Limits(Struct, frozen=True):
    """What one form takes: so many files, each of at most so many bytes, of these kinds."""

    files: int
    file_bytes: int
    kinds: tuple[str, ...] = tuple(KINDS)

    @property
    def form_bytes(self) -> int:
        """The largest form that can be within the limits."""
        return self.files * self.file_bytes + 200_000

    @property
    def mb(self) -> int:
        return self.file_bytes // MB

    @property
    def accept(self) -> str:
        """For `<input type=file accept>`."""
        return ",".join(f".{kind}" for kind in self.kinds)


class Upload(Struct, frozen=True):
    """A file that may be kept. `name` ends as its content says."""

    name: str
    kind: str
    content: bytes


class UploadRefused(ValueError):
    """Why a file is not taken: `files` (too many), `file-size`, `file-kind`; and its name."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(f"{why}: {name}" if name else why)
        self.why, self.name = why, name


def check_uploads(files: Sequence[tuple[str, bytes]], limits: Limits) -> list[Upload]:
    """What may be kept of (name, content): all of it, or UploadRefused."""
    if len(files) > limits.files:
        raise UploadRefused("files")
    kept = []
    for name, content in files:
        if len(content) > limits.file_bytes:
            raise UploadRefused("file-size", name)
        kind = kind_of(content)
        if kind is None or kind not in limits.kinds:
            raise UploadRefused("file-kind", name)
        kept.append(Upload(safe_name(name, kind), kind, content))
    return kept


def kind_of(content: bytes) -> str | None:
    """A key of KINDS by what the bytes are; None for anything else."""
    for kind, beginning in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content.startswith(b"PK\x03\x04"):
        if _MACROS in content:
            return None
        return next((kind for kind, part in _PARTS if part in content), None)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = all(character.isprintable() or character in "\r\n\t\f" for character in text.removeprefix("\ufeff"))
    return "txt" if text and plain else None


def safe_name(name: str, kind: str) -> str:
    """A name without folders and signs, that ends as its content says."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem = plain.rsplit(".", 1)[0] if "." in plain else plain
    return f"{stem[:MAX_NAME] or 'file'}.{kind}"


TABLE = Limits(files=1, file_bytes=5 * MB)
"""A list that somebody brings in."""
CARRIED = 12 * MB
"""Largest form that sends back what was read of such a list: text grows as it is encoded."""
