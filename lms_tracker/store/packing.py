"""Statements as they stand in a row: JSON squeezed by zstd against a dictionary of what all statements have in common.

A packed statement is the number of its dictionary (one byte) and a zstd frame without its four bytes of magic number.
JSON begins with `{`, so a row may also hold it as it is. `lms-tracker statements export` gives all of it out as JSON.

zstd: RFC 8878. The dictionaries are files beside this one, made by tests/store/dictionary.py.
"""

import threading
from collections.abc import Iterable, Sequence
from functools import cache
from operator import itemgetter
from pathlib import Path

import zstandard

FOLDER = Path(__file__).parent / "dictionaries"
# Stored in the first byte of statement.raw. A dictionary in use is never changed: what was packed with it would be
# lost. A better one gets a new number. tests/store/test_packing.py holds their digests, and golden rows.
CURRENT = 1
LEVEL, HASH_LOG, MIN_MATCH = 1, 12, 5
"""Measured over statements of the Video Profile as they are stored: 324 bytes in 2.7 us (matches of 6: 334 in 2.6). Level 3 takes 3.7 us for 2 % less, a greedy search
twice that for 6 % less. Rows do not depend on it."""
MANY = 64
"""Statements that are packed in one call: its beginning takes as long as five of them."""
LARGEST = 64 * 1024 * 1024
"""Bytes that one statement may unpack to: no row can ask for all memory."""
ROOM = 4 * 1024 * 1024
"""Bytes that statements may unpack to together."""
_MAGIC = b"\x28\xb5\x2f\xfd"
_PLAIN = ord("{")
_ARRAY = (b"[", b",", b"]")
_RUN = (b"", b"", b"\n")
"""What stands before, between and after statements that are unpacked together. There is an end in any case: a row that is
cut off would be missed without it."""
_FRAMES = {byte: _MAGIC + b"\x20\x01\x09\0\0" + byte for byte in _ARRAY + _RUN if byte} | {b"": b""}
"""Frames of one byte as it is (RFC 8878, 3.1.1): a single segment, of one byte; the last block, raw, of one byte."""

_mine = threading.local()  # neither compressors nor decompressors can be used by two threads at once


class _Tools:
    """What it takes to unpack."""

    def __init__(self) -> None:
        self.room: bytearray | None = None
        self._by_number: dict[int, zstandard.ZstdDecompressor] = {}

    def decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        """Raises FileNotFoundError for a dictionary that there is not."""
        found = self._by_number.get(number)
        if found is None:
            trained = zstandard.ZstdCompressionDict(_dictionary(number))
            found = self._by_number[number] = zstandard.ZstdDecompressor(dict_data=trained, max_window_size=LARGEST)
        return found


_idle: list[_Tools] = []
"""The last ones used go first: a server has a thread for each request, and what another one had at hand just now is in the
processor's cache, while its own is not."""


def _take() -> _Tools:
    try:
        return _idle.pop()
    except IndexError:  # all are in use
        return _Tools()


def pack(raws: Sequence[bytes]) -> list[bytes]:
    """Each statement packed, in order. Many in one call: other threads run meanwhile, and are handed over to once."""
    prefix, compressor = bytes([CURRENT]), _compressor()
    if len(raws) < MANY:
        return [prefix + compressor.compress(raw)[4:] for raw in raws]
    return [prefix + frame.tobytes()[4:] for frame in compressor.multi_compress_to_buffer(list(raws))]


def unpack(packed: Iterable[bytes]) -> list[bytes]:
    """The statements as they were, in order. Raises ValueError for what `pack` did not make."""
    return [unpack_one(one) for one in packed]


def unpack_one(packed: bytes) -> bytes:
    """One statement as it was. Raises ValueError for what `pack` did not make."""
    number = packed[0]
    if number == _PLAIN:
        return packed
    tools = _take()
    try:
        return tools.decompressor(number).decompress(_MAGIC + packed[1:])
    except (zstandard.ZstdError, FileNotFoundError) as e:
        raise _not_ours(number, e) from None
    finally:
        _idle.append(tools)


def unpack_together(packed: Sequence[bytes]) -> memoryview | None:
    """The statements in order, one right after the other: at a third of the time that they take singly.

    They lie in memory of this thread, until the next call. None where they are more than ROOM. Raises ValueError for what
    `pack` did not make.
    """
    tools: _Tools | None = getattr(_mine, "tools", None)
    if tools is None:
        tools = _mine.tools = _Tools()
    return _together(tools, packed, _RUN)


def unpack_to_array(packed: Sequence[bytes]) -> bytes | None:
    """The same as a JSON array, to keep."""
    tools = _take()
    try:
        array = _together(tools, packed, _ARRAY)
        return None if array is None else bytes(array)
    finally:
        _idle.append(tools)


def _together(tools: _Tools, packed: Sequence[bytes], marks: tuple[bytes, bytes, bytes]) -> memoryview | None:
    number = packed[0][0]
    if number == _PLAIN or set(map(itemgetter(0), packed)) != {number}:
        before, between, after = marks
        text = before + between.join(map(unpack_one, packed)) + after
        return memoryview(text) if len(text) < ROOM else None
    before, between, after = map(_FRAMES.__getitem__, marks)
    frames = b"".join((before, _MAGIC, (between + _MAGIC).join([one[1:] for one in packed]), after))
    room = tools.room
    if room is None:
        room = tools.room = bytearray(ROOM)
    try:
        with tools.decompressor(number).stream_reader(frames, read_across_frames=True) as reader:
            length = reader.readinto(room)
    except (zstandard.ZstdError, FileNotFoundError) as e:
        raise _not_ours(number, e) from None
    if length == ROOM:
        return None
    if room[length - 1 : length] != marks[-1]:
        raise _not_ours(number, "one is cut off")
    return memoryview(room)[:length]


def _not_ours(number: int, e: object) -> ValueError:
    return ValueError(f"a row of dictionary {number} cannot be unpacked: {e}")


@cache
def _dictionary(number: int) -> bytes:
    return (FOLDER / f"{number}.zstd").read_bytes()


def _compressor() -> zstandard.ZstdCompressor:
    found: zstandard.ZstdCompressor | None = getattr(_mine, "compressor", None)
    if found is None:
        trained = zstandard.ZstdCompressionDict(_dictionary(CURRENT))
        how = zstandard.ZstdCompressionParameters.from_level(
            LEVEL,
            hash_log=HASH_LOG,
            min_match=MIN_MATCH,
            source_size=2048,
            dict_size=len(trained),
            write_dict_id=False,
            write_content_size=True,
        )
        found = _mine.compressor = zstandard.ZstdCompressor(dict_data=trained, compression_params=how)
    return found
