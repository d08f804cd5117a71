"""CPU time of other processes, which descend from which (from /proc), and having them wait. On a busy machine CPU time says more than the
clock."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(root: int) -> float:
    """Seconds that a process and all that descend from it have used; those that ended and were waited for included."""
    return sum(sum(map(int, fields[11:15])) for fields in _family(root).values()) * TICK_S


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    return list(_family(root))


@contextmanager
def stopped(root: int) -> Iterator[None]:
    """A process and all that descend from it do nothing meanwhile."""
    processes = family(root)
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def parent(pid: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _family(root: int) -> dict[int, list[str]]:
    """Process -> its fields in /proc/PID/stat after the name."""
    stats = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(stat.parent.name)] = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    parents = {pid: int(fields[1]) for pid, fields in stats.items()}
    return {pid: fields for pid, fields in stats.items() if root in _line(pid, parents)}


def _line(pid: int, parents: dict[int, int]) -> list[int]:
    line = [pid]
    while (above := parents.get(line[-1])) is not None:
        line.append(above)
    return line
