"""Addresses, servers and texts of mail, and when it is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from lms_tracker.core.mail import MERGED, PATIENCE, TEXTS, Server, check_address, merged, next_try, parse_server, write

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["li@example.org", " li.hua+study@mail.example.edu.cn ", "a@b.co", "x_y@a-b.example"])
def test_addresses_that_people_have(text: str) -> None:
    assert check_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "", "li", "li@", "@example.org", "li@example", "li@@example.org", "li hua@example.org", "li@example.org\nBcc: x@y.cn",
        "li@-example.org", "li..hua@example.org", "<li@example.org>", "li@example.org,wang@example.org",
        "a" * 65 + "@example.org", "li@" + "a." * 130 + "org", "李@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        check_address(text)


def test_the_servers_url_has_user_and_password_percent_encoded() -> None:
    assert parse_server("smtp://mail.example.org") == Server("mail.example.org", 587)
    assert parse_server("smtp://127.0.0.1:2525") == Server("127.0.0.1", 2525)
    secret = parse_server("smtps://li%40example.org:p%2Fq@mail.example.org")
    assert secret == Server("mail.example.org", 465, True, "li@example.org", "p/q")


@pytest.mark.parametrize("url", ["mail.example.org", "http://x", "smtp://", "smtp://h/x", "smtp://u:geheim@h:port"])
def test_a_faulty_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://\[user|not an address") as e:
        parse_server(url)
    assert "geheim" not in str(e.value)


@pytest.mark.parametrize("kind", TEXTS)
def test_every_text_is_bilingual_says_where_to_look_and_fits_a_header(kind: str) -> None:
    values = {
        "period": "2026 年 3 月上半月",
        "period_en": "first half of March 2026",
        "programme": "校长培训",
        "programme_id": 3,
        "cohort_id": 5,
        "day": "2026-03-16",
        "bulletin": 7,
        "title": "校本研修设计",
        "due": "2026-04-06 18:00",
        "appeal": 12,
    }
    subject, text = write(kind, values, "https://study.example.edu/")
    assert "\n" not in subject and any("一" <= c <= "鿿" for c in subject) and " | " in subject
    assert text.count(f"https://study.example.edu{TEXTS[kind].path.format(**values)}\n") == 2
    assert "https://study.example.edu/mail" in text and "{" not in subject + text


@pytest.mark.parametrize("kind", sorted(MERGED))
def test_several_that_say_the_same_are_one_mail_that_says_how_many_and_the_first_deadline(kind: str) -> None:
    values = merged([{"due": "2026-04-06"}, {"due": "2026-04-02"}, {"due": "2026-04-04"}])
    subject, text = write(kind, values, "https://study.example.edu", 3)
    assert "（3） | " in subject and subject.endswith(" (3)")
    assert "（共 3 项）" in text and "(3 in all)" in text
    assert text.count("2026-04-02") == 2 * ("{due}" in TEXTS[kind].zh_says)
    assert "(3" not in "".join(write(kind, values, "https://study.example.edu"))


def test_tries_come_further_and_further_apart_and_end_after_three_days() -> None:
    at, tries = NOW, 0
    gaps = []
    while (again := next_try(NOW, tries + 1, at, 1.0)) is not None:
        gaps.append(again - at)
        at, tries = again, tries + 1
    assert gaps[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(gaps) == timedelta(hours=4) and at <= NOW + PATIENCE < at + timedelta(hours=4)
    assert next_try(NOW, 1, NOW, 0.0) == NOW + timedelta(seconds=30)
