"""The browsers that a job may ask for: three engines, each as on a desk and as on a phone (document E)."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from shared.core.errors import InvalidInput

Engine = Literal["chromium", "firefox", "webkit"]
DeviceType = Literal["desktop", "mobile"]

_DESK = (1280, 720)
_ANDROID_UA = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile"
_FENNEC_UA = "Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0"
_IPHONE_UA = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


class BrowserType(NamedTuple):
    """One of them. Viewport in CSS pixels; without a `user_agent` the browser says its own."""

    id: int
    key: str  # what a job's option `browser` names
    name: str
    type: Engine
    device_type: DeviceType
    user_agent: str | None
    viewport_width: int
    viewport_height: int
    scale: float = 1.0

    @property
    def is_mobile(self) -> bool:
        """Whether it is a phone's: touch instead of a mouse, and pages as wide as the screen."""
        return self.device_type == "mobile"


BROWSER_TYPES = (
    BrowserType(1, "chromium-desktop", "Chromium", "chromium", "desktop", None, *_DESK),
    BrowserType(2, "firefox-desktop", "Firefox", "firefox", "desktop", None, *_DESK),
    BrowserType(3, "webkit-desktop", "WebKit", "webkit", "desktop", None, *_DESK),
    BrowserType(
        4, "chromium-mobile", "Chromium Mobile", "chromium", "mobile", f"{_ANDROID_UA} Safari/537.36", 412, 915, 2.625
    ),
    BrowserType(5, "firefox-mobile", "Firefox Mobile", "firefox", "mobile", _FENNEC_UA, 412, 915, 2.625),
    BrowserType(
        6,
        "webkit-mobile",
        "WebKit Mobile",
        "webkit",
        "mobile",
        f"{_IPHONE_UA} Version/18.6 Mobile/15E148 Safari/604.1",
        393,
        852,
        3.0,
    ),
)
DEFAULT_BROWSER = BROWSER_TYPES[0]
# Document D's words for an environment's browser, and names as people write them.
_ALSO_CALLED = {"chrome": "chromium", "edge": "chromium", "safari": "webkit"}
_BY_NAME = {each.key: each for each in BROWSER_TYPES} | {each.name.casefold(): each for each in BROWSER_TYPES}


def browser_type(name: str) -> BrowserType:
    """The type of a key (`firefox-mobile`), of a name (`Firefox Mobile`), or an engine's desktop one (`firefox`).

    Raises `InvalidInput` naming the ones there are.
    """
    wanted = " ".join(name.casefold().split())
    wanted = _ALSO_CALLED.get(wanted, wanted)
    found = _BY_NAME.get(wanted) or _BY_NAME.get(f"{wanted}-desktop")
    if found is None:
        raise InvalidInput(f"there is no browser type {name!r}; there are: {', '.join(keys())}")
    return found


def keys(engines: Iterable[str] | None = None) -> list[str]:
    """The keys of all types, or of those of some engines."""
    wanted = None if engines is None else set(engines)
    return [each.key for each in BROWSER_TYPES if wanted is None or each.type in wanted]
