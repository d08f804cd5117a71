"""`python -m lms_tracker.actions.read_pdf`: the text of the PDF on standard input, on standard output. See read_text."""

import sys
from contextlib import suppress
from io import BytesIO

MAX_PAGES = 200
MEMORY = 1024**3


def main() -> int:
    """Exit code 1 where there is no text to be had."""
    with suppress(ImportError, ValueError, OSError):  # not everywhere, and not below what is in use already
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
        text = "\n".join(page.extract_text() for page in reader.pages[:MAX_PAGES])
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, MemoryError):
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
