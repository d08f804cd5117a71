"""Files are kept once, whoever hands them in, and go with the last that speaks of them."""

from datetime import UTC, datetime

from sqlalchemy import Engine, func, select

from lms_tracker.core.uploads import Upload
from lms_tracker.store.db import reading, writing
from lms_tracker.store.files import drop_unused, file_content, keep_file
from lms_tracker.store.tables import stored_file

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE = Upload("a.txt", "txt", b"one")


def test_the_same_content_is_kept_once_under_any_name(any_db: Engine) -> None:
    with writing(any_db) as tx:
        digests = {keep_file(tx, ONE, NOW), keep_file(tx, Upload("b.txt", "txt", b"one"), NOW)}
        other = keep_file(tx, Upload("a.txt", "txt", b"two"), NOW)
    with reading(any_db) as tx:
        assert tx.scalar(select(func.count()).select_from(stored_file)) == 2
        (digest,) = digests
        row = file_content(tx, digest)
        assert row is not None and (row.kind, row.size, bytes(row.content)) == ("txt", 3, b"one")
        assert file_content(tx, "0" * 64) is None and other != digest


def test_what_nobody_speaks_of_is_dropped_and_nothing_else(any_db: Engine) -> None:
    with writing(any_db) as tx:
        digest, other = keep_file(tx, ONE, NOW), keep_file(tx, Upload("a.txt", "txt", b"two"), NOW)
        assert drop_unused(tx, [digest]) == 1
        assert file_content(tx, digest) is None and file_content(tx, other) is not None
