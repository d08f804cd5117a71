"""Whether an object is there, asked of a store, and of stores that are out of order."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from lms_tracker.core.presigned import Store
from lms_tracker.store import objects
from tests.objects import BUCKET, object_store, out_of_order, put, take_away, with_other_key
from tests.patience import PATIENCE_S

NAME = f"s3://{BUCKET}/第 1 讲 (新), a&b=c+d.pdf"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with object_store(tmp_path_factory.mktemp("objects")) as opened:
        yield opened


@pytest.fixture
def asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LASTS_S", -1.0)


def _is_there(store: Store, location: str = NAME) -> bool | None:
    return objects.is_there(store, location, datetime.now(UTC), PATIENCE_S)


def test_an_object_is_there_is_gone_and_is_there_again(store: Store, asked_each_time: None) -> None:
    assert _is_there(store) is False
    put(store, NAME, b"%PDF-1.4", "application/pdf")
    assert _is_there(store) is True
    take_away(store, NAME)
    assert _is_there(store) is False
    assert _is_there(store, "s3://nobucket/a.pdf") is False


def test_with_a_key_that_the_store_refuses_it_cannot_be_had(store: Store, asked_each_time: None) -> None:
    put(store, f"s3://{BUCKET}/kept.pdf", b"%PDF-1.4", "application/pdf")
    assert _is_there(store, f"s3://{BUCKET}/kept.pdf") is True
    assert _is_there(with_other_key(store), f"s3://{BUCKET}/kept.pdf") is False


@pytest.mark.parametrize(
    ("status", "there"), [(500, False), (503, False), (403, False), (301, None), (405, None), (400, None)]
)
def test_what_another_status_says(status: int, there: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LASTS_S", PATIENCE_S)
    with out_of_order(status) as (store, asked):
        assert _is_there(store) is there
        assert _is_there(store) is there
    assert len(asked) == 1, "the answer stands for a moment"


def test_a_store_that_is_silent_is_not_known_of_and_not_asked_again_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "SILENT_S", PATIENCE_S)
    with out_of_order(None) as (store, asked):
        names = [f"s3://{BUCKET}/{n}.pdf" for n in range(20)]
        assert [objects.is_there(store, name, datetime.now(UTC), 0.1) for name in names] == [None] * 20
    assert len(asked) <= 1, "one question, whatever is asked for"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://127.0.0.1:99999999", "http://nobody.invalid"])
def test_a_store_that_cannot_be_reached_is_not_known_of(endpoint: str) -> None:
    assert _is_there(Store(endpoint, "r", "k", "s")) is None
