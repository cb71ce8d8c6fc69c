"""A recording in a window on the machine's own screen: whether there is one, and a browser that can show it."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from shared.chromium import installed_browsers
from shared.core.errors import Refused

NO_SCREEN = (
    "There is no screen where the runner runs, so no window can be opened there: record in the live page instead "
    "(without on_screen)."
)
NO_WINDOW = (
    "The Chromium of this runner is the headless shell, which opens no window: install chromium or google-chrome "
    "beside it, or record in the live page instead (without on_screen)."
)


def has_screen(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window opened by this process could be seen by somebody."""
    return platform in ("darwin", "win32") or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def fleet_on_screen(fleet: Mapping[str, Any]) -> dict[str, Any]:
    """What a fleet is made with whose windows are seen here. Raises `Refused`."""
    if not has_screen():
        raise Refused(NO_SCREEN)
    given = fleet.get("executable")
    if given and "shell" not in given:
        executable = given
    else:
        environment = {name: value for name, value in os.environ.items() if name != "RETOLD_CHROMIUM"}
        found = next((each for each in installed_browsers(environment) if not each.shell), None)
        if found is None:
            raise Refused(NO_WINDOW)
        executable = str(found.path)
    return {**fleet, "executable": executable, "remotes": ()}
