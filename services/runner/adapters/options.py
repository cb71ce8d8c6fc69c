"""What a session and a step are told, and what they tell while they work."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from shared.contracts.browsers import Engine
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.healing_modes import HealingMode
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.steps import event_of

if TYPE_CHECKING:
    from services.runner.adapters.cdp.connection import JSON, Channel
    from services.runner.adapters.cdp.tab import CdpTab
    from services.runner.adapters.driver_terms import WindowRemains

WaitUntil = Literal["load", "domcontentloaded", "networkidle", "commit"]
LogLevel = Literal["debug", "info", "warn", "error"]
HealMethod = Literal["fuzzy_match", "bounding_box", "claude_vision"]

# What a step's value names → the file, in the row's own folder. Raises `RetoldError` for one that is not there.
FileLookup = Callable[[str], Awaitable[Path]]
# Page origin and path → the cached heal to try there, if there is one.
CacheLookup = Callable[[str, str], CachedHeal | None]
# Page origin and path → one row at a time looks for a heal there; gives what another one found meanwhile.
HealTurn = Callable[[str, str], AbstractAsyncContextManager[CachedHeal | None]]


class Attendant(Protocol):
    """Who attends to a window of Chromium's beside the steps: it has every channel before the page runs anything."""

    def page(self, tab: "CdpTab", channel: "Channel") -> None:
        """A page has come."""

    def frame(self, tab: "CdpTab", channel: "Channel") -> None:
        """A frame of it goes on in a process of its own."""

    def dialog(self, channel: "Channel", event: "JSON") -> None:
        """A dialog waits for its answer, which nobody else gives."""

    def gone(self, tab: "CdpTab") -> None:
        """A page is no more."""


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
    attendant: Attendant | None = None
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
    healing: HealingMode = "autonomous"
    vision: bool = False  # whether asking the model is worth it: there is a key, and the budget is not spent
    vision_off: str = ""  # why it is not, for the message of a step that no element is certain enough for
    threshold: int = 80
    heal_grace: int = 1_000
    wait_until: WaitUntil = "load"
    cached: CacheLookup | None = None
    heal_turn: HealTurn | None = None
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
    """What became of an attempt to heal; without an element, nothing was certain enough.

    `candidates`: how many elements were compared. The pictures, by the SHA-256 of what was kept: the page with the
    element framed before it is used, and the page afterwards.
    """

    step_number: int
    success: bool
    method: HealMethod
    confidence: int
    original_selector: str
    healed_selector: str | None
    healed_bundle: LocatorBundle | None
    rivals: list[dict[str, Any]]
    page_origin: str
    page_path: str
    error_message: str | None = None
    candidates: int = 0
    picture_before: str | None = None
    picture_after: str | None = None


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """Which of the candidates is the element that was recorded?

    `target`: what was recorded, without values. `candidates`: what the page says of each, as text that nobody vouches
    for; each has its `mark`, the number that stands beside it in the picture. `picture`: a JPEG, secrets blanked out.
    """

    step_number: int
    event: str
    target: dict[str, Any]
    candidates: list[dict[str, Any]]
    picture: bytes
    page_origin: str
    page_path: str
    threshold: int


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The candidate that the model means, by its place in `ModelQuestion.candidates`; none where it means none."""

    index: int | None
    confidence: int
    reason: str


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

    async def review(self, report: HealReport) -> bool:
        """Whether the proposed element may be used: a person decides. May raise to leave the step for later."""
        ...

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        """What the model says; none where it is not asked, or gave no answer."""
        ...

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        """What was done to the element had no effect as the recorded action had one. With `cache_key`, it came from the
        cache; else it was healed in this very row.
        """

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """A cached heal no longer finds its element."""

    async def artifact(self, artifact: Artifact) -> str:
        """Keeps a download, a picture, a text; gives its SHA-256."""
        ...

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        """A line for the live log."""
