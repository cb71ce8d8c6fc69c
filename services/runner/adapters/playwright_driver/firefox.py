"""What Firefox needs to be driven over WebDriver BiDi."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.runner.adapters.guard import FIREFOX_PREFERENCES

CHANNEL: Any = "moz-firefox"  # Debian's Firefox and Mozilla's own; Playwright's own build needs no channel
PREFERENCES: Mapping[str, bool | int] = MappingProxyType(
    {
        **FIREFOX_PREFERENCES,
        # Keys go to the process of the page: a frame of another site must live in it too, as in headless Chromium.
        "fission.autostart": False,
        # A document that is taken out of the cache of the history is never told of as a navigation.
        "browser.sessionhistory.max_total_viewers": 0,
    }
)
