"""What a row asks of a browser as a whole: a window of its own, and that it is still there."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import BrowserName, Listener, WindowRemains
from services.runner.adapters.options import SessionOptions


class Window(ABC):
    """The browser context of one row: nothing in it of another's. `tabs` in the order of their opening, closed too."""

    def __init__(self) -> None:
        self.tabs: list[Tab] = []

    @property
    @abstractmethod
    def opening(self) -> int:
        """How many pages are just being opened: known of, and not yet among the tabs."""

    @abstractmethod
    async def open_tab(self) -> Tab:
        """One more empty page."""

    @abstractmethod
    async def settled(self) -> None:
        """Waits until no page is just being opened."""

    async def group(self, name: str) -> None:  # noqa: ARG002
        """What follows is shown under this name in the trace, where one is recorded."""
        return

    async def ungroup(self) -> None:
        """The named part is over."""
        return

    @abstractmethod
    async def storage(self) -> Mapping[str, Any]:
        """Cookies and local storage, in the shape of Playwright's storage state: what a login left behind."""

    @abstractmethod
    async def close(self) -> WindowRemains:
        """Ends it; cookies, storage, downloads go with it. What was recorded of it is given."""


class RunningBrowser(ABC):
    """A browser process, or one elsewhere that is reached over an address."""

    name: BrowserName
    pids: Callable[[], set[int]] = staticmethod(lambda: set())
    ports: frozenset[int] = frozenset()  # of loopback, on which it can be driven: no page may reach them
    rows_at_once: int | None = None  # where it cannot have as many as the fleet would give it

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether it runs and is heard."""

    @abstractmethod
    async def window(self, options: SessionOptions, listener: Listener) -> Window:
        """A fresh context with no page yet. Raises `DriverError`."""

    @abstractmethod
    async def probe(self) -> None:
        """Returns when the browser itself has answered something. Raises `DriverError` when it is gone."""

    @abstractmethod
    async def close(self) -> None:
        """Ends it, with all its processes and its folders."""
