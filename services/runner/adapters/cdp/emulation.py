"""What a window pretends to be: its size, its language, the device that it is."""

from typing import Any

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.options import SessionOptions

Command = tuple[str, JSON]


def of_page(options: SessionOptions, own_agent: str) -> list[Command]:
    """The commands for a page; `own_agent` is what the browser calls itself."""
    size: Command = ("Emulation.setDeviceMetricsOverride", metrics(options, options.width, options.height))
    return [size, *of_frame(options, own_agent)]


def of_frame(options: SessionOptions, own_agent: str) -> list[Command]:
    """The commands for a page, and again for a frame in a process of its own."""
    commands: list[Command] = [("Emulation.setFocusEmulationEnabled", {"enabled": True})]
    if options.has_touch:
        commands.append(("Emulation.setTouchEmulationEnabled", {"enabled": True}))
    if options.locale:
        commands.append(("Emulation.setLocaleOverride", {"locale": options.locale}))
    if options.timezone:
        commands.append(("Emulation.setTimezoneOverride", {"timezoneId": options.timezone}))
    return commands + of_worker(options, own_agent)


def of_worker(options: SessionOptions, own_agent: str) -> list[Command]:
    """The commands for a worker: what it calls itself."""
    if not options.user_agent and not options.locale:
        return []
    agent: dict[str, Any] = {"userAgent": options.user_agent or own_agent}
    if options.locale:
        agent["acceptLanguage"] = options.locale
    if options.user_agent and "Chrome/" in options.user_agent:
        agent["userAgentMetadata"] = _hints(options)
    return [("Emulation.setUserAgentOverride", agent)]


def metrics(options: SessionOptions, width: int, height: int) -> JSON:
    """The size of the viewport and of the screen around it."""
    landscape = width > height
    orientation = {"type": "landscapePrimary" if landscape else "portraitPrimary", "angle": 90 if landscape else 0}
    return {
        "width": width,
        "height": height,
        "screenWidth": width,
        "screenHeight": height,
        "deviceScaleFactor": options.device_scale_factor,
        "mobile": options.is_mobile,
        "screenOrientation": orientation if options.is_mobile else {"type": "landscapePrimary", "angle": 0},
    }


def _hints(options: SessionOptions) -> JSON:
    """The client hints that fit a Chromium's user agent; without them a page is told those of the browser itself."""
    agent = options.user_agent or ""
    version = agent.partition("Chrome/")[2].split(" ")[0]
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), "Linux")
    major = version.split(".")[0]
    brands = [{"brand": "Chromium", "version": major}, {"brand": "Not_A Brand", "version": "24"}]
    return {
        "brands": brands,
        "fullVersion": version,
        "platform": system,
        "platformVersion": "",
        "architecture": "" if options.is_mobile else "x86",
        "model": "",
        "mobile": options.is_mobile,
    }


_SYSTEMS = {"Android": "Android", "Windows": "Windows", "Mac OS X": "macOS", "CrOS": "Chrome OS"}
