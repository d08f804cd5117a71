"""Files that people hand in: what they are, what they are called, and how much of them is taken."""

import pytest

from lms_tracker.core.uploads import KINDS, Limits, UploadRefused, check_uploads, kind_of, safe_name

FEW = Limits(files=2, file_bytes=10, kinds=("pdf", "txt"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4", "pdf"), (b"\x89PNG\r\n\x1a\n..", "png"), (b"\xff\xd8\xff\xe0", "jpg"), ("笔记\r\n".encode(), "txt"),
        (b"\xef\xbb\xbftext", "txt"), (b"", None), (b"PK\x03\x04", None), (b"PK\x03\x04..word/document.xml", "docx"),
        (b"PK\x03\x04..xl/workbook.xml", "xlsx"), (b"PK\x03\x04..ppt/presentation.xml", "pptx"),
        (b"PK\x03\x04..word/document.xml..word/vbaProject.bin", None), (b"MZ\x90\x00", None), (b"a\x00b", None),
        (b"\x1b[2J", None), (b"GIF89a\xff", None),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"), ("C:\\作业\\第一 次.docx", "第一 次.txt"), ("<img src=x>.html", "img src=x.txt"),
        ("..", "file.txt"), ("a\u202egnp.exe", "agnp.txt"), ("长" * 300 + ".txt", "长" * 120 + ".txt"),
    ],
)  # fmt: skip
def test_a_name_keeps_its_words_and_ends_as_the_content_says(name: str, kept: str) -> None:
    assert safe_name(name, "txt") == kept


def test_all_files_are_taken_or_none_and_the_first_fault_is_named() -> None:
    (one, two) = check_uploads([("a.exe", b"%PDF-1"), ("b", b"text")], FEW)
    assert (one.name, one.kind, two.name) == ("a.pdf", "pdf", "b.txt")
    for files, why in (
        ([("a", b"x")] * 3, "files"), ([("a", b"x"), ("b", b"x" * 11)], "file-size"), ([("a", b"\xff\xd8\xff")], "file-kind"),
    ):  # fmt: skip
        with pytest.raises(UploadRefused) as caught:
            check_uploads(files, FEW)
        assert caught.value.why == why


def test_every_kind_has_a_media_type_and_a_form_has_room_for_all_files() -> None:
    assert all("/" in media for media in KINDS.values())
    assert FEW.form_bytes > FEW.files * FEW.file_bytes and FEW.accept == ".pdf,.txt"
