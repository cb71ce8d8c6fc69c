"""What this machine, or the container on it, has to give: cores and memory."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
MEBIBYTE = 1024**2


def cores(cgroup: Path = CGROUP) -> float:
    """How many cores this process may keep busy, at least one."""
    found = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        quota, period = map(int, (cgroup / "cpu.max").read_text().split())
        found = min(found, quota / period)
    return max(1.0, found)


def free_memory_mb(cgroup: Path = CGROUP) -> float:
    """How much memory can still be taken, in MiB."""
    free = psutil.virtual_memory().available
    with suppress(OSError, ValueError):
        limit = int((cgroup / "memory.max").read_text())
        free = min(free, limit - int((cgroup / "memory.current").read_text()))
    return max(0.0, free / MEBIBYTE)
