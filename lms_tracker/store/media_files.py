"""Files of media under one folder: `incoming/` while pieces arrive, then a name that nobody can guess and nothing overwrites.

A database's backup does not hold them; they are copied like any folder.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 1024 * 1024
INCOMING = "incoming"


class OutOfStep(ValueError):
    """A piece does not begin where the last one ended. `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes are here")
        self.received = received


def received(folder: Path, upload: str) -> int:
    """How many bytes of an upload are here."""
    path = folder / INCOMING / upload
    return path.stat().st_size if path.exists() else 0


def take_piece(folder: Path, upload: str, offset: int, piece: BinaryIO, most: int) -> int:
    """Append what `piece` holds, `most` bytes in all at the outside; how many are here now. Raises OutOfStep."""
    path = folder / INCOMING / upload
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two tabs may send the same file
        here = file.seek(0, os.SEEK_END)
        if here != offset:
            raise OutOfStep(here)
        while here < most and (block := piece.read(min(BLOCK, most - here))):
            here += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return here


def head_of(path: Path, length: int) -> bytes:
    """The first bytes."""
    with path.open("rb") as file:
        return file.read(length)


def incoming(folder: Path, upload: str) -> Path:
    """Where the pieces of an upload are."""
    return folder / INCOMING / upload


def drop(folder: Path, upload: str) -> None:
    """Forget an upload."""
    incoming(folder, upload).unlink(missing_ok=True)


def keep(folder: Path, source: Path, suffix: str, *, move: bool) -> tuple[str, int, str]:
    """Put a file in its place: (name under the folder, bytes, SHA-256)."""
    name = f"{secrets.token_hex(16)}.{suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    if move:
        source.replace(folder / name)
    else:
        shutil.copyfile(source, folder / name)
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return name, os.fstat(file.fileno()).st_size, digest


def is_there(path: Path) -> bool:
    """Whether the file can be read, and holds something."""
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def part(path: Path, start: int, stop: int) -> bytes:
    """Bytes [start, stop)."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(stop - start)


def blocks(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """The same in blocks, for what is too long to hold."""
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (block := file.read(min(BLOCK, stop - start))):
            start += len(block)
            yield block
