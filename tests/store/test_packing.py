"""What was packed must be readable for ever, whoever packed it and when."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from lms_tracker.store.packing import CURRENT, FOLDER, ROOM, pack, unpack, unpack_one, unpack_to_array, unpack_together
from tests.store.dictionary import samples

IN_USE = {1: "aa90efe7fa47049ed8980d7f6843ec04d46ac303bd19ecb45f571c1fc264189c"}
RAW = (
    b'{"actor":{"objectType":"Agent","mbox":"mailto:li@example.org"},'
    b'"verb":{"id":"https://w3id.org/xapi/video/verbs/played"},"object":{"id":"https://example.org/videos/1"}}'
)
GOLDEN = {
    1: "0120a79d0100686c694065786165642231227d7d0dfc931e8db8509f7bd42449d3fbc2ea0db7cb0d7db4ad65072e91063776730ce8649f0801"
}


def test_no_dictionary_that_statements_were_stored_with_has_changed() -> None:
    there = {int(path.stem): sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir()}
    assert there == IN_USE
    assert set(GOLDEN) == set(IN_USE) and max(IN_USE) == CURRENT


@pytest.mark.parametrize("number", GOLDEN)
def test_a_row_of_an_earlier_release_is_read(number: int) -> None:
    assert unpack_one(bytes.fromhex(GOLDEN[number])) == RAW


def test_statements_come_back_as_they_were_and_are_a_sixth_of_it() -> None:
    raws = list(samples(seed=99))[:300]
    packed = pack(raws)
    assert unpack(packed) == raws
    assert [pack([raw])[0] for raw in raws] == packed
    assert sum(map(len, packed)) < 0.18 * sum(map(len, raws))


@pytest.mark.parametrize("raw", [b"{}", b"{" + b" " * 3_000_000 + b"}", json.dumps({"a": "汉字🙂" * 999}).encode()])
def test_any_length_is_packed(raw: bytes) -> None:
    assert unpack(pack([raw, raw])) == [raw, raw]
    assert unpack_one(pack([raw])[0]) == raw


def test_a_row_may_hold_plain_json() -> None:
    assert unpack_one(RAW) == RAW
    assert pack([]) == []


@pytest.mark.parametrize("row", [b"\x01", b"\x01damaged", b"\xfe" + b"x" * 40])
def test_a_damaged_row_is_told_apart(row: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_one(row)


def test_many_stand_together_in_their_order_also_with_plain_ones_between() -> None:
    raws = list(samples(seed=5))[:300]
    for rows in (pack(raws), [*pack(raws[:100]), *raws[100:200], *pack(raws[200:])], pack(raws[:1])):
        run = unpack_together(rows)
        assert run is not None and bytes(run) == b"".join(raws[: len(rows)]) + b"\n"
        assert unpack_to_array(rows) == b"[" + b",".join(raws[: len(rows)]) + b"]"


def test_what_takes_more_room_is_not_unpacked_together() -> None:
    large = json.dumps({"a": "b" * (ROOM // 2)}).encode()
    assert unpack_together(pack([large])) is not None
    assert unpack_together(pack([large, large])) is None
    assert unpack_together([large, large]) is None


@pytest.mark.parametrize("row", [b"\x01", b"\x01damaged", b"\xfe" + b"x" * 40])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_damaged_row_among_others_is_told(row: bytes, place: int) -> None:
    rows = pack([RAW, RAW])
    rows.insert(place, row)
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_together(rows)
    with pytest.raises(ValueError, match="cannot be unpacked"):
        unpack_to_array(rows)
    assert unpack_to_array(pack([RAW])) == b"[" + RAW + b"]"  # and the next one is not worse off


def test_threads_do_not_meet_in_one_compressor() -> None:
    raws = list(samples(seed=7))[:200]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(unpack(packed) == raws for packed in pool.map(lambda _: pack(raws), range(40)))
            packed, array = pack(raws), b"[" + b",".join(raws) + b"]"
            run = b"".join(raws) + b"\n"
            assert set(pool.map(lambda _: bytes(unpack_together(packed) or b""), range(40))) == {run}
            assert set(pool.map(lambda _: unpack_to_array(packed), range(40))) == {array}
    finally:
        sys.setswitchinterval(before)
