"""The messages of templates and views, and the English catalogue. Run it after changing a text:

    python -m tests.web.messages

It brings `messages.po` in step with the source (new messages without a translation, unused ones dropped), writes
`messages.mo`, and names what is still to be translated.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "lms_tracker" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "counted": (1, 1)}
SOURCES = ((ROOT / "lms_tracker" / "web", "**.py", "python"), (ROOT / "templates", "**.html", "jinja2"))


Found = tuple[str | tuple[str, ...], str, str | None]


def found() -> Iterator[Found]:
    """(message, file, context) of every place in the source that has one; of counted ones the message is a tuple."""
    for folder, pattern, method in SOURCES:
        for file, _line, message, _comments, context in extract_from_dir(
            folder, [(pattern, method)], keywords=KEYWORDS
        ):
            yield message, f"{folder.name}/{Path(file).as_posix()}", context


def extracted() -> Catalog:
    """All messages in the source, with the files that use them (no line numbers: they make noise)."""
    catalog = Catalog(charset="utf-8")
    for message, file, context in found():
        catalog.add(message, locations=[(file, 0)], context=context)
    return catalog


def kept() -> Catalog:
    """The catalogue as it is kept."""
    with PO.open("rb") as f:
        return read_po(f, locale="en")


def compiled(catalog: Catalog) -> bytes:
    """The bytes of `messages.mo`; the same catalogue gives the same bytes."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update() -> list[str]:
    """Brings both files in step; the messages that have no translation."""
    old = kept() if PO.exists() else Catalog()
    new = Catalog(
        locale="en",
        project="lms_tracker",
        version="1",
        charset="utf-8",
        header_comment="# English texts of the pages. Made by `python -m tests.web.messages`.",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        fuzzy=False,
    )
    for message in extracted():
        if message.id:
            before = old.get(message.id)
            same = before is not None and before.pluralizable == message.pluralizable
            locations = sorted({(file, 0) for file, _ in message.locations})
            new.add(message.id, before.string if same else "", locations=locations, flags=message.flags)
    new.revision_date = new.creation_date = old.creation_date if PO.exists() else new.creation_date
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as f:
        write_po(f, new, width=120, sort_output=True, include_lineno=False, omit_header=False)
    MO.write_bytes(compiled(kept()))
    return [str(message.id) for message in new if message.id and not is_translated(message)]


def is_translated(message: Message) -> bool:
    """In all its forms."""
    return all(message.string) if message.pluralizable else bool(message.string)


if __name__ == "__main__":
    missing = update()
    print("\n".join(missing))
    sys.exit(1 if missing else 0)
