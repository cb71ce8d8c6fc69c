"""Retold: what was recorded once, retold by the runner's own fleet; healing, readiness gate, step results are on.

Its variant is one of `variants.py`, or nothing.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from playwright.async_api import async_playwright

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import (
    Artifact,
    HealReport,
    LogLevel,
    ModelAnswer,
    ModelQuestion,
    StepOptions,
)
from services.runner.adapters.port import RowFleet, RowSession
from shared.contracts.recording import Step
from tests.benchmarks.replay.contestants.protocol import Chosen, Clock, serve
from tests.benchmarks.replay.contestants.variants import VARIANTS, Variant
from tests.benchmarks.replay.forms import Action
from tests.benchmarks.replay.recording import record


class Ours:
    """The fleet, and the forms that were recorded."""

    def __init__(self, fleet: RowFleet, variant: Variant, chosen: Chosen) -> None:
        self._fleet, self._variant, self._chosen = fleet, variant, chosen
        self._recorded: dict[str, list[Step]] = {}

    async def prepare(self, form: str, actions: Sequence[Action]) -> None:
        """Records the form, in a browser that is gone before the first row."""
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=self._chosen.path, args=self._chosen.arguments)
            self._recorded[form] = await record(await browser.new_page(), actions)
            await browser.close()

    @asynccontextmanager
    async def window(self) -> AsyncIterator["Retelling"]:
        """A session of the fleet."""
        with TemporaryDirectory(prefix="row-") as folder:
            async with self._fleet.session(self._variant.session(Path(folder))) as session:
                yield Retelling(session, self._recorded, self._variant.step())


class Retelling:
    """One row: the recorded steps with the row's values."""

    def __init__(self, session: RowSession, recorded: dict[str, list[Step]], options: StepOptions) -> None:
        self._session, self._recorded, self._options = session, recorded, options
        self._heard = Heard()

    async def perform(self, form: str, actions: Sequence[Action]) -> list[dict[str, Any]]:
        """Step after step; one that fails ends the row, but where it is seen how many heal."""
        clock, steps = Clock(), []
        for step, action in zip(self._recorded[form], actions, strict=False):
            value = action.at if action.do == "open" else action.value or None
            result = await self._session.perform(step, value, self._options, self._heard)
            if result.status != "completed" and not result.healing_attempted:
                raise RuntimeError(f"{action.do} {action.at}: {result.error}")
            steps.append({"ms": clock.lap(), "result": result.model_dump(mode="json", exclude_none=True)})
        return steps


class Heard:
    """The worker's part: intents are waited for, lines are kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def intend(self, step_number: int, action: str) -> None:
        """As if the log answered at once."""
        await asyncio.sleep(0)

    async def healed(self, report: HealReport) -> None:
        """Kept in the step's result as well."""

    async def review(self, report: HealReport) -> bool:
        """Nobody looks on."""
        return True

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        """There is none."""
        return None

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        """The step's result says so as well."""

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """Nothing is cached here."""

    async def artifact(self, artifact: Artifact) -> str:
        """Read, and kept nowhere."""
        content = artifact.content
        return hashlib.sha256(content.read_bytes() if isinstance(content, Path) else content).hexdigest()

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        """Kept."""
        self.lines.append(message)


async def main() -> None:
    """Performs rows until standard input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # answers go to standard output
    chosen = Chosen.told()
    variant = VARIANTS[chosen.variant]
    async with Fleet(chosen.browser, **variant.fleet) as fleet:
        await serve(Ours(fleet, variant, chosen))


if __name__ == "__main__":
    asyncio.run(main())
