"""A load generator for any HTTP endpoint on this machine: keep-alive connections that each send as fast as answered."""

import asyncio
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct

TIMEOUT_S = 60
ROOM = 256 * 1024


class Load(Struct):
    """What came of it: latencies of accepted requests in seconds, ascending; the rest are faults."""

    latencies: list[float]
    faults: list[str]
    seconds: float

    @property
    def per_s(self) -> float:
        """Accepted requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that this share of accepted requests did not exceed, in seconds."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def post(url: str, headers: dict[str, str], body: Callable[[], bytes], *, connections: int, seconds: float) -> Load:
    """Post for a while. Raises RuntimeError when any request was not accepted: a figure of failures means nothing."""
    load = asyncio.run(_post(url, headers, body, connections, seconds))
    if load.faults or not load.latencies:
        raise RuntimeError(f"{len(load.faults)} of {len(load.latencies)} requests to {url} failed: {load.faults[:1]}")
    return load


class Reader:
    """One keep-alive connection that asks again and again, and takes little time for itself."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        target = urlsplit(url)
        self.socket = socket.create_connection((target.hostname or "", target.port or 80), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"Host: {target.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
        self.head = " HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"

    def get(self, address: str) -> bytes:
        """The body. Raises RuntimeError for any other answer than 200 of a known length."""
        self.socket.sendall(f"GET {address}{self.head}".encode())
        taken = self.socket.recv(ROOM)
        while taken and (end := taken.find(b"\r\n\r\n")) < 0:
            taken += self.socket.recv(ROOM)
        head, body = taken[: end + 2].lower(), [taken[end + 4 :]] if taken else []
        start = head.find(b"\r\ncontent-length:") + 17
        if head[9:12] != b"200" or start < 17:
            raise RuntimeError(f"GET {address}: {taken[:300]!r}")
        missing = int(head[start : head.index(b"\r\n", start)]) - len(body[0])
        while missing > 0:
            body.append(self.socket.recv(ROOM))
            if not body[-1]:
                raise RuntimeError(f"GET {address}: the answer ends {missing} bytes early")
            missing -= len(body[-1])
        return b"".join(body)


async def _post(url: str, headers: dict[str, str], body: Callable[[], bytes], connections: int, seconds: float) -> Load:
    target = urlsplit(url)
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
    head = "\r\n".join([*lines, "Content-Type: application/json", "Content-Length: "]).encode()
    load = Load([], [], 0)
    began = time.perf_counter()

    async def send() -> None:
        reader, writer = await asyncio.open_connection(target.hostname, target.port, limit=1 << 20)
        try:
            while time.perf_counter() < began + seconds:
                content = body()
                sent = time.perf_counter()
                writer.write(b"%b%d\r\n\r\n%b" % (head, len(content), content))
                async with asyncio.timeout(TIMEOUT_S):
                    status, answer = await _read_answer(reader)
                if status < 300:
                    load.latencies.append(time.perf_counter() - sent)
                else:
                    load.faults.append(f"{status} {answer[:200]!r}")
                    return
        except (OSError, asyncio.IncompleteReadError) as e:
            load.faults.append(repr(e))
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(send())
    load.seconds = time.perf_counter() - began
    load.latencies.sort()
    return load


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    length = head.find(b"\r\ncontent-length:")
    if length >= 0:
        return status, await reader.readexactly(int(head[length + 17 : head.index(b"\r\n", length + 2)]))
    chunks = []
    while size := int(await reader.readline(), 16):  # chunked
        chunks.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return status, b"".join(chunks)
