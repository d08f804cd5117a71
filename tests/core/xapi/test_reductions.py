"""Which language of a map is given out where one is asked for (Communication 2.1.3, `canonical`)."""

import json
from typing import Any

import pytest

from lms_tracker.core.xapi.reductions import canonical


def _chosen(texts: list[str], wanted: str) -> str:
    verb = {"id": "https://example.org/v", "display": dict.fromkeys(texts, "x")}
    statement: dict[str, Any] = {"actor": {"mbox": "mailto:li@example.org"}, "verb": verb, "object": {"id": "urn:x:1"}}
    found = json.loads(canonical(json.dumps(statement).encode(), {}, wanted.split()))
    (tag,) = found["verb"]["display"]
    return str(tag)


@pytest.mark.parametrize(
    ("texts", "wanted", "chosen"),
    [
        (["zh-Hant", "zh-Hans"], "zh-CN", "zh-Hans"),
        (["zh-Hans", "zh-Hant"], "zh-TW", "zh-Hant"),
        (["zh-CN", "zh-Hant-TW"], "zh-TW", "zh-Hant-TW"),
        (["zh-TW", "zh-CN"], "zh-Hans", "zh-CN"),
        (["zh-TW", "zh-SG"], "zh-CN", "zh-SG"),
        (["zh-CN", "zh-HK"], "zh-Hant", "zh-HK"),
    ],
)
def test_chinese_is_given_in_the_letters_that_its_reader_reads(texts: list[str], wanted: str, chosen: str) -> None:
    assert _chosen(texts, wanted) == chosen


@pytest.mark.parametrize(
    ("texts", "wanted", "chosen"),
    [
        (["zh-Hant", "en"], "zh-CN", "zh-Hant"),  # other letters rather than another language
        (["zh-TW", "zh"], "zh-CN", "zh"),
        (["en", "zh-CN"], "zh", "zh-CN"),
        (["en-GB", "fr"], "fr-CA en", "fr"),
        (["de", "fr"], "it", "de"),
    ],
)
def test_any_text_of_the_language_comes_before_the_next_language(texts: list[str], wanted: str, chosen: str) -> None:
    assert _chosen(texts, wanted) == chosen
