"""What performs rows, as a worker needs it: the fleet of browsers, or one that has none."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from services.runner.adapters.options import Hooks, SessionOptions, StepOptions
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult, Taught
from shared.url_policy import Refusal, Rules


@dataclass(frozen=True, slots=True)
class Guarding:
    """Which addresses a row may open, and who is told, at once and without waiting, what was refused."""

    rules: Rules
    refused: Callable[[Refusal], None]


class RowSession(Protocol):
    """Where the steps of one row are performed."""

    @property
    def extracted(self) -> Mapping[str, str]:
        """What the steps so far took from pages, by name."""
        ...

    @property
    def browser(self) -> str | None:
        """What performs the steps, as it names itself: `chromium 156.0.8078.79`."""
        ...

    @property
    def folder(self) -> Path | None:
        """The row's own folder, gone when the row is."""
        ...

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        """Does one step. Raises only what a hook raises."""
        ...

    async def finish(self, hooks: Hooks) -> None:
        """To be called after the last step: what the page still does is awaited, and what it gave is kept."""
        ...

    async def screenshot(self) -> bytes:
        """What can be seen now, as a JPEG."""
        ...

    async def page_source(self) -> str:
        """The HTML of the page that can be seen, without what is secret; empty when there is none."""
        ...

    def learned(self, values: Iterable[str] = ()) -> list[Taught]:
        """What the steps so far taught about their elements, without what shows one of `values`."""
        ...


class RowFleet(Protocol):
    """Gives a fresh session to every row; use it as an async context manager."""

    @property
    def browsers_running(self) -> int:
        """How many browsers are open now."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def session(
        self, options: SessionOptions | None = None, guarding: Guarding | None = None
    ) -> AbstractAsyncContextManager[RowSession]:
        """For one row, which opens only what `guarding` allows. Raises `Unavailable` when none can be had."""
        ...
