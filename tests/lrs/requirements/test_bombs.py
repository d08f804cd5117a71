"""What is sent to hurt a real server process: each gets a 4xx, soon, and takes a bounded part of the memory."""

import gzip
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.bench.servers import Endpoint, product
from tests.core.xapi.statements import FULL

MB = 1 << 20
MAY_GROW_MB = 350
"""Above what the server needed before: a body of 32 MB in memory a few times over, as bytes and as what it says."""
SECONDS = 30
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
LI = '{"mbox":"mailto:li@example.org"}'
STATE = "/activities/state?" + urlencode({"activityId": "https://a.b/c", "agent": LI, "stateId": "bomb"})


def _with(value: bytes, within: str = "result extensions") -> bytes:
    """A statement that has these bytes for the value of an extension, or instead of a text."""
    sent = json.dumps({name: part for name, part in FULL.items() if name != "id"})
    if within == "result extensions":
        return sent.encode().replace(b'"extensions": {}', b'"extensions": {"https://a.b": ' + value + b"}", 1)
    return sent.encode().replace(json.dumps(FULL["actor"]).encode(), value, 1)  # type: ignore[call-overload]


def _keys(count: int) -> bytes:
    return b"{" + b",".join(b'"%d":0' % i for i in range(count)) + b"}"


