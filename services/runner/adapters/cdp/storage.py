"""What a login leaves behind: cookies and local storage, in the shape of Playwright's storage state."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.runner.adapters.cdp.connection import JSON

READ = """() => {
  try { return { origin: location.origin, localStorage: Object.entries(localStorage) }; }
  catch { return null; }
}"""
_COOKIE = ("name", "value", "domain", "path", "httpOnly", "secure", "sameSite", "partitionKey")


def cookies_to_set(storage: Mapping[str, Any]) -> list[JSON]:
    """The cookies as the browser takes them; without `expires` one ends with its window."""
    cookies = []
    for given in storage.get("cookies") or ():
        cookie = {key: given[key] for key in _COOKIE if given.get(key) is not None}
        if given.get("expires", -1) != -1:
            cookie["expires"] = given["expires"]
        cookies.append(cookie)
    return cookies


def cookies_read(cookies: Sequence[JSON]) -> list[JSON]:
    """The browser's cookies as they are kept."""
    kept = []
    for cookie in cookies:
        one = {key: cookie[key] for key in _COOKIE if key in cookie}
        kept.append({"sameSite": "Lax", **one, "expires": -1 if cookie.get("session") else cookie["expires"]})
    return kept


def items_of(storage: Mapping[str, Any]) -> dict[str, list[JSON]]:
    """Origin → what its local storage holds."""
    return {given["origin"]: given.get("localStorage") or [] for given in storage.get("origins") or ()}


def seed(origin: str, items: Sequence[JSON]) -> str:
    """A script that fills the local storage of an origin before any script of its pages runs."""
    pairs = json.dumps([[item["name"], item["value"]] for item in items])
    return f"""if (location.origin === {json.dumps(origin)}) {{
  try {{
    for (const [name, value] of {pairs}) if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
  }} catch {{ /* a sandboxed frame has no storage */ }}
}}"""


def state(cookies: Sequence[JSON], read: Sequence[JSON | None]) -> JSON:
    """The whole storage state."""
    origins: dict[str, JSON] = {}
    for one in read:
        if one and one["localStorage"] and one["origin"] != "null":
            items = [{"name": name, "value": value} for name, value in one["localStorage"]]
            origins[one["origin"]] = {"origin": one["origin"], "localStorage": items}
    return {"cookies": cookies_read(cookies), "origins": list(origins.values())}
