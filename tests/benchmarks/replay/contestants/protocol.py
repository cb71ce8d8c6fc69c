"""How a contestant's process is told what to do: a JSON object a line on standard input, one answered for each.

    {"do": "prepare", "form": NAME, "actions": [ACTION]}             before a form's first row; answers {}
    {"do": "rows", "form": NAME, "rows": [[ACTION]], "at_once": 4}   answers {"seconds": …, "rows": [ROW]}
    {"do": "hold", "form": NAME, "rows": [[ACTION]]}                 opens windows, performs, keeps them open; {}
    {"do": "release"}                                                closes them; {}

ACTION is `forms.Action` as JSON; ROW is `{"setup", "run", "close"}` in milliseconds with `"steps": [{"ms", …}]`, where
ours adds its step results. What goes wrong is answered as `{"error": …}`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.benchmarks.replay.forms import Action


@dataclass(frozen=True, slots=True)
class Chosen:
    """The browser of all contestants: its file, what it is started with, and the WebDriver server that fits it."""

    browser: str
    arguments: list[str]
    webdriver: str | None = None
    variant: str = ""

    @classmethod
    def told(cls) -> "Chosen":
        """What stands in the process's first argument."""
        return cls(**json.loads(sys.argv[1]))

    @property
    def path(self) -> Path:
        """The browser's file."""
        return Path(self.browser)


class Window(Protocol):
    """A fresh browser context with one page."""

    async def perform(self, form: str, actions: Sequence[Action]) -> list[dict[str, Any]]:
        """Does the actions; answers `{"ms": …}` for each."""
        ...


class Contestant(Protocol):
    """One way to drive the browser."""

    async def prepare(self, form: str, actions: Sequence[Action]) -> None:
        """Learns a form."""
        ...

    def window(self) -> AbstractAsyncContextManager[Window]:
        """A window for one row."""
        ...


class Clock:
    """Milliseconds since it was asked last."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """And starts again."""
        last, self._last = self._last, time.perf_counter()
        return (self._last - last) * 1000


async def serve(contestant: Contestant) -> None:
    """Does what it is told until standard input ends."""
    served = _Served(contestant)
    _tell({})
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        try:
            _tell(await getattr(served, asked.pop("do"))(**asked) or {})
        except Exception as error:
            _tell({"error": f"{type(error).__name__}: {error}"})
    await served.release()


def _tell(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


class _Served:
    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._held = AsyncExitStack()

    async def prepare(self, form: str, actions: list[Any]) -> None:
        await self._contestant.prepare(form, list(map(Action.from_json, actions)))

    async def rows(self, form: str, rows: list[list[Any]], at_once: int) -> dict[str, Any]:
        places = asyncio.Semaphore(at_once)

        async def row(actions: list[Any]) -> dict[str, Any]:
            async with places:
                return await self._row(form, list(map(Action.from_json, actions)))

        clock = Clock()
        done = await asyncio.gather(*map(row, rows))
        return {"seconds": clock.lap() / 1000, "rows": done}

    async def _row(self, form: str, actions: Sequence[Action]) -> dict[str, Any]:
        clock = Clock()
        async with self._contestant.window() as window:
            setup = clock.lap()
            steps = await window.perform(form, actions)
            run = clock.lap()
        return {"setup": setup, "run": run, "close": clock.lap(), "steps": steps}

    async def hold(self, form: str, rows: list[list[Any]]) -> None:
        for actions in rows:
            window = await self._held.enter_async_context(self._contestant.window())
            await window.perform(form, list(map(Action.from_json, actions)))

    async def release(self) -> None:
        await self._held.aclose()
        self._held = AsyncExitStack()