def _parts(count: int) -> bytes:
    return b"".join(b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n" for _ in range(count)) + b"--b--"


BOMBS: dict[str, Callable[[], tuple[str, str, bytes]]] = {
    "a list in a list in a list": lambda: ("/statements", JSON, b"[" * 30 * MB),
    "an object in an object in an object": lambda: ("/statements", JSON, b'{"actor":' * 3 * MB),
    "nesting within an extension": lambda: ("/statements", JSON, _with(b"[" * 9 * MB + b"]" * 9 * MB)),
    "nesting of a thousand": lambda: ("/statements", JSON, _with(b"[" * 1000 + b"]" * 1000)),
    "many small lists": lambda: ("/statements", JSON, _with(b"[" + b"[]," * 10 * MB + b"[]]")),
    "an exponent of a million": lambda: ("/statements", JSON, _with(b"1e999999")),
    "an exponent of a thousand million": lambda: ("/statements", JSON, _with(b"1e1000000000")),
    "a number of a hundred thousand digits": lambda: ("/statements", JSON, _with(b"9" * 100_000)),
    "a number of thirty million digits": lambda: ("/statements", JSON, _with(b"9" * 30 * MB)),
    "a score of a million digits": lambda: ("/statements", JSON, _with(b"0." + b"1" * MB).replace(b"0.5", b"7" * MB)),
    "a NUL, escaped": lambda: ("/statements", JSON, _with(b'"a\\u0000b"')),
    "a NUL, as it is": lambda: ("/statements", JSON, _with(b'"a\x00b"')),
    "half a surrogate pair": lambda: ("/statements", JSON, _with(b'"\\ud800"')),
    "the other half": lambda: ("/statements", JSON, _with(b'"\\udc00\\ud800"')),
    "surrogates in UTF-8": lambda: ("/statements", JSON, _with(b'"\xed\xa0\x80"')),
    "a key twice": lambda: ("/statements", JSON, _with(b'{"a":1,"a":2}')),
    "a million keys and one of them twice": lambda: ("/statements", JSON, _with(_keys(10**6)[:-1] + b',"999999":1}')),
    "a million keys that nobody knows": lambda: ("/statements", JSON, _keys(10**6)),
    "a key of thirty megabytes": lambda: ("/statements", JSON, b'{"' + b"a" * 30 * MB + b'":1}'),
    "an IRI of thirty megabytes": lambda: ("/statements", JSON, _with(b'{"mbox":"mailto:' + b"a" * 30 * MB + b'"}', "actor")),
    "an IRI that goes back and forth": lambda: (
        "/statements", JSON, _with(b'{"openid":"' + b"a-" * 15 * MB + b'"}', "actor"),
    ),
    "a language tag without end": lambda: (
        "/statements", JSON, json.dumps(FULL).encode().replace(b"en-US", b"en" + b"-abcde" * 4 * MB),
    ),
    "a duration without end": lambda: ("/statements", JSON, json.dumps(FULL).encode().replace(b"PT1H", b"PT" + b"1" * MB + b"H")),
    "thirty million quotes": lambda: ("/statements", JSON, b'"' * 30 * MB),
    "ten thousand and one statements": lambda: ("/statements", JSON, b"[" + b"{}," * 10_000 + b"{}]"),
    "ten million commas": lambda: ("/statements", JSON, b"[" + b"1," * 10 * MB + b"1]"),
    "a hundred thousand parts": lambda: ("/statements", "multipart/mixed; boundary=b", _parts(10**5)),
    "nothing but boundaries": lambda: ("/statements", "multipart/mixed; boundary=b", b"\r\n--b" * 6 * MB),
    "a part with a million headers": lambda: (
        "/statements", "multipart/mixed; boundary=b", b"--b\r\n" + b"a: b\r\n" * 4 * MB + b"\r\n{}\r\n--b--",
    ),
    "a quarter of a gigabyte, packed": lambda: ("/statements", f"{JSON}\r\nContent-Encoding: gzip", gzip.compress(b"[" * 256 * MB, 1)),
    "a packed document": lambda: (STATE, f"{JSON}\r\nContent-Encoding: gzip", gzip.compress(b"{}")),
    "a merge with nesting": lambda: (STATE, JSON, b'{"a":' * 5 * MB),
    "a form of a million fields": lambda: ("/statements?method=GET", FORM, b"a=b&" * 10**6),
    "an agent that nests": lambda: (f"/agents?agent={'[' * 30_000}", JSON, b""),
    "an address of a megabyte": lambda: (f"/statements?agent={'a' * MB}", JSON, b""),
    "a hundred thousand parameters": lambda: ("/statements?" + "a=b&" * 10**5, JSON, b""),
    "a hundred megabytes": lambda: ("/statements", JSON, b" " * 100 * MB),
    "a hundred megabytes of a document": lambda: (STATE, "text/plain", b" " * 100 * MB),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with product(WEB_WORKERS="1", WORKER="false") as endpoint:
        yield endpoint


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _children(int(child))


def _peak_mb() -> float:
    """Most memory that one process below this one has had so far."""
    sizes = []
    for pid in _children(os.getpid()):
        status = Path(f"/proc/{pid}/status").read_text()
        sizes += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(sizes)


def _send(server: Endpoint, target: str, kind: str, body: bytes, *, chunked: bool) -> int:
    """The status of the answer. A server may answer, and close, before it has read everything."""
    host, port = server.url.split("/")[2].split(":")
    method = "GET" if not body else "POST"
    lines = [f"{method} /xapi{target} HTTP/1.1", f"Host: {host}", "Connection: close", f"Content-Type: {kind}"]
    lines += [f"{name}: {value}" for name, value in server.headers.items()]
    lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        try:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            for at in range(0, len(body), MB):
                piece = body[at : at + MB]
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                connection.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.recv(4096)
    return int(answer.split()[1])


@pytest.mark.parametrize("chunked", [False, True], ids=["of a told length", "of untold length"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_and_takes_no_memory(server: Endpoint, bomb: str, chunked: bool) -> None:
    target, kind, body = BOMBS[bomb]()
    before, began = _peak_mb(), time.monotonic()
    status = _send(server, target, kind, body, chunked=chunked and bool(body))
    assert 400 <= status < 500
    assert time.monotonic() - began < SECONDS
    assert _peak_mb() - before < MAY_GROW_MB
    assert _send(server, "/about", JSON, b"", chunked=False) == 200
