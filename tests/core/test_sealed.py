"""The seal of what is given out. Their figures are worked by hand in tests/actions/test_issue_bulletin.py."""

from decimal import Decimal

import pytest

from lms_tracker.core.sealed import opened, seal


def test_sealed_bytes_have_one_form() -> None:
    # Golden: bulletins are stored and quoted in this form.
    assert (
        seal({"b": Decimal("1.50"), "a": "校长", "c": None}, 2)
        == (
            '{"a":"校长","b":1.50,"c":null,'
            '"sha256":"dd41eb2a3af202a7fad34ebece890ae9082e1e68db78ea4a1f022a4633f51521","version":2}'
        ).encode()
    )


def test_what_was_sealed_opens_to_the_same_and_seals_to_the_same() -> None:
    data = seal({"figures": [Decimal("0.10"), 7]}, 1)
    assert opened(data)["figures"] == [Decimal("0.10"), 7]
    assert seal(opened(data), 1) == data


def test_a_changed_figure_breaks_the_seal() -> None:
    with pytest.raises(ValueError, match="does not agree with its sha256"):
        opened(seal({"studied": 47}, 1).replace(b"47", b"48"))
