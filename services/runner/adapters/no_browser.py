"""A fleet without a browser: every step is done at once. It shows what a row costs without its pages."""

# ruff: noqa: ARG002 - what does nothing needs nothing

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from services.runner.adapters.options import Hooks, SessionOptions, StepOptions
from services.runner.adapters.port import Guarding
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult, Taught


class EmptySession:
    """Does nothing, successfully."""

    browser: str | None = None
    folder: Path | None = None

    def __init__(self) -> None:
        self.extracted: dict[str, str] = {}

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        """The step, done."""
        return StepResult(step_number=step.step_number, status="completed", duration=0)

    async def finish(self, hooks: Hooks) -> None:
        """Nothing is left to do."""

    async def screenshot(self) -> bytes:
        """No picture."""
        return b""

    async def page_source(self) -> str:
        """No page."""
        return ""

    def learned(self, values: Iterable[str] = ()) -> list[Taught]:
        """Nothing."""
        return []


class NoBrowsers:
    """The fleet: `session_type` may be another one, which takes its time or fails."""

    browsers_running = 0

    def __init__(self, session_type: type[EmptySession] = EmptySession) -> None:
        self._session_type = session_type

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @asynccontextmanager
    async def session(
        self, options: SessionOptions | None = None, guarding: Guarding | None = None
    ) -> AsyncIterator[EmptySession]:
        """One more of them."""
        yield self._session_type()
