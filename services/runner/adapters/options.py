"""What a session and a step are told, and what they tell while they work."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from shared.contracts.browsers import Engine
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.steps import event_of

if TYPE_CHECKING:
    from services.runner.adapters.driver_terms import WindowRemains

WaitUntil = Literal["load", "domcontentloaded", "networkidle", "commit"]
LogLevel = Literal["debug", "info", "warn", "error"]

# What a step's value names → the file, in the row's own folder. Raises `RetoldError` for one that is not there.
FileLookup = Callable[[str], Awaitable[Path]]
# Page origin and path → the cached heal to try there, if there is one.
CacheLookup = Callable[[str, str], CachedHeal | None]


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The browser context of one row. Sizes in CSS pixels."""

    engine: Engine | None = None  # which browser; none: the fleet's own
    width: int = 1280
    height: int = 720
    device_scale_factor: float = 1.0
    is_mobile: bool = False
    has_touch: bool = False
    locale: str | None = None
    timezone: str | None = None
    user_agent: str | None = None
    proxy: str | None = None  # where all traffic goes through, as `socks5://127.0.0.1:1080`
    judge: Callable[[str], str | None] | None = None  # full address → why it may not be loaded; where a rule needs it
    storage: Mapping[str, Any] | None = None  # what a login left behind (Playwright's storage state)
    folder: Path | None = None  # of the row's own: downloads, traces, videos
    trace: bool = False
    video: bool = False
    network_log: bool = False
    keep: Callable[["WindowRemains"], Awaitable[None]] | None = (
        None  # told what was recorded, while its files are there
    )

    @property
    def recorded(self) -> bool:
        """Whether something is to be recorded that only Playwright can."""
        return self.trace or self.video

    @classmethod
    def for_steps(cls, steps: Iterable[Step]) -> "SessionOptions":
        """The window that the recording starts with, else 1280 × 720."""
        first = next((step for step in steps if event_of(step) == "resize"), None)
        viewport = first.metadata.get("viewport") if first else None
        if not isinstance(viewport, dict):
            return cls()
        return cls(
            width=size(viewport.get("width"), cls().width),
            height=size(viewport.get("height"), cls().height),
            device_scale_factor=float(viewport.get("deviceScaleFactor") or 1),
            is_mobile=bool(viewport.get("isMobile")),
            has_touch=bool(viewport.get("hasTouch")),
        )


LARGEST_WINDOW = 8192


def size(given: Any, otherwise: int) -> int:
    """A width or height that a browser window can have."""
    usable = isinstance(given, int | float) and not isinstance(given, bool) and 1 <= given <= LARGEST_WINDOW
    return int(given) if usable else otherwise


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How one step is performed. Times in milliseconds."""

    wait_timeout: int = 5_000
    step_timeout: int = 60_000
    navigation_timeout: int = 30_000
    retry_backoff: tuple[int, ...] = (100, 200, 400)
    healing: bool = True
    threshold: int = 80
    heal_grace: int = 1_000
    wait_until: WaitUntil = "load"
    cached: CacheLookup | None = None
    secret: bool = False
    strict: bool = False  # a recorded locator that points elsewhere fails the step
    highlight: bool = False  # the element is framed while it is acted on
    screenshot_before: bool = False
    screenshot_after: bool = False
    console_log: bool = False
    network_log: bool = False
    heal_attempts: int = 3
    evidence: bool = False  # of every step, not only of one that fails or is healed
    extracted: Mapping[str, str] = field(default_factory=dict)  # values that earlier steps of the row took
    files: FileLookup | None = None


@dataclass(frozen=True, slots=True)
class HealReport:
    """What became of an attempt to heal; without an element, nothing was certain enough."""

    step_number: int
    success: bool
    method: Literal["fuzzy_match"]
    confidence: int
    original_selector: str
    healed_selector: str | None
    healed_bundle: LocatorBundle | None
    rivals: list[dict[str, Any]]
    page_origin: str
    page_path: str
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a row leaves behind; `kind` in document E's words. `step_number` none: of the whole row."""

    kind: Literal["screenshot", "pdf", "video", "trace", "data"]
    name: str
    content: bytes | Path
    media_type: str
    step_number: int | None = None


class Hooks(Protocol):
    """Who is told while a step is performed. `intend` may refuse by raising: then the action is not done."""

    async def intend(self, step_number: int, action: str) -> None:
        """The action that follows may commit something in the world."""

    async def healed(self, report: HealReport) -> None:
        """The recorded locators found nothing, and a stand-in was looked for."""

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """A cached heal no longer finds its element."""

    async def artifact(self, artifact: Artifact) -> str:
        """Keeps a download, a picture, a text; gives its SHA-256."""
        ...

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        """A line for the live log."""
