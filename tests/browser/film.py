"""Real video, made in the test: Chromium draws pictures, each a key frame of VP8, and they become a WebM file with an index.

A picture a second is enough to be played, dragged and watched at any speed; an hour takes a second to make.
"""

import base64
import struct
from collections.abc import Sequence

from playwright.sync_api import Page

DRAW = """seconds => {
  const canvas = document.createElement("canvas");
  canvas.width = 160; canvas.height = 90;
  const pen = canvas.getContext("2d"), frames = [];
  for (let n = 0; n < seconds; n++) {
    pen.fillStyle = `hsl(${n * 11 % 360}, 40%, 30%)`; pen.fillRect(0, 0, 160, 90);
    pen.fillStyle = "#fff"; pen.font = "40px sans-serif";
    pen.fillText(`${Math.floor(n / 60)}:${String(n % 60).padStart(2, "0")}`, 30, 60);
    frames.push(canvas.toDataURL("image/webp", 0.3).split(",")[1]);
  }
  return frames;
}"""
SEGMENT, SEEK, INFO, TRACKS, CUES, CLUSTER = 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675


def film(page: Page, seconds: int) -> bytes:
    """A WebM file of that length. `page` is any page: it draws the pictures."""
    return film_of(page.evaluate(DRAW, seconds))


def film_of(pictures: Sequence[str]) -> bytes:
    """The file of what DRAW has drawn."""
    return webm([_vp8(base64.b64decode(picture)) for picture in pictures])


def webm(frames: Sequence[bytes]) -> bytes:
    """One key frame a second of 160 x 90 (RFC 8794, RFC 9559)."""
    head = _element(
        0x1A45DFA3,
        _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
        + _element(0x4282, b"webm") + _number(0x4287, 4) + _number(0x4285, 2),
    )  # fmt: skip
    info = _element(
        INFO,
        _number(0x2AD7B1, 1_000_000)
        + _element(0x4489, struct.pack(">d", len(frames) * 1000.0))
        + _element(0x4D80, b"t") + _element(0x5741, b"t"),
    )  # fmt: skip
    picture = _element(0xE0, _number(0xB0, 160) + _number(0xBA, 90))
    track = _number(0xD7, 1) + _number(0x73C5, 1) + _number(0x83, 1) + _number(0x9C, 0) + _element(0x86, b"V_VP8")
    tracks = _element(TRACKS, _element(0xAE, track + picture))
    clusters = [
        _element(CLUSTER, _number(0xE7, at * 1000) + _element(0xA3, b"\x81\0\0\x80" + frame))
        for at, frame in enumerate(frames)
    ]
    before = info + tracks
    cues = _cues([0] * len(clusters))
    start = len(before) + len(cues)
    places, at = [], start
    for cluster in clusters:
        places.append(at)
        at += len(cluster)
    return head + _element(SEGMENT, before + _cues(places) + b"".join(clusters))


def _cues(places: Sequence[int]) -> bytes:
    points = (
        _element(0xBB, _number(0xB3, n * 1000) + _element(0xB7, _number(0xF7, 1) + _number(0xF1, place)))
        for n, place in enumerate(places)
    )
    return _element(CUES, b"".join(points))


def _element(name: int, content: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _vp8(picture: bytes) -> bytes:
    """The frame inside a WebP file, whose simple form is one key frame of VP8."""
    at = 12
    while at < len(picture):
        kind, size = picture[at : at + 4], int.from_bytes(picture[at + 4 : at + 8], "little")
        if kind == b"VP8 ":
            return picture[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise ValueError("no picture of VP8")
