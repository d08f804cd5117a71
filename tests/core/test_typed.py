"""What people type, as it is kept: where nobody could read anything there is nothing."""

import pytest

from lms_tracker.core.typed import legible, legible_line


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n",
        "\u3000",
        "\u200b\u200d",
        "\u2060",
        "\ufeff \ufeff",
        "\x00\x07\x1b",
        "\u202e",
        "\u00ad",
        "\u0301\ufe0f",
        "\u3164\u2800\u115f",
    ],
)
def test_what_shows_nothing_is_empty(text: str) -> None:
    assert legible(text) == legible_line(text) == ""


@pytest.mark.parametrize("text", ["是", "。", "…", "1", "👍\ufe0f", "नि", "a\u200bb"])
def test_whatever_can_be_read_stays_as_it_is(text: str) -> None:
    assert legible(text) == legible_line(text) == text


def test_blanks_around_and_what_no_database_takes_go_and_lines_stay() -> None:
    assert legible(" 停电\0了\r\n第二行\u3000\n") == "停电了\n第二行"
    assert legible_line(" 停电\0了\r\n  第二行 ") == "停电了 第二行"
