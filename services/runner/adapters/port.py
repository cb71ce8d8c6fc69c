"""What performs rows, as a worker needs it: the fleet of browsers, or one that has none."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

from services.runner.adapters.options import Hooks, SessionOptions, StepOptions
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult, Taught


class RowSession(Protocol):
    """Where the steps of one row are performed."""

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        """Does one step. Raises only what a hook raises."""
        ...

    async def screenshot(self) -> bytes:
        """What can be seen now, as a JPEG."""
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

    def session(self, options: SessionOptions | None = None) -> AbstractAsyncContextManager[RowSession]:
        """For one row. Raises `Unavailable` when none can be had."""
        ...
