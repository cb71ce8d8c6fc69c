"""Starts the contestants and the pages' server, and talks to them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psutil

from shared.core.errors import Unavailable
from shared.local import server
from tests.benchmarks.replay import tree

ROOT = Path(__file__).parents[3]
LONGEST_LINE = 64 * 1024 * 1024
STOP_SECONDS = 15.0


class Peer:
    """A process that answers a line with a line."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    @property
    def pid(self) -> int:
        """The root of its tree."""
        return self._process.pid

    async def ask(self, **asked: Any) -> dict[str, Any]:
        """What it answers. Raises `Unavailable` with what went wrong there."""
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps(asked) + "\n").encode())
        await self._process.stdin.drain()
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        """Its next line."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise Unavailable(f"{self._log.stem} ended by itself; its last words:\n{server.last_lines(self._log)}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Unavailable(f"{self._log.stem}: {answer['error']}")
        return answer

    async def stop(self) -> None:
        """Lets it end by itself, and ends it and its tree when it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        family = tree.family(self.pid)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        for process in family:
            with suppress(psutil.Error):
                process.kill()


@asynccontextmanager
async def started(
    arguments: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None, folder: Path = ROOT
) -> AsyncIterator[tuple[Peer, dict[str, Any]]]:
    """The process, and the line that it began with."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *map(str, arguments),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C reaches only us: then its standard input ends
        )
    peer = Peer(process, log)
    try:
        yield peer, await peer.hear()
    finally:
        await peer.stop()


class Pages:
    """The pages' server: where it is, and what arrived."""

    def __init__(self, peer: Peer, url: str, client: httpx2.AsyncClient) -> None:
        self.peer, self.url, self._client = peer, url, client

    async def received(self, key: str) -> list[dict[str, str]]:
        """The requests that sent something under a key, in order."""
        found: list[dict[str, str]] = (await self._client.get(f"{self.url}/received", params={"key": key})).json()
        return found


@asynccontextmanager
async def open_pages(folder: Path) -> AsyncIterator[Pages]:
    """Serves the pages until the context ends."""
    arguments = (sys.executable, "-m", "tests.benchmarks.replay.site")
    async with started(arguments, folder / "site.log") as (peer, began), httpx2.AsyncClient(trust_env=False) as client:
        yield Pages(peer, began["url"], client)
