"""What a medium is, chapters, and the signature of an object's address."""

from datetime import UTC, datetime

import pytest

from lms_tracker.core.media import (
    Chapter,
    MediumFault,
    clock,
    form_of,
    form_of_address,
    parse_chapters,
    read_chapters,
    write_chapters,
)
from lms_tracker.core.presigned import Store, _signed, presigned

MP4 = b"\0\0\0\x18ftypisom"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"


@pytest.mark.parametrize(
    ("head", "kind", "form", "content_type"),
    [
        (MP4, "video", "video", "video/mp4"),
        (MP4, "audio", "audio", "audio/mp4"),
        (WEBM, "video", "video", "video/webm"),
        (b"ID3\x04", "audio", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio", "audio", "audio/mpeg"),
        (b"OggS", "audio", "audio", "audio/ogg"),
        (b"%PDF-1.7", "document", "pdf", "application/pdf"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>", "document", "web", "text/html; charset=utf-8"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, kind: str, form: str, content_type: str) -> None:
    found = form_of(head, kind)
    assert (found.form, found.content_type) == (form, content_type)


@pytest.mark.parametrize(
    ("head", "kind", "rule"),
    [
        (b"MZ\x90\0", "video", "type"),
        (b"<script>alert(1)</script>", "document", "type"),
        (b"", "video", "type"),
        (b"%PDF-1.7", "video", "kind"),
        (MP4, "document", "kind"),
        (MP4, "live", "live"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(head: bytes, kind: str, rule: str) -> None:
    with pytest.raises(MediumFault) as refused:
        form_of(head, kind)
    assert refused.value.rule == rule


def test_an_address_is_taken_for_what_it_ends_in_or_for_what_the_unit_is() -> None:
    assert form_of_address("https://a.example/x.webm?t=1", "video").content_type == "video/webm"
    assert form_of_address("https://a.example/watch/7", "video").form == "video"
    assert form_of_address("s3://courses/one.pdf", "document").form == "pdf"
    assert form_of_address("s3://courses/第 1 讲 (新), a&b=c.webm", "video").content_type == "video/webm"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//x.example/a.mp4", "https://", "s3://bucket", "s3://two buckets/a.mp4", "s3://b/a\n.mp4", "https://a b.example/", "https://u@x.example/a",
     "https://x.example/a';script-src *", "file:///etc/passwd", "https://x.example/" + "a" * 2000],
)  # fmt: skip
def test_what_is_no_address_of_a_medium_is_refused(address: str) -> None:
    with pytest.raises(MediumFault, match="address"):
        form_of_address(address, "video")


def test_chapters_are_read_line_by_line_and_kept() -> None:
    chapters = parse_chapters("0:00 导入\n\n 2:30  要点 一 \n1:02:30 结束")
    assert chapters == [Chapter(0, "导入"), Chapter(150, "要点 一"), Chapter(3750, "结束")]
    assert read_chapters(write_chapters(chapters)) == chapters
    assert [clock(c.at_s) for c in chapters] == ["0:00", "2:30", "1:02:30"]


@pytest.mark.parametrize(("text", "line"), [("导入", "1"), ("0:00 a\n0:00 b", "2"), ("0:75 a", "1"), ("0:00 ", "1")])
def test_a_wrong_line_of_chapters_is_named(text: str, line: str) -> None:
    with pytest.raises(MediumFault) as refused:
        parse_chapters(text)
    assert (refused.value.rule, refused.value.detail) == ("chapters", line)


def test_the_signature_is_that_of_the_published_example() -> None:
    """Amazon S3 API reference, "Authenticating Requests: Using Query Parameters"."""
    store = Store(
        "https://s3.amazonaws.com", "us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )
    url = _signed(store, "examplebucket.s3.amazonaws.com", "/test.txt", datetime(2013, 5, 24, tzinfo=UTC), 86400)
    assert url.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_a_name_with_blanks_and_chinese_is_quoted_in_the_path() -> None:
    url = presigned(
        Store("https://s3.example.edu", "r", "k", "s"), "s3://b/第 1 讲.mp4", datetime(2026, 1, 1, tzinfo=UTC), 60
    )
    assert url.startswith("https://s3.example.edu/b/%E7%AC%AC%201%20%E8%AE%B2.mp4?X-Amz-Algorithm=")


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "0ba83451f169e5a907708374c2ac03eda355913d4f76a1c44253edff46c9e68d"),
        ("HEAD", "f59306b2acb9a6bd861dc691048c3558cb535394e1e573a1a41782eece1ecb51"),
    ],
)
def test_an_odd_key_is_signed_as_botocore_signs_it(method: str, signature: str) -> None:
    """botocore 1.44.8's S3SigV4QueryAuth over the same."""
    store, at = Store("https://s3.example.edu", "r", "k", "s"), datetime(2026, 1, 1, tzinfo=UTC)
    url = presigned(store, "s3://b/第 1 讲 (新), a&b=c+d~.pdf", at, 60, method)
    assert url.endswith(f"X-Amz-Signature={signature}")
