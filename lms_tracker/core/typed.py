"""What people type into a form's text, as it is kept."""

import unicodedata

BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers: letters and a symbol to Unicode, and nothing to see."""


def legible(text: str) -> str:
    """The text without blanks around it and without NUL, which no database takes; lines end in \\n.

    Empty where nobody could read anything in it: only blanks, zero-width signs, controls, marks that stand on nothing.
    """
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    return text if any(map(_is_seen, text)) else ""


def legible_line(text: str) -> str:
    """As `legible`, in one line, with single blanks."""
    return " ".join(legible(text).split())


def _is_seen(letter: str) -> bool:
    """Letters, numbers, punctuation and symbols are."""
    return unicodedata.category(letter)[0] in "LNPS" and letter not in BLANK
