"""Statements with the data of their attachments in one body: multipart/mixed (Communication 1.5.2; RFC 2046 5.1)."""

import hashlib
import re
from collections.abc import Iterable, Iterator

import msgspec

from lms_tracker.core.xapi.errors import StatementError

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))', re.IGNORECASE)
_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
MAX_PARTS = 1000
MAX_HEAD_BYTES = 64 * 1024


class Part(msgspec.Struct, frozen=True):
    """Header names are in lower case."""

    headers: dict[str, str]
    data: bytes


def split_multipart(body: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]]:
    """The JSON of the statements, and the data of attachments by their SHA-2 in lower-case hexadecimal.

    Raises StatementError: no boundary, a first part that is not JSON, a part without hash or transfer encoding, data
    that its hash does not fit.
    """
    first, *rest = _parts(body, content_type)
    if first.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _wrong("the first part is not application/json")
    found: dict[str, bytes] = {}
    for number, part in enumerate(rest, 2):
        sha2 = part.headers.get("x-experience-api-hash", "").strip('"').lower()
        if not sha2:
            raise _wrong(f"part {number} has no X-Experience-API-Hash")
        if part.headers.get("content-transfer-encoding", "").lower() != "binary":
            raise _wrong(f"part {number} does not say Content-Transfer-Encoding: binary")
        if digest(part.data, len(sha2)) != sha2:
            raise StatementError("$", "sha2", f"the data of part {number} does not have the hash {sha2[:128]}")
        found[sha2] = part.data
    return first.data, found


def join_multipart(json: bytes, attachments: Iterable[tuple[str, str, bytes]], boundary: str) -> bytes:
    """A body: the JSON, then (SHA-2, content type, data) of each attachment."""
    return b"".join(iter_multipart(json, attachments, boundary))


def iter_multipart(json: bytes, attachments: Iterable[tuple[str, str, bytes]], boundary: str) -> Iterator[bytes]:
    """The same piece by piece: of the attachments one at a time is held."""
    yield b"--%b\r\nContent-Type: application/json\r\n\r\n%b\r\n" % (boundary.encode(), json)
    for sha2, content_type, data in attachments:
        head = (
            f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {sha2}\r\n\r\n"
        )
        yield head.encode()
        yield data
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def digest(data: bytes, hex_digits: int) -> str | None:
    """The SHA-2 of that length in hexadecimal, or None when there is none of that length."""
    algorithm = _HASHES.get(hex_digits)
    return algorithm(data).hexdigest() if algorithm else None


def _parts(body: bytes, content_type: str) -> list[Part]:
    named = _BOUNDARY.search(content_type)
    if named is None:
        raise _wrong("the Content-Type names no boundary")
    delimiter = b"\r\n--" + (named[1] or named[2]).encode()
    if body.count(delimiter) > MAX_PARTS + 1:
        raise _wrong(f"more than {MAX_PARTS} parts")
    _, *pieces = (b"\r\n" + body).split(delimiter)
    if not pieces or not any(piece.startswith(b"--") for piece in pieces):
        raise _wrong("the boundary does not end the body")
    parts: list[Part] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            break
        head, blank, data = piece.partition(b"\r\n\r\n")
        if not blank or head.lstrip(b" \t")[:2] != b"\r\n":
            raise _wrong(f"part {len(parts) + 1} has no headers")
        if len(head) > MAX_HEAD_BYTES:
            raise _wrong(f"part {len(parts) + 1} has headers of {len(head)} bytes")
        parts.append(Part(_headers(head), data))
    if not parts:
        raise _wrong("no parts")
    return parts


def _headers(head: bytes) -> dict[str, str]:
    found = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def _wrong(fault: str) -> StatementError:
    return StatementError("$", "multipart", fault)
