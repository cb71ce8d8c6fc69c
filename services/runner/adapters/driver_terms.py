"""The words between a step and the browser: frames, presses, dialogs, downloads, requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from services.runner.adapters.driver import Tab

Button = Literal["left", "middle", "right", "back", "forward"]
Modifier = Literal["Alt", "Control", "Meta", "Shift"]
DialogKind = Literal["alert", "confirm", "prompt", "beforeunload"]


class Frame(Protocol):
    """A place for documents in a page; one object as long as the frame lives, so it can be a key."""

    @property
    def url(self) -> str:
        """The address of the document in it."""
        ...

    @property
    def parent(self) -> "Frame | None":
        """The frame around it; none for the page's own."""
        ...

    @property
    def children(self) -> "Sequence[Frame]":
        """The frames in it, in order of their creation."""
        ...

    @property
    def detached(self) -> bool:
        """Whether it is no more."""
        ...


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a mouse button at a point; with `modifiers` besides those that are held already."""

    x: float
    y: float
    button: Button = "left"
    clicks: int = 1
    hold_ms: float = 0
    modifiers: frozenset[Modifier] = frozenset()


@dataclass(frozen=True, slots=True)
class DialogShown:
    """A dialog of the page's scripts."""

    kind: DialogKind
    message: str
    default: str


@dataclass(frozen=True, slots=True)
class DialogAnswer:
    """What is done with a dialog; `text` goes into a prompt."""

    accept: bool = True
    text: str | None = None


class Download(Protocol):
    """A file that a page gives."""

    @property
    def name(self) -> str:
        """What the page calls it."""
        ...

    @property
    def url(self) -> str:
        """Where it came from."""
        ...

    async def saved(self, seconds: float) -> Path:
        """The whole file, kept until its window is closed. Raises `StepFailed` when it does not arrive."""
        ...


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """A request that has ended; `status` none: it failed, and `failure` says why. `ms` since it was sent."""

    method: str
    url: str
    kind: str
    status: int | None
    ms: int
    failure: str | None = None


class Listener(Protocol):
    """Who is told, at once and without waiting, what happens in a window beside the steps."""

    def note(self, level: Literal["info", "warn"], message: str) -> None:
        """Something that whoever watches the row should know."""

    def opened(self, tab: "Tab") -> None:
        """A tab is there and watched: the first, or a popup."""

    def dialog(self, shown: DialogShown) -> DialogAnswer:
        """A dialog waits for its answer."""
        ...

    def download(self, download: Download) -> None:
        """A download has begun."""

    def console(self, kind: str, text: str) -> None:
        """The page's console got a line; `kind` as the console calls it: log, info, warning, error …"""

    def page_error(self, text: str) -> None:
        """A script of the page failed and nobody caught it."""

    def request(self, seen: RequestSeen) -> None:
        """A request has ended; only told with `SessionOptions.network_log`."""


@dataclass(frozen=True, slots=True)
class WindowRemains:
    """What was recorded of a window, as files in the row's own folder: Playwright's trace, videos."""

    trace: Path | None = None
    videos: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class BrowserName:
    """Which browser it is, as it says itself."""

    engine: Literal["chromium", "firefox", "webkit"]
    version: str
    executable: str = ""
