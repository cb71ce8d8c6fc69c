"""Recordings of the small test sites, in the format of the Chrome DevTools Recorder."""

from typing import Any


def change(value: str, *selectors: str) -> dict[str, Any]:
    """A field that was given a value."""
    return {"type": "change", "target": "main", "selectors": [[each] for each in selectors], "value": value}


def click(*selectors: str, to: str | None = None) -> dict[str, Any]:
    """A click, and where it led."""
    step: dict[str, Any] = {"type": "click", "target": "main", "selectors": [[each] for each in selectors]}
    step |= {"offsetX": 8, "offsetY": 8}
    if to:
        step["assertedEvents"] = [{"type": "navigation", "url": to, "title": ""}]
    return step


def register(url: str, query: str = "") -> dict[str, Any]:
    """Somebody registers: name, address, password, newsletter, country, send."""
    start = f"{url}/register/{query}"
    return {
        "title": "Register somebody",
        "steps": [
            {
                "type": "setViewport",
                "width": 1000,
                "height": 800,
                "deviceScaleFactor": 1,
                "isMobile": False,
                "hasTouch": False,
                "isLandscape": False,
            },
            {"type": "navigate", "url": start, "assertedEvents": [{"type": "navigation", "url": start, "title": ""}]},
            change("Ann", "aria/Name:", "#name"),
            change("ann@example.org", "aria/Email address", "#email"),
            change("recorded-Passw0rd", "aria/Password", "#password"),
            click("aria/Send me the newsletter", "#newsletter"),
            change("de", "aria/Country", "#country"),
            click("aria/Create account", "#send", to=f"{url}/register/done"),
        ],
    }


def people(count: int) -> str:
    """A table of invented people; the column `password` is a secret, `note` is not mapped."""
    rows = (f'"Person {n}, Jr",p{n}@example.org,clear-secret-{n},fr,note {n}' for n in range(count))
    return "name,Email Address,password,country,note\n" + "\n".join(rows) + "\n"
