"""Disks of memory for the servers' data, that can be made full."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = 4 * 1024**3  # NATS takes three quarters for itself, and reserves 2 GiB of them for the runners' lines
KIND = "retold-chaos"


@dataclass
class Disk:
    """A disk and what brings its server back when there is room again."""

    folder: Path
    restart: Callable[[], Awaitable[None]] | None = None

    async def full(self, lasting: float) -> None:
        """For a while the disk is no larger than what lies on it, so that no further byte fits."""
        await asyncio.to_thread(self._shrink)
        try:
            await asyncio.sleep(lasting)
        finally:
            await asyncio.to_thread(_mount, self.folder, f"remount,size={SIZE}")
            if self.restart:
                await self.restart()

    def _shrink(self) -> None:
        usage = os.statvfs(self.folder)
        used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
        for spare in (0, 1 << 16, 1 << 20):  # what is written meanwhile counts too
            if _mount(self.folder, f"remount,size={used + spare}"):
                return


def why_not() -> str | None:
    """Why no disk can be made here; nothing when it can."""
    if os.geteuid() != 0:
        return "only root can mount a disk to fill"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        return "this machine lets nobody mount a disk"
    return None


@contextmanager
def mounted(home: Path) -> Iterator[dict[str, Disk]]:
    """A disk for each server of a stack that is to start in `home`."""
    folders = {"NATS": home / "nats" / "data", "Postgres": home / "postgres"}
    done: list[Path] = []
    try:
        for folder in folders.values():
            folder.mkdir(parents=True)
            if _mount(folder, f"size={SIZE},mode=0700"):
                done.append(folder)
        home.chmod(0o711)
        yield {server: Disk(folder) for server, folder in folders.items()}
    finally:
        for folder in done:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _mount(folder: Path, options: str) -> bool:
    mount = ["mount", "-t", "tmpfs", "-o", options, KIND, str(folder)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0
